import type pg from 'pg';
import type { PartState } from '../history/part-state.ts';
import type { PageDecision, PartReference } from '../history/ports.ts';
import { identityOfReason, type QuarantineReason } from '../history/quarantine-reason.ts';
import { difference, type RangeSet, rangeSet } from '../history/range-set.ts';
import type { Database } from './database.ts';
import { multirangeText, optionalInstantText } from './instants.ts';
import { scopeOf } from './part-store.ts';
import { namedStatement } from './statement.ts';
import { contentUuid } from './uuid.ts';

/** The same bytes under the same reason are the same quarantined row, however often they are served. */
export function quarantineId(part: PartReference, reason: QuarantineReason, raw: string): string {
  return contentUuid([part.stream.name, part.part, identityOfReason(reason), raw]);
}

/** A page's quarantined rows as parameters: one array per column. */
export function quarantineColumns(part: PartReference, rows: PageDecision['quarantine']) {
  return {
    mapping_version: part.stream.mappingVersion,
    quarantine_ids: rows.map((row) => quarantineId(part, row.reason, row.raw)),
    row_keys: rows.map((row) => row.key),
    row_times: rows.map((row) => optionalInstantText(row.at)),
    reasons: rows.map((row) => row.reason),
    raw_texts: rows.map((row) => row.raw),
  };
}

/** Marks quarantined rows as resolved where a gap `quarantined` was closed, because another page has proved their time. */
export async function settleQuarantine(
  client: pg.PoolClient,
  part: PartReference,
  before: PartState,
  after: PartState,
): Promise<void> {
  const closed = difference(quarantinedOf(before), quarantinedOf(after));
  if (closed.length === 0) return;
  await client.query(settleCovered.bind({ ...scopeOf(part), covered: multirangeText(after.covered) }));
}

function quarantinedOf(state: PartState): RangeSet {
  return rangeSet(state.marks.filter((mark) => mark.reason === 'quarantined'));
}

const settleCovered = namedStatement<ReturnType<typeof scopeOf> & { readonly covered: string }>(
  'resolve-covered',
  `update quarantined_row as aside set resolved_at = now()
from page
where aside.account_id = :account_id and aside.stream = :stream and aside.part = :part and aside.resolved_at is null
  and page.account_id = aside.account_id and page.page_id = aside.page_id
  and case when aside.row_at is null then page.core else tstzrange(aside.row_at, aside.row_at, '[]') end
      <@ :covered::tstzmultirange`,
);

/** Unresolved quarantined rows of one stream with one reason. */
export interface QuarantinedRows {
  readonly stream: string;
  readonly reason: string;
  readonly rows: number;
}

/** The unresolved quarantined rows of an account, the most frequent reasons of each stream first. */
export async function loadQuarantinedRows(database: Database, accountId: string): Promise<readonly QuarantinedRows[]> {
  return database.kysely
    .selectFrom('quarantined_row')
    .select(({ fn }) => ['stream', 'reason', fn.countAll<number>().as('rows')])
    .where('account_id', '=', accountId)
    .where('resolved_at', 'is', null)
    .groupBy(['stream', 'reason'])
    .orderBy('stream')
    .orderBy('rows', 'desc')
    .orderBy('reason')
    .execute();
}
