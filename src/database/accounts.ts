import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { AccountStatus } from '../workflows/messages.ts';
import { isStandIn } from './account-id.ts';
import type { Database } from './database.ts';
import type { Tables } from './schema.ts';

/** One exchange account of one owner. */
export interface Account {
  readonly accountId: string;
  readonly ownerId: string;
  readonly exchange: string;
  readonly label: string | null;
  readonly subAccount: string | null;
  readonly status: AccountStatus;
  readonly statusSince: Date;
  /** Null until a key was accepted. */
  readonly linkedAt: Date | null;
  readonly closedAt: Date | null;
  readonly unlinkedAt: Date | null;
  readonly nextSyncAt: Date | null;
  readonly historyAtRiskAt: Date | null;
  readonly exchangeAccountId: string | null;
  /** The exchange's own id, where another account of the same owner has it already. */
  readonly sharedExchangeAccountId: string | null;
  readonly readOnly: boolean | null;
  readonly permissions: readonly string[];
  readonly paused: boolean;
  readonly started: boolean;
  readonly createdAt: Date;
}

/** This owner's account, or null: for an id that does not exist and for another owner's alike. */
export async function findAccount(database: Database, ownerId: string, accountId: string): Promise<Account | null> {
  const row = await database.kysely
    .selectFrom('account')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('owner_id', '=', ownerId)
    .executeTakeFirst();
  return row ? accountOf(row) : null;
}

export interface AccountFilter {
  readonly status?: readonly AccountStatus[] | undefined;
  /** History begins to be lost before then, or nothing was read yet; the soonest come first. */
  readonly atRiskBefore?: Date | undefined;
}

/** All accounts of an owner, oldest first; unlinked ones too, because their history is kept. */
export async function listAccounts(
  database: Database,
  ownerId: string,
  filter: AccountFilter = {},
): Promise<readonly Account[]> {
  const rows = await accountsWhere(database, filter).where('owner_id', '=', ownerId).execute();
  return rows.map(accountOf);
}

/** For operators: the accounts of all owners, without those that only stand in for a key being looked at. */
export async function listAccountsOfEveryOwner(
  database: Database,
  filter: AccountFilter = {},
): Promise<readonly Account[]> {
  const rows = await accountsWhere(database, filter).execute();
  return rows.filter((row) => !isStandIn(row.owner_id)).map(accountOf);
}

function accountsWhere(database: Database, { status, atRiskBefore }: AccountFilter) {
  let query = database.kysely.selectFrom('account').selectAll();
  if (status?.length) query = query.where('status', 'in', [...status]);
  if (atRiskBefore !== undefined) {
    query = query
      .where('linked_at', 'is not', null)
      .where('status', 'not in', ['unlinked', 'closed'])
      // Of what was never read, everything may be expiring.
      .where((where) =>
        where.or([where('history_at_risk_at', '<', atRiskBefore), where('history_at_risk_at', 'is', null)]),
      )
      .orderBy(sql`history_at_risk_at nulls first`);
  }
  return query.orderBy('created_at').orderBy('account_id');
}

/** The account that this owner already has for a key, by any key it was ever read with. Linked ones come first. */
export async function findAccountOfKey(
  database: Database,
  ownerId: string,
  fingerprint: string,
): Promise<Account | null> {
  const row = await database.kysely
    .selectFrom('account')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where((where) =>
      where.or([
        where('account_id', 'in', (select) =>
          select.selectFrom('known_key').select('account_id').where('fingerprint', '=', fingerprint),
        ),
        where('account_id', 'in', (select) =>
          select.selectFrom('api_key').select('account_id').where('fingerprint', '=', fingerprint),
        ),
      ]),
    )
    .orderBy(sql`linked_at is null`)
    .orderBy('created_at')
    .executeTakeFirst();
  return row ? accountOf(row) : null;
}

/** The account that this owner already has for the exchange's own id of an account. */
export async function findAccountOfExchangeAccount(
  database: Database,
  ownerId: string,
  exchangeAccountId: string,
): Promise<Account | null> {
  const row = await database.kysely
    .selectFrom('account')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('exchange_account_id', '=', exchangeAccountId)
    .executeTakeFirst();
  return row ? accountOf(row) : null;
}

/** An account for the worker, which serves all owners. Null when there is none (any more). */
export async function loadAccount(database: Database, accountId: string): Promise<Account | null> {
  const row = await database.kysely
    .selectFrom('account')
    .selectAll()
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row ? accountOf(row) : null;
}

export interface MergedAccount {
  readonly ownerId: string;
  readonly mergedInto: string;
}

/** Where an account has gone that is no more, or null. */
export async function findMergedAccount(database: Database, accountId: string): Promise<MergedAccount | null> {
  const row = await database.kysely
    .selectFrom('merged_account')
    .select(['owner_id', 'merged_into'])
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row ? { ownerId: row.owner_id, mergedInto: row.merged_into } : null;
}

export interface GivenName {
  readonly label: string | null;
  readonly subAccount: string | null;
  readonly givenAt: Date;
}

/** Every name that came with an account's keys, the latest first. */
export async function loadNames(database: Database, accountId: string): Promise<readonly GivenName[]> {
  const rows = await database.kysely
    .selectFrom('account_label')
    .select(['label', 'sub_account', 'last_given_at'])
    .where('account_id', '=', accountId)
    .orderBy('last_given_at', 'desc')
    .execute();
  return rows.map((row) => ({
    label: row.label || null,
    subAccount: row.sub_account || null,
    givenAt: row.last_given_at,
  }));
}

export interface StatusChange {
  readonly status: AccountStatus;
  /** Left as it is when absent. */
  readonly nextSyncAt?: Date | null | undefined;
  readonly historyAtRiskAt?: Date | null | undefined;
}

/**
 * Writes down what the workflow is at. A status that stays keeps the time since when it holds. An account that was unlinked
 * stays unlinked, and only a resume ends a pause.
 */
export async function setStatus(database: Database, accountId: string, change: StatusChange): Promise<void> {
  const isReading = change.status === 'backfilling' || change.status === 'live';
  const status = isReading
    ? sql<AccountStatus>`case when paused then status else ${change.status} end`
    : sql<AccountStatus>`${change.status}`;
  await database.kysely
    .updateTable('account')
    .set({
      status,
      status_since: sql`case when status = ${status} then status_since else now() end`,
      ...(change.status === 'closed' ? { closed_at: sql`coalesce(closed_at, now())` } : {}),
      ...(change.nextSyncAt === undefined ? {} : { next_sync_at: change.nextSyncAt }),
      ...(change.historyAtRiskAt === undefined ? {} : { history_at_risk_at: change.historyAtRiskAt }),
    })
    .where('account_id', '=', accountId)
    .where('unlinked_at', 'is', null)
    .execute();
}

export interface Progress {
  readonly status: 'backfilling' | 'live';
  readonly nextSyncAt: Date | null;
  readonly historyAtRiskAt: Date | null;
  /** How many parts there are in all: once so many were read through, whoever comes later does not make it look unread again. */
  readonly parts?: number;
}

/** What a sync has reached. An account that was paused, unlinked or closed meanwhile keeps that status. */
export async function noteProgress(database: Database, accountId: string, progress: Progress): Promise<void> {
  const { parts = null } = progress;
  // Lanes that end together may come here in another order than they saw what the others had reached.
  const reached = sql`case when (select count(*) from coverage where account_id = ${accountId} and read_through) >= ${parts}::int
    then 'live' else ${progress.status} end`;
  await database.kysely
    .updateTable('account')
    .set({
      status: sql`case when paused then status else ${reached} end`,
      status_since: sql`case when paused or status = ${reached} then status_since else now() end`,
      next_sync_at: sql`case when paused then next_sync_at else ${progress.nextSyncAt}::timestamptz end`,
      history_at_risk_at: progress.historyAtRiskAt,
    })
    .where('account_id', '=', accountId)
    .where('status', 'not in', ['unlinked', 'closed'])
    .where('unlinked_at', 'is', null)
    .execute();
}

/** The exchange has closed: nothing is read any more and nothing is at risk. What was read stays readable. */
export async function closeAccount(database: Database, accountId: string): Promise<void> {
  await database.kysely
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
    .execute();
}

/** When history begins to be lost, of an account that nobody reads at present. */
export async function noteRisk(database: Database, accountId: string, historyAtRiskAt: Date | null): Promise<void> {
  await database.kysely
    .updateTable('account')
    .set({ history_at_risk_at: historyAtRiskAt })
    .where('account_id', '=', accountId)
    .where('status', 'not in', ['unlinked', 'closed'])
    .execute();
}

export interface PauseChange {
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
 * knows. A command that a later one has overtaken, or that finds the account unlinked, changes nothing.
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
    .where('status', '<>', 'unlinked')
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
  /** The newest key that still waits to be checked. */
  readonly candidateKeyId: string | null;
  readonly linked: boolean;
  readonly ageMs: number;
}

/** Accounts that nobody looks after yet, oldest first: saved, but their workflow was never known to start. */
export async function accountsToStart(database: Database, limit: number): Promise<readonly AccountToStart[]> {
  const rows = await database.kysely
    .selectFrom('account')
    .select(['account_id', 'owner_id', 'label', 'linked_at'])
    .select(sql<number>`extract(epoch from now() - created_at)::float8 * 1000`.as('age_ms'))
    .select((select) =>
      select
        .selectFrom('api_key')
        .select('key_id')
        .whereRef('api_key.account_id', '=', 'account.account_id')
        .where('state', '=', 'candidate')
        .orderBy('created_at', 'desc')
        .limit(1)
        .as('candidate_key_id'),
    )
    .where(sql<boolean>`not started`)
    .where('status', '<>', 'unlinked')
    .orderBy('created_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    accountId: row.account_id,
    ownerId: row.owner_id,
    label: row.label,
    candidateKeyId: row.candidate_key_id,
    linked: row.linked_at !== null,
    ageMs: row.age_ms,
  }));
}

/** Whether a workflow looks after the account, as far as we know; whoever starts workflows goes by it. */
export async function markStarted(database: Database, accountId: string, started = true): Promise<void> {
  await database.kysely.updateTable('account').set({ started }).where('account_id', '=', accountId).execute();
}

function accountOf(row: Selectable<Tables['account']>): Account {
  return {
    accountId: row.account_id,
    ownerId: row.owner_id,
    exchange: row.exchange,
    label: row.label,
    subAccount: row.sub_account,
    status: row.status,
    statusSince: row.status_since,
    linkedAt: row.linked_at,
    closedAt: row.closed_at,
    unlinkedAt: row.unlinked_at,
    nextSyncAt: row.next_sync_at,
    historyAtRiskAt: row.history_at_risk_at,
    exchangeAccountId: row.exchange_account_id,
    sharedExchangeAccountId: row.shared_exchange_account_id,
    readOnly: row.read_only,
    permissions: row.permissions,
    paused: row.paused,
    started: row.started,
    createdAt: row.created_at,
  };
}
