import { sql } from 'kysely';
import { longestWaits, unprovenLane } from '../history/pace.ts';
import type { Database } from './database.ts';

/** - `beyond-clamp`: reserved further away than this program ever does; not honoured
 * - `of-unknown-keys`: of keys that no account has: of strangers, or of accounts that are gone */
export type LeaseOddity = 'beyond-clamp' | 'of-unknown-keys';

const isBeyondClamp = sql<boolean>`next_turn_at > now() + ${sql.lit(longestWaits.reservationMs)} * interval '1 ms'`;
const isOfUnknownKey = sql<boolean>`(fingerprint not in ('public', ${sql.lit(unprovenLane)})
  and not exists (select from api_key where api_key.fingerprint = lease.fingerprint)
  and not exists (select from known_key where known_key.fingerprint = lease.fingerprint))`;

/** One row of counts by oddity. */
export const oddLeases = sql<Record<'beyond' | 'unknown', number>>`
  select count(*) filter (where ${isBeyondClamp})::int as beyond, count(*) filter (where ${isOfUnknownKey})::int as unknown
  from lease`;

/**
 * Forgets what nothing waits for: reservations that are not honoured, those of keys that no account has once they are an
 * hour old, and attempts that no quota counts.
 */
export async function expirePace(database: Pick<Database, 'kysely'>): Promise<void> {
  await sql`
    delete from lease where ${isBeyondClamp}
      or (next_turn_at < now() - interval '1 hour' and ${isOfUnknownKey})`.execute(database.kysely);
  await sql`delete from key_attempt where attempted_at < now() - interval '1 hour'`.execute(database.kysely);
}
