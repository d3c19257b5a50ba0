import { sql } from 'kysely';
import type { RangeSet } from '../history/range-set.ts';
import type { Database } from './database.ts';
import { instantText, rangeSetOf } from './instants.ts';

/** Whether what a part claims is what its stored pages prove. */
export interface PartEvidence {
  readonly stream: string;
  readonly part: string;
  readonly agrees: boolean;
  /** Claimed, but not proved by a page. */
  readonly onlyInCoverage: RangeSet;
  /** Proved by a page, but neither claimed nor in a gap. */
  readonly onlyInPages: RangeSet;
}

/**
 * Recomputes the coverage of an account from the stored pages, and compares. What was proved and taken back (an unreadable row,
 * a time that could not be settled) must be in a gap, whose reason says why. Ranges that 0.1.0 had covered are left out,
 * because it did not keep a page for every claim.
 */
export async function verifyCoverage(database: Database, accountId: string): Promise<readonly PartEvidence[]> {
  const { rows } = await sql<{ stream: string; part: string; only_in_coverage: string; only_in_pages: string }>`
    with behind as (
      select stream, part, range_agg(claimed) as claims, range_agg(answered) as answers
      from (
        select stream, part, unnest(claim) as claimed, null::tstzrange as answered from page where account_id = ${accountId}
        union all
        -- becomes coverage without another page, once an older record proves the reach
        select stream, part, null, unnest(answered) from page where account_id = ${accountId}
      ) as each_range
      group by stream, part
    ), explained as (
      select stream, part, range_agg(tstzrange(from_at, to_at)) as ranges from gap
      where account_id = ${accountId}
      group by stream, part
    )
    select stream, part,
           asked * covered - coalesce(claims, '{}') - coalesce(answers, '{}') as only_in_coverage,
           asked * coalesce(claims, '{}') - covered - coalesce(ranges, '{}') as only_in_pages
    from coverage
    cross join lateral (select tstzmultirange(tstzrange(evidence_from, null)) as asked) as asking
    left join behind using (stream, part)
    left join explained using (stream, part)
    where coverage.account_id = ${accountId}
    order by stream, part`.execute(database.kysely);
  return rows.map((row) => {
    const onlyInCoverage = rangeSetOf(row.only_in_coverage);
    const onlyInPages = rangeSetOf(row.only_in_pages);
    const agrees = onlyInCoverage.length === 0 && onlyInPages.length === 0;
    return { stream: row.stream, part: row.part, agrees, onlyInCoverage, onlyInPages };
  });
}

/** A claimed range without a stored page that proves it. Times are ISO UTC. */
export interface UnprovedRange {
  readonly stream: string;
  readonly part: string;
  readonly from: string;
  readonly to: string;
}

/** What an account claims but its pages don't prove; usually nothing. */
export async function unprovedCoverage(database: Database, accountId: string): Promise<readonly UnprovedRange[]> {
  const parts = await verifyCoverage(database, accountId);
  return parts.flatMap(({ stream, part, onlyInCoverage }) =>
    onlyInCoverage.map(({ from, to }) => ({ stream, part, from: instantText(from), to: instantText(to) })),
  );
}
