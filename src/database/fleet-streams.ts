import { sql } from 'kysely';
import type { Database } from './database.ts';

/** What the records of all accounts show of one stream. */
export interface FleetStream {
  readonly stream: string;
  readonly newestRowMs: number | null;
  /** The greatest age at which a record was ever served. */
  readonly shownReachMs: number | null;
}

/** One look through `coverage`, which has a row per part of every account: for what is asked every few minutes at most. */
export async function fleetStreams({ kysely }: Pick<Database, 'kysely'>): Promise<readonly FleetStream[]> {
  const { rows } = await sql<{ stream: string; newest_row_at: Date | null; shown_reach_ms: number | null }>`
    select stream, newest_row_at, shown_reach_ms from fleet_streams()`.execute(kysely);
  return rows.map((row) => ({
    stream: row.stream,
    newestRowMs: row.newest_row_at?.getTime() ?? null,
    shownReachMs: row.shown_reach_ms,
  }));
}
