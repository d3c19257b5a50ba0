import { setTimeout as sleep } from 'node:timers/promises';
import { sql, type Transaction } from 'kysely';
import { isStandIn } from './account-id.ts';
import { type AccountTable, accountTables } from './account-tables.ts';
import type { Database } from './database.ts';
import { forgetLateMentions, forgetMentions, forgetMergedIds, mergedBefore } from './erasure-mentions.ts';
import { asOwner } from './owner-scope.ts';
import type { Tables } from './schema.ts';
import { isBeingErased } from './still-there.ts';
import { type Commanded, isOver } from './unlink.ts';

/**
 * Begins the erasure of an account, the first of three steps, in one short transaction: key, state and account are deleted, and
 * only {@link eraseRows} finds the rest. Idempotent. Throws LinkedSince if another account has the id.
 */
export async function beginErasure(database: Database, accountId: string, commanded: Commanded = {}): Promise<void> {
  await database.kysely.transaction().execute(async (transaction) => {
    if (await isOver(transaction, accountId, commanded)) return;
    const account = await transaction
      .selectFrom('account')
      .select('owner_id')
      .where('account_id', '=', accountId)
      .executeTakeFirst();
    if (account === undefined) return;
    await asOwner(transaction, account.owner_id, () => sql`select begin_erasure(${accountId})`.execute(transaction));
  });
}

interface EraseOptions {
  /** Leaves the rest to the next call, after at least one batch. @default runs to the end */
  readonly untilMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch, in tests. */
  readonly onBatch?: (batch: { readonly table: string; readonly rows: number; readonly tookMs: number }) => void;
}

/** How long a batch should take: nothing that waits for its rows, or for a replica, waits longer. */
const batchMs = 200;
const batchRows = { first: 1_000, least: 100, most: 20_000 };

/** A tenth of a batch: another process pauses its erasure briefly after each batch. */
const othersMs = 20;

/**
 * The second step: deletes the history of an erased account, batch by batch; each is a transaction that notes what it deleted,
 * so the next attempt continues there. True once nothing is left, or if there was nothing to do. Rows that another process is
 * deleting are left alone; a later process waits for it, batch by batch, and does not start over: two that restarted because of
 * each other would never finish.
 */
export async function eraseRows(database: Database, accountId: string, options: EraseOptions = {}): Promise<boolean> {
  const { untilMs = Number.POSITIVE_INFINITY, signal, onBatch } = options;
  const tables = (await accountTables(database)).filter(({ name }) => name !== 'erasure');
  const isTimeUp = () => performance.now() >= untilMs || signal?.aborted === true;
  let isBegun = false;
  for (;;) {
    for (const table of tables) {
      let rows = batchRows.first;
      for (let after: readonly string[] | null = null; ; ) {
        const startedMs = performance.now();
        const batch = await eraseBatch(database, { accountId, table, after, rows });
        // Another process is working on it, or was.
        if (batch === null) {
          if (!(await isBeingErased(database.kysely, accountId))) return true;
          if (!isBegun || isTimeUp()) return false;
          await sleep(othersMs);
          continue;
        }
        isBegun = true;
        const tookMs = performance.now() - startedMs;
        if (batch.deleted > 0) {
          onBatch?.({ table: table.name, rows: batch.deleted, tookMs });
          // Checked only after a batch, so that each call makes progress, however little time it has.
          if (isTimeUp()) return false;
        }
        if (batch.deleted < rows) break;
        after = batch.last;
        const wanted = Math.round((rows * batchMs) / Math.max(tookMs, 1));
        rows = Math.min(batchRows.most, Math.max(batchRows.least, Math.min(wanted, rows * 2)));
      }
    }
    const end = () => finishRows(database, accountId, tables);
    let ended = await end();
    while (ended === 'taken' && !isTimeUp()) {
      await sleep(othersMs);
      ended = await end();
    }
    if (ended !== 'rows-left') return ended === 'gone';
  }
}

interface Batch {
  readonly accountId: string;
  readonly table: AccountTable;
  /** The key of the last deleted row: rows before it are gone, and are not scanned again. */
  readonly after: readonly string[] | null;
  readonly rows: number;
}

/** Null if another process works on the account, or its rows are gone. */
async function eraseBatch(
  database: Database,
  { accountId, table, after, rows }: Batch,
): Promise<{ readonly deleted: number; readonly last: readonly string[] | null } | null> {
  return database.kysely.transaction().execute(async (transaction) => {
    if (!(await takeErasure(transaction, accountId))) return null;
    // Without statistics the planner might look for the rows one by one, or sort them all at once.
    await sql`select set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true),
      set_config('enable_bitmapscan', 'off', true)`.execute(transaction);
    const columns = table.key ?? [];
    const key = columns.map(({ name }) => sql.id(name));
    const place =
      after === null || key.length === 0
        ? sql``
        : sql`and (${sql.join(key)}) > (${sql.join(columns.map(({ type }, at) => sql`${after[at]}::text::${sql.raw(type)}`))})`;
    const order = key.length === 0 ? sql`` : sql`order by ${sql.join([sql.id('account_id'), ...key])}`;
    const last =
      key.length === 0 ? sql`null::text[]` : sql`array[${sql.join(key.map((column) => sql`${column}::text`))}]`;
    const found = await sql<{ deleted: number; last: string[] | null }>`
      with doomed as materialized (
        select ctid as row_id, ${last} as key from ${sql.id(table.name)}
        where account_id = ${accountId} ${place} ${order} limit ${rows}
      ), gone as (
        delete from ${sql.id(table.name)} where ctid = any(array(select row_id from doomed)) returning 1
      )
      select (select count(*) from gone)::int as deleted,
             (select key from doomed offset ${rows - 1} limit 1) as last`.execute(transaction);
    const { deleted, last: lastKey } = found.rows[0] as { deleted: number; last: string[] | null };
    if (deleted > 0) {
      await sql`
        update erasure set counts = counts || jsonb_build_object(${table.name}::text,
          coalesce((counts ->> ${table.name}::text)::bigint, 0) + ${deleted})
        where account_id = ${accountId} and rows_gone_at is null`.execute(transaction);
    }
    return { deleted, last: lastKey };
  });
}

/** Locks the erasure; false if another transaction has it. */
async function takeErasure(transaction: Transaction<Tables>, accountId: string): Promise<boolean> {
  const { rows } = await sql`
    select from erasure where account_id = ${accountId} and rows_gone_at is null for update skip locked`.execute(
    transaction,
  );
  return rows.length > 0;
}

/**
 * Notes that no row is left, and deletes what names the account elsewhere. Or reports that a row came meanwhile, or that
 * another process is working on it.
 */
async function finishRows(
  database: Database,
  accountId: string,
  tables: readonly AccountTable[],
): Promise<'gone' | 'rows-left' | 'taken'> {
  return database.kysely.transaction().execute(async (transaction) => {
    if (!(await takeErasure(transaction, accountId)))
      return (await isBeingErased(transaction, accountId)) ? 'taken' : 'gone';
    for (const { name } of tables) {
      const { rows } = await sql`select from ${sql.id(name)} where account_id = ${accountId} limit 1`.execute(
        transaction,
      );
      if (rows.length > 0) return 'rows-left';
    }
    await forgetMentions(transaction, accountId);
    const { rows } = await sql<{ owner_id: string }>`
      update erasure set rows_gone_at = clock_timestamp()
      where account_id = ${accountId} and rows_gone_at is null returning owner_id`.execute(transaction);
    // A probe account has no owner who could get a receipt.
    if (rows.some((row) => isStandIn(row.owner_id))) {
      await sql`delete from erasure where account_id = ${accountId}`.execute(transaction);
    }
    return 'gone';
  });
}

export interface ErasureUnderWay {
  readonly accountId: string;
  /** Null while rows are left. */
  readonly rowsGoneAt: Date | null;
  readonly mergedIds: readonly string[];
}

/**
 * Erasures that are not finished: those with rows left come first, the oldest before the others. The rest are in no order, so
 * that none waits behind others whose runs can't end.
 */
export async function erasuresUnderWay({ kysely }: Database, limit: number): Promise<readonly ErasureUnderWay[]> {
  const { rows } = await sql<ErasureUnderWay>`
    select account_id as "accountId", rows_gone_at as "rowsGoneAt", ${mergedBefore} as "mergedIds" from erasure
    where erased_at is null
    order by rows_gone_at is not null, case when rows_gone_at is null then requested_at end, random()
    limit ${limit}`.execute(kysely);
  return rows;
}

/** Notes that the third step is done: the receipt becomes an event. */
export async function noteErased(database: Database, accountId: string): Promise<void> {
  await database.kysely.transaction().execute(async (transaction) => {
    await sql`
      select pg_advisory_xact_lock(hashtextextended('erasure ' || owner_id, 0))
      from erasure where account_id = ${accountId} and erased_at is null and rows_gone_at is not null`.execute(
      transaction,
    );
    await forgetLateMentions(transaction, accountId);
    await forgetMergedIds(transaction, accountId);
    await sql`
      update erasure set erased_at = clock_timestamp(), erased_number = nextval('erasure_number'), fingerprints = '{}'
      where account_id = ${accountId} and erased_at is null and rows_gone_at is not null`.execute(transaction);
  });
}

/** How long a receipt is kept. */
const receiptDays = 30;

export async function expireReceipts({ kysely }: Database): Promise<void> {
  await sql`delete from erasure where erased_at < now() - make_interval(days => ${receiptDays})`.execute(kysely);
}

/** Both steps in Postgres, even if another process does part of them; what is not done in time is left to a worker. */
export async function eraseAccount(
  database: Database,
  accountId: string,
  commanded: Commanded = {},
  withinMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  await beginErasure(database, accountId, commanded);
  while (!(await eraseRows(database, accountId, { untilMs })) && performance.now() < untilMs) await sleep(50);
}
