import { type RawBuilder, sql, type Transaction } from 'kysely';
import type pg from 'pg';
import type { Problem } from '../history/failure.ts';
import type { AccountStatus } from '../workflows/messages.ts';
import type { Database } from './database.ts';
import { foundCodes, replaceProblems } from './problems.ts';
import { reportRecords, type SyncNews } from './records-changed.ts';
import type { Tables } from './schema.ts';
import { inTransaction } from './transaction.ts';

/**
 * Whatever an earlier command of the account's workflow has not written by now, it never writes: its attempt was given up, and
 * what a later command finds holds.
 */
export async function endEarlierCommands(database: Database, accountId: string, command: number): Promise<void> {
  await database.kysely
    .updateTable('account')
    .set({ command })
    .where('account_id', '=', accountId)
    .where('command', '<', command)
    .execute();
}

/**
 * The exchange refuses the key in use, and not only once: the account is not read until a key check finds that it can be.
 * Answers with its status. Null, and nothing is written, where that is overtaken: the key was replaced, or works again.
 */
export async function noteRefusal(
  database: Database,
  {
    accountId,
    keyId,
    problems,
  }: { readonly accountId: string; readonly keyId: string; readonly problems: readonly Problem[] },
): Promise<AccountStatus | null> {
  return database.kysely.transaction().execute(async (transaction) => {
    // The account before its keys, as an adoption does: one under way is waited for, and seen.
    await sql`select from account where account_id = ${accountId} for update`.execute(transaction);
    const { rows } = await sql`
      select from api_key join account using (account_id)
      where account_id = ${accountId} and key_id = ${keyId} and state = 'active' and doubted_at is not null
        and unlinked_at is null`.execute(transaction);
    if (rows.length === 0) return null;
    // Problems first: the event that the status causes names them.
    await replaceProblems({ kysely: transaction }, accountId, null, problems);
    return writeStatus(transaction, accountId, sql`'needs-attention'`);
  });
}

/** A status that stays keeps the time since when it holds. Only a resume ends a pause. */
export async function writeStatus(
  transaction: Transaction<Tables>,
  accountId: string,
  unlessPaused: RawBuilder<unknown>,
): Promise<AccountStatus> {
  const status = sql<AccountStatus>`case when paused then 'paused' else ${unlessPaused} end`;
  const written = await transaction
    .updateTable('account')
    .set({ status, status_since: sql`case when status = ${status} then status_since else now() end` })
    .where('account_id', '=', accountId)
    .returning('status')
    .executeTakeFirstOrThrow();
  return written.status;
}

export interface Progress {
  readonly status: 'backfilling' | 'live';
  readonly nextSyncAt: Date | null;
  readonly historyAtRiskAt: Date | null;
  /** How many parts there are in all: once so many were read through, a later page does not make it look unread again. */
  readonly parts?: number;
}

/**
 * What a sync has reached, and the records that came with it: an account is never said to be read through before its platform
 * was told of them. An account that was paused, unlinked or closed meanwhile keeps that status; so does one that needs attention,
 * which a key check ends, and not a sync that was under way when its key was refused.
 */
export async function noteProgress(database: Database, news: SyncNews, progress: Progress): Promise<void> {
  await inTransaction(database, async (client) => {
    const { accountId } = news;
    // The account's row is locked: streams that are read side by side come here in another order than they saw what the others
    // had reached. What they have reached is a statement of its own: one that waited for the lock would go on with what it saw
    // before, and take back what the last one wrote.
    const { rows } = await client.query<LockedAccount>(lockAccount, [accountId]);
    const [account] = rows;
    if (account === undefined) return;
    if (account.has_news) await reportRecords(client, news);
    // Only a stream that has seen everything read says that the account is live: the one that was read last may name pairs.
    const isOvertaken = progress.status === 'backfilling' && account.is_live;
    if (isOvertaken && (await areReadThrough(client, news, progress.parts))) return;
    await client.query(
      `update account
       set status = case when ${isHeld} then status else $2 end,
           status_since = case when ${isHeld} or status = $2 then status_since else now() end,
           next_sync_at = case when ${isHeld} then next_sync_at else $3::timestamptz end,
           history_at_risk_at = $4
       where account_id = $1`,
      [accountId, progress.status, progress.nextSyncAt, progress.historyAtRiskAt],
    );
  });
}

const isHeld = `(paused or status = 'needs-attention')`;

interface LockedAccount {
  readonly is_live: boolean;
  /** Mostly false: an account that is synced every hour seldom has anything to report. */
  readonly has_news: boolean;
}

const lockAccount = `select status = 'live' as is_live, revision > reported_revision as has_news
from account where account_id = $1 and status not in ('unlinked', 'closed') and unlinked_at is null
for update`;

/** All that there were when this stream looked, and those of pairs that another one has found since. */
async function areReadThrough(
  client: pg.PoolClient,
  { accountId, streams }: SyncNews,
  parts: number | undefined,
): Promise<boolean> {
  const { rows } = await client.query<{ are: boolean | null }>(
    'select count(*) >= $2::int and bool_and(read_through) as are from coverage where account_id = $1 and stream = any($3)',
    [accountId, parts, streams.map(({ name }) => name)],
  );
  return rows[0]?.are === true;
}

/**
 * The exchange has closed: nothing more is read and nothing is at risk. What was read stays readable, with the problems that stay
 * true of it. The others are deleted, because no one can act on them.
 */
export async function closeAccount(database: Database, accountId: string): Promise<void> {
  await database.kysely
    .with('closed', (kysely) =>
      kysely
        .updateTable('account')
        .set({
          status: 'closed',
          status_since: sql`case when status = 'closed' then status_since else now() end`,
          closed_at: sql`coalesce(closed_at, now())`,
          next_sync_at: null,
          history_at_risk_at: null,
        })
        .where('account_id', '=', accountId)
        .where('status', '<>', 'unlinked')
        .returning('account_id'),
    )
    .deleteFrom('account_problem')
    .where('account_id', 'in', (select) => select.selectFrom('closed').select('account_id'))
    .where('code', 'not in', foundCodes)
    .execute();
}

/**
 * The exchange goes on after all: closed accounts that still have a key wait for the starter of workflows, and are read again.
 * Answers with how many there were.
 */
export async function reopenAccounts(database: Database): Promise<number> {
  const { numUpdatedRows } = await database.kysely
    .updateTable('account')
    .set({
      status: sql`case when paused then 'paused' when linked_at is null then 'checking' else 'backfilling' end`,
      status_since: sql`now()`,
      closed_at: null,
      started: false,
    })
    .where('status', '=', 'closed')
    // A worker with another timetable, or one that has not seen the disproof yet, would close it again at once.
    .where(sql<boolean>`closed_at < now() - interval '15 minutes'`)
    .where((where) =>
      where.exists(
        where.selectFrom('api_key').select('key_id').whereRef('api_key.account_id', '=', 'account.account_id'),
      ),
    )
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** When history begins to be lost, of an account that is not read. What is written late says nothing of one that is read again. */
export async function noteRisk(database: Database, accountId: string, historyAtRiskAt: Date | null): Promise<void> {
  await database.kysely
    .updateTable('account')
    .set({ history_at_risk_at: historyAtRiskAt })
    .where('account_id', '=', accountId)
    .where('status', 'in', ['paused', 'needs-attention'])
    .execute();
}

interface PauseChange {
  readonly paused: boolean;
  readonly status: AccountStatus;
  readonly nextSyncAt: Date | null;
  /** Absent for 0.2.0, whose commands have no numbers. */
  readonly command?: number | undefined;
  /** As in Unlinking. */
  readonly accountCreatedAt?: Date | null | undefined;
}

/**
 * Pauses or resumes: whether the owner wants no reading for now is kept beside the status, so that a workflow started anew
 * knows. A command that a later one has overtaken, or that finds the account unlinked or closed, changes nothing.
 */
export async function setPaused(database: Database, accountId: string, change: PauseChange): Promise<void> {
  const { paused, status, nextSyncAt, command, accountCreatedAt } = change;
  await database.kysely
    .updateTable('account')
    .set({
      paused,
      status,
      status_since: sql`case when status = ${status} then status_since else now() end`,
      next_sync_at: nextSyncAt,
      ...(command === undefined ? {} : { command }),
    })
    .where('account_id', '=', accountId)
    .where('status', 'not in', ['unlinked', 'closed'])
    .where(command === undefined ? sql<boolean>`true` : sql<boolean>`command <= ${command}`)
    .where(
      accountCreatedAt
        ? sql<boolean>`date_trunc('milliseconds', created_at) = ${accountCreatedAt}::timestamptz`
        : sql<boolean>`true`,
    )
    .execute();
}

export interface AccountToStart {
  readonly accountId: string;
  readonly ownerId: string;
  readonly label: string | null;
  readonly ageMs: number;
  /** Of its row: whatever is written there gives it another one. */
  readonly version: string;
}

/** Accounts without a workflow, oldest first: saved, but their workflow was never known to start. */
export async function accountsToStart(database: Database, limit: number): Promise<readonly AccountToStart[]> {
  return database.kysely
    .selectFrom('account')
    .select(['account_id as accountId', 'owner_id as ownerId', 'label'])
    .select(sql<number>`extract(epoch from now() - created_at)::float8 * 1000`.as('ageMs'))
    .select(sql<string>`xmin::text`.as('version'))
    .where(sql<boolean>`not started`)
    .where('status', '<>', 'unlinked')
    .orderBy('created_at')
    .limit(limit)
    .execute();
}

/** The account waits for the starter of workflows, which starts or wakes its workflow. */
export async function requestStart(database: Database, accountId: string): Promise<void> {
  await database.kysely.updateTable('account').set({ started: false }).where('account_id', '=', accountId).execute();
}

/** The workflow was started or woken for what had come by then. An account that has changed since is woken again. */
export async function markStarted(
  database: Database,
  { accountId, version }: Pick<AccountToStart, 'accountId' | 'version'>,
): Promise<void> {
  await database.kysely
    .updateTable('account')
    .set({ started: true })
    .where('account_id', '=', accountId)
    .where(sql<boolean>`xmin::text = ${version}`)
    .execute();
}
