import type { Stream } from '../history/stream.ts';
import type { Database } from './database.ts';
import { identifier } from './record-statements.ts';

/** Records of one day, UTC, by their own time. */
export interface DayOfRows {
  /** `2026-11-24` */
  readonly day: string;
  readonly rows: number;
}

/** How many records of a stream are stored of each day that has any, oldest first. */
export async function rowsPerDay(database: Database, accountId: string, stream: Stream): Promise<readonly DayOfRows[]> {
  const { rows } = await database.pool.query<DayOfRows>({
    text: `select (${identifier(stream.table.timeColumn)} at time zone 'UTC')::date::text as day, count(*)::integer as rows
from ${identifier(stream.table.name)}
where account_id = $1::text
group by day
order by day`,
    values: [accountId],
  });
  return rows;
}
