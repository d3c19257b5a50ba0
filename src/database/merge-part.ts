import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import { disclaimed, type PartState } from '../history/part-state.ts';
import { rangeSet } from '../history/range-set.ts';
import type { Stream } from '../history/stream.ts';
import type { MovedRecords } from './merge-records.ts';
import { partStateOf } from './part-row.ts';
import { replaceState, type StoreOptions, scopeOf } from './part-store.ts';
import type { CoverageRow, Tables } from './schema.ts';
import { kyselyOn } from './transaction.ts';

export interface PartMerge extends StoreOptions {
  /** The account that is merged into the other one. */
  readonly from: string;
  readonly into: string;
  readonly mergeParts: (into: PartState, from: PartState, stream: Stream) => PartState;
}

interface PartUnion {
  readonly parts: readonly CoverageRow[];
  readonly stream: Stream;
  readonly part: string;
  readonly moved: ReadonlyMap<string, MovedRecords>;
}

/** Merges one part: the coverage of both, for the rows as they are now. */
export async function unitePart(client: pg.PoolClient, merge: PartMerge, union: PartUnion): Promise<void> {
  const { stream, part } = union;
  const kysely = kyselyOn(client);
  const rowOf = (accountId: string) =>
    union.parts.find((row) => row.account_id === accountId && row.stream === stream.name && row.part === part);
  const [mine, theirs] = [rowOf(merge.from), rowOf(merge.into)];
  const scope = (accountId: string) => scopeOf({ accountId, stream, part });
  await kysely
    .deleteFrom('gap')
    .where((where) => where.and(scope(merge.from)))
    .execute();
  // Raises the surviving part's fence, so that no read of either account continues.
  const staying = theirs ?? mine;
  if (staying === undefined) return;
  await kysely
    .updateTable('coverage')
    .set((set) => ({
      account_id: merge.into,
      fence: set('fence', '+', 1),
      // What 0.1.0 had covered of either account has no pages.
      evidence_from: set
        .selectFrom('coverage as either')
        .select(({ fn }) => fn.max('evidence_from').as('from'))
        .where('account_id', 'in', [merge.from, merge.into])
        .where('stream', '=', stream.name)
        .where('part', '=', part),
    }))
    .where((where) => where.and(scope(staying.account_id)))
    .execute();
  if (!mine) return;
  if (theirs) {
    await kysely
      .deleteFrom('coverage')
      .where((where) => where.and(scope(merge.from)))
      .execute();
  }
  const united = theirs ? merge.mergeParts(partStateOf(theirs), partStateOf(mine), stream) : partStateOf(mine);
  const conflicts = union.moved.get(stream.name)?.conflicts.filter((conflict) => conflict.part === part) ?? [];
  const state = await counted(kysely, merge.into, union, withConflicts(united, conflicts));
  await replaceState(client, merge, { part: { accountId: merge.into, stream, part }, fence: staying.fence + 1, state });
}

/** Two versions of one record contradict each other: their unit of time is not covered. */
function withConflicts(state: PartState, conflicts: MovedRecords['conflicts']): PartState {
  const units = rangeSet(conflicts.map((conflict) => conflict.unit));
  return disclaimed(state, units, 'quarantined');
}

/** A part's figures about its rows, recomputed from the rows. */
async function counted(
  kysely: Kysely<Tables>,
  accountId: string,
  { stream: { table }, part }: PartUnion,
  state: PartState,
): Promise<PartState> {
  const time = sql.id(table.timeColumn);
  const isOfPart = table.hasPart ? sql`part = ${part}` : sql`true`;
  const { rows } = await sql<{ rows: number; oldest: Date | null; newest: Date | null }>`
    select count(*)::float8 as rows, min(${time}) as oldest, max(${time}) as newest
    from ${sql.id(table.name)} where account_id = ${accountId} and ${isOfPart}`.execute(kysely);
  const [found] = rows;
  return {
    ...state,
    rowCount: found?.rows ?? 0,
    oldestRowMs: found?.oldest?.getTime() ?? null,
    newestRowMs: found?.newest?.getTime() ?? null,
  };
}
