import { sql } from 'kysely';
import type { Database } from './database.ts';

/** A stretch that a part claims to cover and no page proves that we keep. Times are ISO UTC. */
export interface UnprovedRange {
  readonly stream: string;
  readonly part: string;
  readonly from: string;
  readonly to: string;
}

/** Computes what an account claims anew from the pages behind it; answers with what they don't prove, mostly nothing. */
export async function unprovedCoverage(database: Database, accountId: string): Promise<readonly UnprovedRange[]> {
  const { rows } = await sql<{ stream: string; part: string; from_at: Date; to_at: Date }>`
    with proved as (
      -- a proving page answers its whole window, also where the reach allows the claim only later
      select stream, part,
             range_agg(claim + case when verdict = 'proves' then tstzmultirange(core) else '{}' end) as ranges
      from page where account_id = ${accountId}
      group by stream, part
    )
    select coverage.stream, coverage.part, lower(each_range) as from_at, upper(each_range) as to_at
    from coverage
    left join proved using (stream, part)
    cross join unnest(
      coverage.covered * tstzmultirange(tstzrange(coverage.claimed_from, null)) - coalesce(proved.ranges, '{}')
    ) as each_range
    where coverage.account_id = ${accountId}
    order by 1, 2, 3`.execute(database.kysely);
  return rows.map((row) => ({
    stream: row.stream,
    part: row.part,
    from: row.from_at.toISOString(),
    to: row.to_at.toISOString(),
  }));
}
