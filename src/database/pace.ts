import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { ExchangeFailure } from '../history/failure.ts';
import { longestWaits, unprovenKeys } from '../history/pace.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

interface PaceKey {
  readonly fingerprint: string;
  readonly endpoint: string;
}

/** A slot further away fails: the activity's retry comes back for it, and frees its activity slot meanwhile. */
const longestWaitMs = 10_000;

/**
 * Evenly spaced rate-limit slots per key and endpoint, shared through Postgres by all workers, attempts and owners of the key,
 * also across restarts. Unused slots expire, so there are no bursts and the pace is right for fixed and sliding windows. Only
 * the database's clock counts; ours is used for differences. `egressId`: the address that requests come from; workers with
 * the same one cool down together.
 */
export function createPostgresPace(database: Database, { egressId }: { readonly egressId: string }) {
  let cooledUntilMs = 0;

  return {
    /** Returns when this request may be sent. Throws ExchangeFailure `throttled` if that is too far away. */
    async waitForSlot(slot: PaceKey & { readonly spacingMs: number }, signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      const knownUntilMs = cooledUntilMs;
      const values = [slot.fingerprint, slot.endpoint, slot.spacingMs / 1000, egressId, longestWaitMs / 1000];
      const { rows } = await database.pool.query<Reservation>({ ...reserveSlot, values });
      const { reserved, wait_ms: waitMs, reason } = rows[0] as Reservation;
      if (!reserved) throw tooLong(slot.endpoint, waitMs, reason);
      if (waitMs > 0) await sleep(Math.ceil(waitMs), undefined, { signal });
      // The address may have been stopped while we waited for this slot.
      const cooldownMs = cooledUntilMs - Date.now();
      if (cooledUntilMs > knownUntilMs && cooldownMs > 0) throw tooLong(slot.endpoint, cooldownMs, null);
    },

    /** No process behind this address sends anything before that time. Never shortens a longer pause. */
    async coolDown(pause: { readonly untilMs: number; readonly reason: string }): Promise<void> {
      const untilMs = Math.min(pause.untilMs, Date.now() + longestWaits.coolDownMs);
      cooledUntilMs = Math.max(cooledUntilMs, untilMs);
      const values = [egressId, secondsUntil(untilMs), pause.reason];
      await database.pool.query({ ...extendCooldown, values });
    },

    /** This key gets no slot at this endpoint before that time. */
    async slowDown(pause: PaceKey & { readonly untilMs: number }): Promise<void> {
      const untilMs = Math.min(pause.untilMs, Date.now() + longestWaits.slowDownMs);
      const values = [pause.fingerprint, pause.endpoint, secondsUntil(untilMs)];
      await database.pool.query({ ...delaySlots, values });
    },
  };
}

interface Reservation {
  readonly reserved: boolean;
  readonly wait_ms: number;
  readonly reason: string | null;
}

/** Ignores a reservation that this program can't have made. */
const reservedUntil = `case when lease.next_turn_at <= (select now from clock) + interval '${longestWaits.reservationMs} ms'
       then lease.next_turn_at else (select now from clock) end`;

/** Limits a stored pause to the longest that is allowed. */
const cooledUntil = `least(cooldown.until, cooldown.changed_at + interval '${longestWaits.coolDownMs} ms')`;

/**
 * Reserves the next slot: the first instant that is neither past, nor taken, nor within a pause of this address. A statement of
 * its own, so that the row is locked only briefly. A slot too far away is not reserved.
 */
const reserveSlot = statement(
  'reserve-turn',
  `with clock as materialized (
  select clock_timestamp() as now
), pause as materialized (
  select greatest(clock.now, ${cooledUntil}) as ends_at,
         case when ${cooledUntil} > clock.now then cooldown.reason end as reason
  from clock left join cooldown on cooldown.egress_id = $4
), reserved as (
  insert into lease (fingerprint, endpoint, next_turn_at)
  select $1, $2, pause.ends_at + make_interval(secs => $3::double precision)
  from clock, pause
  where pause.ends_at <= clock.now + make_interval(secs => $5::double precision)
  on conflict (fingerprint, endpoint) do update
  set next_turn_at = greatest(${reservedUntil}, excluded.next_turn_at - make_interval(secs => $3::double precision))
                     + make_interval(secs => $3::double precision)
  where ${reservedUntil} <= (select now from clock) + make_interval(secs => $5::double precision)
  returning next_turn_at - make_interval(secs => $3::double precision) as turn_at
), turn as (
  select true as reserved, turn_at from reserved
  union all
  select false, greatest(pause.ends_at, ${reservedUntil})
  from pause left join lease on lease.fingerprint = $1 and lease.endpoint = $2
  where not exists (select from reserved)
)
select turn.reserved, (extract(epoch from turn.turn_at - clock_timestamp()) * 1000)::double precision as wait_ms, pause.reason
from turn, pause`,
);

const extendCooldown = statement(
  'extend-cooldown',
  `insert into cooldown (egress_id, until, reason)
values ($1, clock_timestamp() + make_interval(secs => $2::double precision), $3)
on conflict (egress_id) do update set until = excluded.until, reason = excluded.reason, changed_at = now()
where cooldown.until < excluded.until`,
);

const delaySlots = statement(
  'delay-turns',
  `insert into lease (fingerprint, endpoint, next_turn_at)
values ($1, $2, clock_timestamp() + make_interval(secs => $3::double precision))
on conflict (fingerprint, endpoint) do update set next_turn_at = excluded.next_turn_at
where lease.next_turn_at < excluded.next_turn_at`,
);

function secondsUntil(untilMs: number): number {
  return Math.max(0, untilMs - Date.now()) / 1000;
}

function tooLong(endpoint: string, waitMs: number, reason: string | null): ExchangeFailure {
  const waitSeconds = Math.ceil(waitMs / 1000);
  const why = reason === null ? 'earlier requests with this key come first' : `a pause of this address (${reason})`;
  return new ExchangeFailure({
    kind: 'throttled',
    message: `The next request to ${endpoint} may be sent in ${waitSeconds} s: ${why}. It is tried again then.`,
    problem: null,
    httpStatus: null,
    exchangeCode: null,
    endpoint,
    retryAfterMs: Math.ceil(waitMs),
    trace: null,
  });
}

/** - `beyond-clamp`: reserved further away than this program ever does; not honoured
 * - `of-unknown-keys`: of keys that no account has: of strangers, or of accounts that are gone */
export type LeaseOddity = 'beyond-clamp' | 'of-unknown-keys';

const isBeyondClamp = sql<boolean>`next_turn_at > now() + ${sql.lit(longestWaits.reservationMs)} * interval '1 ms'`;
const isOfUnknownKey = sql<boolean>`(fingerprint not in ('public', ${sql.lit(unprovenKeys)})
  and not exists (select from api_key where api_key.fingerprint = lease.fingerprint)
  and not exists (select from known_key where known_key.fingerprint = lease.fingerprint))`;

/** One row of counts by oddity. */
export const oddLeases = sql<Readonly<Record<LeaseOddity, number>>>`
  select count(*) filter (where ${isBeyondClamp})::int as "beyond-clamp",
         count(*) filter (where ${isOfUnknownKey})::int as "of-unknown-keys"
  from lease`;

/**
 * Deletes what is no longer needed: ignored reservations, reservations of keys that no account has once they are an hour old,
 * attempts that no quota counts, and verdicts that no attempt of a check will ask for.
 */
export async function expirePace(database: Pick<Database, 'kysely'>): Promise<void> {
  await sql`
    delete from lease where ${isBeyondClamp}
      or (next_turn_at < now() - interval '1 hour' and ${isOfUnknownKey})`.execute(database.kysely);
  await sql`delete from key_attempt where attempted_at < now() - interval '1 hour'`.execute(database.kysely);
  await sql`delete from key_verdict where decided_at < now() - interval '1 hour'`.execute(database.kysely);
}
