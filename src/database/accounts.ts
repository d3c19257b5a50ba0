import { sql } from 'kysely';
import type { Verdict } from '../books/reconcile.ts';
import type { AccountStatus } from '../workflows/messages.ts';
import { isStandIn } from './account-id.ts';
import type { Database } from './database.ts';

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
  readonly unlinkedAt: Date | null;
  readonly nextSyncAt: Date | null;
  readonly historyAtRiskAt: Date | null;
  readonly exchangeAccountId: string | null;
  /** The exchange's own id, if another account of the same owner has it already. */
  readonly sharedExchangeAccountId: string | null;
  readonly readOnly: boolean | null;
  readonly paused: boolean;
  readonly createdAt: Date;
  /** Whether balances and records agreed when last compared; null before the first comparison. */
  readonly balances: { readonly verdict: Verdict; readonly at: Date } | null;
}

/** This owner's account, or null, both for an id that does not exist and for another owner's. */
export async function findAccount(database: Database, ownerId: string, accountId: string): Promise<Account | null> {
  return oneAccount(accounts(database).where('account_id', '=', accountId).where('owner_id', '=', ownerId));
}

export interface AccountFilter {
  readonly status?: readonly AccountStatus[] | undefined;
  /** Accounts that begin to lose history before then, or were not read yet; the soonest come first. */
  readonly atRiskBefore?: Date | undefined;
}

/** All accounts of an owner, oldest first, including unlinked ones, whose history is kept. */
export async function listAccounts(
  database: Database,
  ownerId: string,
  filter: AccountFilter = {},
): Promise<readonly Account[]> {
  const rows = await accountsWhere(database, filter).where('owner_id', '=', ownerId).execute();
  return rows.map(accountOf);
}

/** For operators: the accounts of all owners, without the probe accounts of key checks. */
export async function listAccountsOfEveryOwner(
  database: Database,
  filter: AccountFilter = {},
): Promise<readonly Account[]> {
  const rows = await accountsWhere(database, filter).execute();
  return rows.filter(({ ownerId }) => !isStandIn(ownerId)).map(accountOf);
}

function accountsWhere(database: Database, { status, atRiskBefore }: AccountFilter) {
  let query = accounts(database);
  if (status !== undefined) query = query.where('status', 'in', [...status]);
  if (atRiskBefore !== undefined) {
    query = query
      .where('linked_at', 'is not', null)
      .where('status', 'not in', ['unlinked', 'closed'])
      // An account that was never read may be losing everything.
      .where((where) =>
        where.or([where('history_at_risk_at', '<', atRiskBefore), where('history_at_risk_at', 'is', null)]),
      )
      .orderBy(sql`history_at_risk_at nulls first`);
  }
  return query.orderBy('created_at').orderBy('account_id');
}

/** The account that this owner already has for a key, by any key it was ever read with. Linked accounts come first. */
export async function findAccountOfKey(
  database: Database,
  ownerId: string,
  fingerprint: string,
): Promise<Account | null> {
  const found = accounts(database)
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
    );
  return oneAccount(found.orderBy(sql`linked_at is null`).orderBy('created_at'));
}

/** The account that this owner already has for the exchange's own id of an account. */
export async function findAccountOfExchangeAccount(
  database: Database,
  ownerId: string,
  exchangeAccountId: string,
): Promise<Account | null> {
  return oneAccount(
    accounts(database).where('owner_id', '=', ownerId).where('exchange_account_id', '=', exchangeAccountId),
  );
}

/** An account, for the worker, which serves all owners. Null if it does not exist (any longer). */
export async function loadAccount(database: Database, accountId: string): Promise<Account | null> {
  return oneAccount(accounts(database).where('account_id', '=', accountId));
}

export interface MergedAccount {
  readonly ownerId: string;
  readonly mergedInto: string;
  /** As in MergeResult; 0 where an earlier release merged it. */
  readonly moved: number;
  readonly dropped: number;
  readonly conflicts: number;
}

/** The account that an account was merged into, or null. */
export async function findMergedAccount(database: Database, accountId: string): Promise<MergedAccount | null> {
  const row = await database.kysely
    .selectFrom('merged_account')
    .select(['owner_id as ownerId', 'merged_into as mergedInto', 'moved', 'dropped', 'conflicts'])
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row ?? null;
}

/** Changes an account's label; an empty one removes it. Every former name is kept. */
export async function renameAccount(
  database: Database,
  { ownerId, accountId, label }: { readonly ownerId: string; readonly accountId: string; readonly label: string },
): Promise<void> {
  await sql`
    with renamed as (
      update account set label = nullif(${label}, '')
      where account_id = ${accountId} and owner_id = ${ownerId}
      returning account_id, coalesce(label, '') as label, coalesce(sub_account, '') as sub_account
    )
    insert into account_label (account_id, label, sub_account)
    select account_id, label, sub_account from renamed where label <> '' or sub_account <> ''
    on conflict (account_id, label, sub_account) do update set last_given_at = now()`.execute(database.kysely);
}

export interface GivenName {
  readonly label: string | null;
  readonly subAccount: string | null;
  readonly givenAt: Date;
}

/** Every name that was given with an account's keys, the latest first. */
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

function accounts({ kysely }: Database) {
  return kysely
    .selectFrom('account')
    .select(['account_id as accountId', 'owner_id as ownerId', 'exchange', 'label', 'sub_account as subAccount'])
    .select(['status', 'status_since as statusSince', 'linked_at as linkedAt', 'unlinked_at as unlinkedAt'])
    .select(['next_sync_at as nextSyncAt', 'history_at_risk_at as historyAtRiskAt', 'read_only as readOnly', 'paused'])
    .select(['exchange_account_id as exchangeAccountId', 'shared_exchange_account_id as sharedExchangeAccountId'])
    .select(['created_at as createdAt', 'balance_verdict', 'balance_verdict_at']);
}

async function oneAccount(found: ReturnType<typeof accounts>): Promise<Account | null> {
  const row = await found.executeTakeFirst();
  return row ? accountOf(row) : null;
}

type AccountRow = Awaited<ReturnType<ReturnType<typeof accounts>['executeTakeFirstOrThrow']>>;

function accountOf({ balance_verdict: verdict, balance_verdict_at: at, ...account }: AccountRow): Account {
  return { ...account, balances: verdict === null || at === null ? null : { verdict, at } };
}
