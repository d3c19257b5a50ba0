import { type RawBuilder, sql } from 'kysely';
import type pg from 'pg';
import type { Timetable } from '../history/timetable.ts';
import type { Database } from './database.ts';
import type { EventKind } from './event-kind.ts';
import { isBeginning, isPausedForLong, tellingRisk } from './fleet-accounts.ts';

export type EventDetails = Readonly<Record<string, unknown>>;

/** One event. Each account numbers its events 1, 2, 3, … in the order of their transactions. */
export interface StoredEvent {
  /** Null if a session of the connection page ended without an account. */
  readonly accountId: string | null;
  /** `link-sessions`, `erasures`, or the account until its erasure: linked again, it numbers its events anew. */
  readonly life: string;
  readonly eventId: number;
  readonly kind: EventKind;
  readonly at: Date;
  readonly details: EventDetails;
}

/** Notes an event in the transaction that causes it. It locks the account's row: do it last. */
export async function noteEvent(
  client: pg.PoolClient,
  accountId: string,
  kind: EventKind,
  details: EventDetails,
): Promise<void> {
  await client.query('select note_event($1, $2, $3::json)', [accountId, kind, JSON.stringify(details)]);
}

/** How long before a loss its platform is informed: time for a user on holiday to give another key. */
const riskNoticeDays = 14;

/**
 * Notes `at-risk` of every account that will soon begin to lose history, once until it is safe again, and of every account that
 * has been paused for more than a day, once per pause. Only time causes them, so the retention audit checks. Returns the number
 * of newly noted accounts.
 */
export async function noteAccountsAtRisk(database: Database, timetable: Timetable | null): Promise<number> {
  // The first day of reading, even after a pause, does not end a risk that was reported before.
  const isAtRisk = sql`coalesce(history_at_risk_at < now() + make_interval(days => ${riskNoticeDays})
    and (${tellingRisk(timetable)} or (${isBeginning} and risk_told_at is not null)), false)`;
  // Each row is judged in the update itself, so one that a sync changes meanwhile is judged again in its new state.
  const { rows } = await sql<{ is_new: boolean }>`
    update account
    set risk_told_at = case when ${isAtRisk} then coalesce(risk_told_at, now()) end,
        pause_reported_at = case when ${isPausedForLong} then coalesce(pause_reported_at, now()) end
    where ${isAtRisk} <> (risk_told_at is not null) or ${isPausedForLong} <> (pause_reported_at is not null)
    returning coalesce(now() in (risk_told_at, pause_reported_at), false) as is_new`.execute(database.kysely);
  return rows.filter((row) => row.is_new).length;
}

export interface EventQuestion {
  readonly ownerId: string;
  /** Null: all accounts of the owner. */
  readonly accountId: string | null;
  /** The last event already seen, by `life`; lives that are absent begin with their first event. */
  readonly after: ReadonlyMap<string, number>;
  readonly limit: number;
}

/**
 * The next events of an owner, in order of time and, within each account, of numbers, without a gap: each number is assigned
 * under the lock of its account's row, so none appears behind one that was already seen.
 */
export async function readEvents(database: Database, question: EventQuestion): Promise<readonly StoredEvent[]> {
  const { ownerId, accountId, after, limit } = question;
  const { rows } = await sql<EventRow>`
    select * from (
      select next.* from account
      left join unnest(${[...after.keys()]}::text[], ${[...after.values()]}::bigint[]) as known (life, event_id)
        on known.life = ${life}
      cross join lateral (
        select account_id, ${life} as life, event_id, kind, at, details,
               -- a clock that was set back must not put an event before an earlier one
               max(at) over (order by event_id) as turn
        from account_event
        where account_event.account_id = account.account_id and event_id > coalesce(known.event_id, 0)
        order by event_id limit ${limit}
      ) as next
      where account.owner_id = ${ownerId} and (${accountId}::text is null or account.account_id = ${accountId})
      union all
      select * from (
        select ${endedSession}, max(ended_at) over (order by outcome_number) as turn
        from link_session
        where owner_id = ${ownerId} and outcome_number > ${after.get(sessionsLife) ?? 0}
          and (${accountId}::text is null or account_id = ${accountId})
        order by outcome_number limit ${limit}
      ) as ended
      union all
      select * from (
        select ${endedErasure}, max(erased_at) over (order by erased_number) as turn
        from erasure
        where owner_id = ${ownerId} and erased_number > ${after.get(erasuresLife) ?? 0}
          and (${accountId}::text is null or account_id = ${accountId})
        order by erased_number limit ${limit}
      ) as erased
    ) as next
    order by next.turn, next.account_id, next.event_id limit ${limit}`.execute(database.kysely);
  return rows.map(eventOf);
}

/** All ended sessions of an owner are one series, as the events of one account are. */
const sessionsLife = 'link-sessions';

/** `link_session` in scope. */
const endedSession = sql`
  account_id, ${sql.lit(sessionsLife)} as life, outcome_number as event_id, 'link-session-ended' as kind, ended_at as at,
  json_build_object('sessionId', session_id, 'outcome', state, 'accountId', account_id) as details`;

/** All receipts of an owner are one series too. */
const erasuresLife = 'erasures';

/** `erasure` in scope. */
const endedErasure = sql`
  account_id, ${sql.lit(erasuresLife)} as life, erased_number as event_id, 'erased' as kind, erased_at as at,
  json_build_object('rows', counts) as details`;

/** `account` in scope. */
const life = sql<string>`account.account_id || '-' || (extract(epoch from account.created_at) * 1000000)::bigint`;

interface EventRow {
  readonly account_id: string | null;
  readonly life: string;
  readonly event_id: number;
  readonly kind: EventKind;
  readonly at: Date;
  readonly details: string;
}

interface UndeliveredRow extends EventRow {
  readonly owner_id: string;
}

function eventOf(row: EventRow): StoredEvent {
  return {
    accountId: row.account_id,
    life: row.life,
    eventId: row.event_id,
    kind: row.kind,
    at: row.at,
    details: JSON.parse(row.details),
  };
}

/** How long an event is offered to the platform's webhook: a receiver may be down over a long weekend. It stays readable. */
export const offeredDays = 7;

const isRecent = (at: 'at' | 'ended_at' | 'erased_at') =>
  sql<boolean>`${sql.ref(at)} > now() - make_interval(days => ${sql.lit(offeredDays)})`;
const isOffered = (at: Parameters<typeof isRecent>[0]) => sql<boolean>`delivered_at is null and ${isRecent(at)}`;

export interface UndeliveredEvent extends StoredEvent {
  readonly ownerId: string;
}

/** Prefix of a session's id where an account's id is expected. */
const sessionPrefix = 'link-session/';
/** Prefix of a receipt's number. */
const erasurePrefix = 'erasure/';

/**
 * The oldest undelivered event of an account, or of a session as {@link subjectsWithUndelivered} names it; null if there is
 * none.
 */
export async function nextUndelivered(database: Database, subject: string): Promise<UndeliveredEvent | null> {
  const { rows } = await undeliveredOf(subject).execute(database.kysely);
  const [row] = rows;
  return row ? { ...eventOf(row), ownerId: row.owner_id } : null;
}

function undeliveredOf(subject: string): RawBuilder<UndeliveredRow> {
  if (subject.startsWith(sessionPrefix)) {
    return sql`
      select owner_id, ${endedSession} from link_session
      where session_id = ${subject.slice(sessionPrefix.length)} and ${isOffered('ended_at')}`;
  }
  if (subject.startsWith(erasurePrefix)) {
    return sql`
      select owner_id, ${endedErasure} from erasure
      where erased_number = ${Number(subject.slice(erasurePrefix.length))} and ${isOffered('erased_at')}`;
  }
  return sql`
    select account.owner_id, account.account_id, ${life} as life, event_id, kind, at, details
    from account join account_event on account_event.account_id = account.account_id
    where account.account_id = ${subject} and ${isOffered('at')}
    order by event_id limit 1`;
}

export async function markDelivered(database: Database, event: StoredEvent): Promise<void> {
  if (event.kind === 'link-session-ended') {
    await sql`
      update link_session set delivered_at = now() where session_id = ${String(event.details.sessionId)}`.execute(
      database.kysely,
    );
    return;
  }
  if (event.kind === 'erased') {
    await sql`update erasure set delivered_at = now() where erased_number = ${event.eventId}`.execute(database.kysely);
    return;
  }
  await sql`
    update account_event set delivered_at = now()
    from account
    where account_event.account_id = ${event.accountId} and event_id = ${event.eventId}
      and account.account_id = account_event.account_id and ${life} = ${event.life}`.execute(database.kysely);
}

/**
 * Offers an owner's events since an instant to the webhook again, of one account or of all and of the owner's sessions. Returns
 * how many it still offers.
 */
export async function offerAgain(
  database: Database,
  { ownerId, accountId, since }: { readonly ownerId: string; readonly accountId: string | null; readonly since: Date },
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with again as (
      update account_event set delivered_at = null
      from account
      where account.account_id = account_event.account_id and account.owner_id = ${ownerId}
        and (${accountId}::text is null or account.account_id = ${accountId})
        and at >= ${since} and ${isRecent('at')}
      returning 1
    ), sessions as (
      update link_session set delivered_at = null
      where owner_id = ${ownerId} and (${accountId}::text is null or account_id = ${accountId})
        and ended_at >= ${since} and ${isRecent('ended_at')}
      returning 1
    ), receipts as (
      update erasure set delivered_at = null
      where owner_id = ${ownerId} and (${accountId}::text is null or account_id = ${accountId})
        and erased_at >= ${since} and ${isRecent('erased_at')}
      returning 1
    )
    select (select count(*) from again)::int + (select count(*) from sessions)::int
      + (select count(*) from receipts)::int as count`.execute(database.kysely);
  return rows[0]?.count ?? 0;
}

/** What has undelivered events, and when the oldest of them happened, to the microsecond. */
export interface UndeliveredSubject {
  readonly subject: string;
  readonly oldest: string;
}

/**
 * Accounts, ended sessions and receipts with undelivered events: those whose oldest is the newest of all, or, with `after`, the
 * next ones behind that subject in the order of their oldest events, from the first if it is null. A subject of `except` is
 * left out while its oldest event is still the same.
 */
export async function subjectsWithUndelivered(
  database: Database,
  question: {
    readonly except: readonly UndeliveredSubject[];
    readonly after?: UndeliveredSubject | null;
    readonly limit: number;
  },
): Promise<readonly UndeliveredSubject[]> {
  const { except, after, limit } = question;
  const [subjects, oldest] = [except.map((one) => one.subject), except.map((one) => one.oldest)];
  const direction = sql.raw(after === undefined ? 'desc' : 'asc');
  const { rows } = await sql<UndeliveredSubject>`
    select subject, min(at)::text as oldest from (
      select account_id as subject, at from account_event where ${isOffered('at')}
      union all
      select ${sessionPrefix} || session_id, ended_at from link_session
      where ${isOffered('ended_at')}
      union all
      select ${erasurePrefix} || erased_number, erased_at from erasure
      where ${isOffered('erased_at')}
    ) as waiting
    group by subject
    having (subject, min(at)::text) not in (select * from unnest(${subjects}::text[], ${oldest}::text[]))
      and (min(at), subject) > (${after?.oldest ?? '-infinity'}::timestamptz, ${after?.subject ?? ''})
    order by min(at) ${direction}, subject ${direction} limit ${limit}`.execute(database.kysely);
  return rows;
}
