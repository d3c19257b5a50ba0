import type pg from 'pg';
import { disclaimed, type Gap, type PartState } from '../history/part-state.ts';
import type { PartReference } from '../history/ports.ts';
import { rangeSet } from '../history/range-set.ts';
import type { Stream } from '../history/stream.ts';
import type { Database } from './database.ts';
import { type MovedRecords, mergeRecords, type RecordMove } from './merge-records.ts';
import { partStateOf } from './part-row.ts';
import { noteGapNews, writeState } from './part-store.ts';
import { identifier } from './record-statements.ts';
import type { CoverageRow } from './schema.ts';
import { inTransaction } from './transaction.ts';

export interface AccountMerge {
  /** The account that goes up in the other one. */
  readonly from: string;
  readonly into: string;
  readonly streams: readonly Stream[];
  /** One part's state out of two. */
  readonly mergeParts: (into: PartState, from: PartState, stream: Stream) => PartState;
  readonly gapsOf: (state: PartState, part: PartReference) => readonly Gap[];
  /** The keys of the account that goes, sealed for the one that stays. */
  readonly keys: readonly MovedKey[];
}

export interface MovedKey {
  readonly keyId: string;
  readonly sealed: string;
}

export interface MergeCounts {
  readonly moved: number;
  readonly dropped: number;
  readonly conflicts: number;
  /** The key of the account that went is the one in use now. */
  readonly keyTaken: boolean;
}

/**
 * Makes one account of two, in one transaction: records, pages, versions, gaps and names of both are the surviving account's,
 * what each can vouch for is united, and the other id leads to it from then on. Reads under way of both lose their fence.
 * Null when there is no such account any more: it was done before.
 */
export async function mergeAccounts(database: Database, merge: AccountMerge): Promise<MergeCounts | null> {
  return inTransaction(database, async (client) => {
    const parts = await lockParts(client, merge);
    const revision = await lockAccounts(client, merge);
    if (revision === null) return null;
    const move: RecordMove = { from: merge.from, into: merge.into, revision };
    const moved = new Map<string, MovedRecords>();
    for (const stream of merge.streams) moved.set(stream.name, await mergeRecords(client, stream, move));
    await moveEvidence(client, merge);
    for (const stream of merge.streams) {
      for (const part of stream.parts) await unitePart(client, merge, { parts, stream, part, moved });
    }
    const keyTaken = await moveKeys(client, merge);
    await moveNames(client, merge);
    await retire(client, merge);
    const sum = (pick: (records: MovedRecords) => number) =>
      [...moved.values()].reduce((total, records) => total + pick(records), 0);
    return {
      moved: sum((records) => records.moved),
      dropped: sum((records) => records.dropped),
      conflicts: sum((records) => records.conflicts.length),
      keyTaken,
    };
  });
}

/** Every part of both, in one order, so that nobody waits for us while we wait for them; no page of a running read passes any more. */
async function lockParts(client: pg.PoolClient, { from, into }: AccountMerge): Promise<readonly CoverageRow[]> {
  const { rows } = await client.query<CoverageRow>(
    `select * from coverage where account_id in ($1, $2) order by account_id, stream, part for update`,
    [from, into],
  );
  return rows;
}

/** The next number of the surviving account, above all that either account gave out; null when one of them is gone. */
async function lockAccounts(client: pg.PoolClient, { from, into }: AccountMerge): Promise<number | null> {
  const { rows } = await client.query<{ account_id: string; revision: number }>(
    'select account_id, revision from account where account_id in ($1, $2) order by account_id for update',
    [from, into],
  );
  if (rows.length < 2) return null;
  const revision = Math.max(...rows.map((row) => Number(row.revision))) + 1;
  await client.query('update account set revision = $2 where account_id = $1', [into, revision]);
  return revision;
}

/** What stands behind the records. A row that both have is one row. */
async function moveEvidence(client: pg.PoolClient, { from, into }: AccountMerge): Promise<void> {
  for (const [table, key] of [
    ['page', ['page_id']],
    ['record_version', ['stream', 'part', 'record_key', 'page_id']],
    ['quarantined_row', ['quarantine_id']],
    ['known_key', ['fingerprint']],
    ['account_label', ['label', 'sub_account']],
    ['balance_snapshot', ['wallet', 'taken_at', 'currency']],
    ['link_session', ['session_id']],
  ] as const) {
    const same = key.map((column) => `held.${identifier(column)} = mine.${identifier(column)}`).join(' and ');
    await client.query(
      `update ${identifier(table)} as mine set account_id = $2
where account_id = $1 and not exists (select from ${identifier(table)} as held where held.account_id = $2 and ${same})`,
      [from, into],
    );
    await client.query(`delete from ${identifier(table)} where account_id = $1`, [from]);
  }
}

interface PartUnion {
  readonly parts: readonly CoverageRow[];
  readonly stream: Stream;
  readonly part: string;
  readonly moved: ReadonlyMap<string, MovedRecords>;
}

async function unitePart(client: pg.PoolClient, merge: AccountMerge, union: PartUnion): Promise<void> {
  const { stream, part } = union;
  const rowOf = (accountId: string) =>
    union.parts.find((row) => row.account_id === accountId && row.stream === stream.name && row.part === part);
  const [mine, theirs] = [rowOf(merge.from), rowOf(merge.into)];
  await client.query('delete from gap where account_id = $1 and stream = $2 and part = $3', [
    merge.from,
    stream.name,
    part,
  ]);
  if (!mine) {
    if (theirs) await client.query(raiseFence, [merge.into, stream.name, part]);
    return;
  }
  if (theirs) {
    await client.query(deletePart, [merge.from, stream.name, part]);
    await client.query(raiseFence, [merge.into, stream.name, part]);
  } else {
    await client.query(
      'update coverage set account_id = $4, fence = fence + 1 where account_id = $1 and stream = $2 and part = $3',
      [merge.from, stream.name, part, merge.into],
    );
  }
  const united = theirs ? merge.mergeParts(partStateOf(theirs), partStateOf(mine), stream) : partStateOf(mine);
  const conflicts = union.moved.get(stream.name)?.conflicts.filter((conflict) => conflict.part === part) ?? [];
  const state = await counted(client, merge.into, union, withConflicts(united, conflicts));
  const reference = { accountId: merge.into, stream, part };
  const fence = Number((theirs ?? mine).fence) + 1;
  const news = await writeState(client, merge, { part: reference, fence, state, confirmedAtMs: null, tail: null });
  await noteGapNews(client, reference, news);
}

const raiseFence = 'update coverage set fence = fence + 1 where account_id = $1 and stream = $2 and part = $3';
const deletePart = 'delete from coverage where account_id = $1 and stream = $2 and part = $3';

/** Two versions of one record that can't both be right: nobody vouches for their unit of time. */
function withConflicts(state: PartState, conflicts: MovedRecords['conflicts']): PartState {
  const units = rangeSet(conflicts.map((conflict) => conflict.unit));
  return disclaimed(state, units, 'quarantined');
}

/** What a part says of its rows, from the rows themselves. */
async function counted(
  client: pg.PoolClient,
  accountId: string,
  { stream: { table }, part }: PartUnion,
  state: PartState,
): Promise<PartState> {
  const time = identifier(table.timeColumn);
  const { rows } = await client.query<{ rows: number; oldest: Date | null; newest: Date | null }>({
    text: `select count(*)::float8 as rows, min(${time}) as oldest, max(${time}) as newest
from ${identifier(table.name)} where account_id = $1${table.hasPart ? ' and part = $2' : ''}`,
    values: table.hasPart ? [accountId, part] : [accountId],
  });
  const [found] = rows;
  return {
    ...state,
    rowCount: found?.rows ?? 0,
    oldestRowMs: found?.oldest?.getTime() ?? null,
    newestRowMs: found?.newest?.getTime() ?? null,
  };
}

/**
 * The key that came last and works is the one in use, as when a second key of an account is linked; the keys that wait to be
 * checked wait on. Keys that the exchange refuses replace none.
 */
async function moveKeys(client: pg.PoolClient, { from, into, keys }: AccountMerge): Promise<boolean> {
  for (const { keyId, sealed } of keys) {
    await client.query('update api_key set sealed = $3 where account_id = $1 and key_id = $2', [from, keyId, sealed]);
  }
  const { rows } = await client.query<{ takes: boolean }>(
    `select (mine.status not in ('needs-attention', 'unlinked')
        or not exists (select from api_key where account_id = $2 and state = 'active'))
       and exists (select from api_key where account_id = $1 and state = 'active') as takes
from account as mine where account_id = $1`,
    [from, into],
  );
  const takes = rows[0]?.takes === true;
  await client.query(`delete from api_key where account_id = $1 and state = 'active'`, [takes ? into : from]);
  await client.query(
    `update api_key as mine set account_id = $2
where account_id = $1 and not exists (select from api_key as held where held.account_id = $2 and held.key_id = mine.key_id)`,
    [from, into],
  );
  await client.query('delete from api_key where account_id = $1', [from]);
  if (!takes) return false;
  await client.query(
    `update account as kept
set read_only = mine.read_only, permissions = mine.permissions, unlinked_at = null,
    status = case when kept.paused then 'paused' when kept.status in ('unlinked', 'needs-attention') then 'backfilling' else kept.status end
from account as mine where kept.account_id = $2 and mine.account_id = $1`,
    [from, into],
  );
  return true;
}

async function moveNames(client: pg.PoolClient, { from, into }: AccountMerge): Promise<void> {
  await client.query(
    `update account as kept
set label = coalesce(kept.label, mine.label), sub_account = coalesce(kept.sub_account, mine.sub_account),
    numbered = kept.numbered and mine.numbered
from account as mine where kept.account_id = $2 and mine.account_id = $1`,
    [from, into],
  );
  await client.query(
    `delete from account_problem where account_id = $1 or (account_id = $2 and code = 'same-account')`,
    [from, into],
  );
  await client.query('update link_session set replaces = $2 where replaces = $1', [from, into]);
}

/** The account is no more, and its id leads on, also from accounts that were merged into it before. */
async function retire(client: pg.PoolClient, { from, into }: AccountMerge): Promise<void> {
  const { rows } = await client.query<{ owner_id: string; cid: string | null; linked_at: Date | null }>(
    `delete from account where account_id = $1
returning owner_id, coalesce(exchange_account_id, shared_exchange_account_id) as cid, linked_at`,
    [from],
  );
  const { owner_id: ownerId, cid, linked_at: linkedAt } = rows[0] as (typeof rows)[0];
  await client.query(
    `update account
set exchange_account_id = coalesce(exchange_account_id, $2), shared_exchange_account_id = null,
    linked_at = least(linked_at, $3), started = false
where account_id = $1`,
    [into, cid, linkedAt],
  );
  await client.query('update merged_account set merged_into = $2 where merged_into = $1', [from, into]);
  await client.query('insert into merged_account (account_id, owner_id, merged_into) values ($1, $2, $3)', [
    from,
    ownerId,
    into,
  ]);
  await client.query('delete from account_event where account_id = $1', [from]);
  // A part that was begun after the others were locked, or that only another release knows: whoever reads it loses its fence.
  for (const table of ['coverage', 'gap']) {
    await client.query(`delete from ${table} where account_id = $1`, [from]);
  }
}
