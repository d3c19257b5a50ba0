import { sql } from 'kysely';
import type { KeyReport } from '../history/ports.ts';
import type { Database } from './database.ts';

/** A sealed key as stored; only the worker can open it. */
export interface StoredKey {
  readonly accountId: string;
  readonly ownerId: string;
  readonly keyId: string;
  readonly fingerprint: string;
  readonly sealed: string;
  readonly state: 'candidate' | 'active';
  readonly expiresAt: Date | null;
}

export interface NewCandidate {
  readonly accountId: string;
  readonly ownerId: string;
  readonly exchange?: string | undefined;
  readonly label?: string | null | undefined;
  readonly subAccount?: string | null | undefined;
  readonly keyId: string;
  readonly fingerprint: string;
  readonly sealed: string;
}

/**
 * Stores a key that still has to be checked, and its account if there is none yet. An account that is there keeps its
 * label: a key linked twice is one account, whatever it is called.
 */
export async function saveCandidate(database: Database, candidate: NewCandidate): Promise<void> {
  const { accountId, ownerId, keyId, fingerprint, sealed } = candidate;
  await database.kysely.transaction().execute(async (transaction) => {
    const account = await transaction
      .insertInto('account')
      .values({
        account_id: accountId,
        owner_id: ownerId,
        label: candidate.label ?? null,
        sub_account: candidate.subAccount ?? null,
        status: 'checking',
        ...(candidate.exchange ? { exchange: candidate.exchange } : {}),
      })
      .onConflict((conflict) =>
        conflict
          .column('account_id')
          .doUpdateSet({
            started: false,
            status: sql`case when account.status = 'unlinked' then 'checking' else account.status end`,
            status_since: sql`case when account.status = 'unlinked' then now() else account.status_since end`,
          })
          .where('account.owner_id', '=', ownerId),
      )
      .returning('account_id')
      .executeTakeFirst();
    if (!account) throw new Error(`Account ${accountId} belongs to another owner; the key was not saved.`);
    await transaction
      .insertInto('api_key')
      .values({ account_id: accountId, key_id: keyId, fingerprint, sealed, state: 'candidate' })
      .execute();
  });
}

/** A key by its id, or the one in use. Null when there is none (any more). */
export async function loadKey(
  database: Database,
  accountId: string,
  which: string | 'active',
): Promise<StoredKey | null> {
  const row = await database.kysely
    .selectFrom('api_key')
    .innerJoin('account', 'account.account_id', 'api_key.account_id')
    .select(['api_key.key_id', 'api_key.fingerprint', 'api_key.sealed', 'api_key.state', 'api_key.expires_at'])
    .select('account.owner_id')
    .where('api_key.account_id', '=', accountId)
    .where((where) =>
      which === 'active' ? where('api_key.state', '=', 'active') : where('api_key.key_id', '=', which),
    )
    .executeTakeFirst();
  if (!row) return null;
  return {
    accountId,
    ownerId: row.owner_id,
    keyId: row.key_id,
    fingerprint: row.fingerprint,
    sealed: row.sealed,
    state: row.state,
    expiresAt: row.expires_at,
  };
}

/** The owner has this exchange account already, under another account of ours: the key belongs there. */
export class ExchangeAccountTaken extends Error {
  override readonly name = 'ExchangeAccountTaken';

  constructor(accountId: string) {
    super(`The exchange account behind account ${accountId} is linked already; its key has to be moved there.`);
  }
}

export interface Adoption {
  /** False when this key made the account a linked one. */
  readonly alreadyLinked: boolean;
  readonly linkedAt: Date;
}

/**
 * Makes a checked candidate the key in use; the one before it is deleted. Doing it again changes nothing.
 * Throws ExchangeAccountTaken when the report names an exchange account that another account of this owner has.
 */
export async function adoptCandidate(
  database: Database,
  accountId: string,
  keyId: string,
  report: Pick<KeyReport, 'readOnly' | 'permissions' | 'keyExpiresAtMs' | 'exchangeAccountId'>,
): Promise<Adoption> {
  try {
    return await database.kysely.transaction().execute(async (transaction) => {
      // The account's row is the lock that two adoptions at once wait for.
      const account = await transaction
        .selectFrom('account')
        .select('linked_at')
        .where('account_id', '=', accountId)
        .forUpdate()
        .executeTakeFirst();
      await transaction
        .deleteFrom('api_key')
        .where('account_id', '=', accountId)
        .where('state', '=', 'active')
        .where('key_id', '<>', keyId)
        .where((where) =>
          where.exists(
            where
              .selectFrom('api_key as adopted')
              .select('adopted.key_id')
              .where('adopted.account_id', '=', accountId)
              .where('adopted.key_id', '=', keyId),
          ),
        )
        .execute();
      const key = await transaction
        .updateTable('api_key')
        .set({
          state: 'active',
          expires_at: report.keyExpiresAtMs === null ? null : new Date(report.keyExpiresAtMs),
          adopted_at: sql`coalesce(adopted_at, now())`,
        })
        .where('account_id', '=', accountId)
        .where('key_id', '=', keyId)
        .returning(['fingerprint', 'adopted_at'])
        .executeTakeFirst();
      if (!account || !key) throw new Error(`Key ${keyId} of account ${accountId} is gone; there is nothing to adopt.`);
      await transaction
        .insertInto('known_key')
        .values({ account_id: accountId, fingerprint: key.fingerprint })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const linked = await transaction
        .updateTable('account')
        .set({
          linked_at: sql`case when linked_at is null or unlinked_at is not null then now() else linked_at end`,
          unlinked_at: null,
          read_only: report.readOnly,
          permissions: [...report.permissions],
          exchange_account_id: sql`coalesce(${report.exchangeAccountId}::text, exchange_account_id)`,
          started: true,
        })
        .where('account_id', '=', accountId)
        .returning('linked_at')
        .executeTakeFirstOrThrow();
      const linkedAt = linked.linked_at as Date;
      // Both are the transaction's time when this key linked the account; so it is still told when this is done again.
      return { alreadyLinked: (key.adopted_at as Date).getTime() > linkedAt.getTime(), linkedAt };
    });
  } catch (error) {
    if (isExchangeAccountCollision(error)) throw new ExchangeAccountTaken(accountId);
    throw error;
  }
}

/**
 * Deletes a candidate that was refused. An account that was never linked and has no other key leaves nothing behind.
 * Doing it again changes nothing.
 */
export async function dropCandidate(
  database: Database,
  accountId: string,
  keyId: string,
): Promise<'account-kept' | 'account-deleted'> {
  return database.kysely.transaction().execute(async (transaction) => {
    const account = await transaction
      .selectFrom('account')
      .select(['linked_at', 'unlinked_at'])
      .where('account_id', '=', accountId)
      .forUpdate()
      .executeTakeFirst();
    if (!account) return 'account-deleted';
    await transaction
      .deleteFrom('api_key')
      .where('account_id', '=', accountId)
      .where('key_id', '=', keyId)
      .where('state', '=', 'candidate')
      .execute();
    const { keys } = await transaction
      .selectFrom('api_key')
      .select((select) => select.fn.countAll<number>().as('keys'))
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow();
    if (keys > 0) return 'account-kept';
    if (account.linked_at === null) {
      await transaction.deleteFrom('account_problem').where('account_id', '=', accountId).execute();
      await transaction.deleteFrom('account').where('account_id', '=', accountId).execute();
      return 'account-deleted';
    }
    if (account.unlinked_at !== null) {
      await transaction
        .updateTable('account')
        .set({ status: 'unlinked', status_since: sql`now()` })
        .where('account_id', '=', accountId)
        .execute();
    }
    return 'account-kept';
  });
}

export interface KeyMove {
  readonly fromAccountId: string;
  readonly toAccountId: string;
  readonly keyId: string;
  /** The same credentials, sealed anew. */
  readonly sealed: string;
}

/** Hands a candidate to the account that its exchange account already is. Doing it again changes nothing. */
export async function copyCandidate(database: Database, move: KeyMove): Promise<void> {
  const { fromAccountId, toAccountId, keyId, sealed } = move;
  await sql`
    insert into api_key (account_id, key_id, fingerprint, sealed, state)
    select ${toAccountId}, key_id, fingerprint, ${sealed}, 'candidate'
    from api_key where account_id = ${fromAccountId} and key_id = ${keyId}
    on conflict (account_id, key_id) do nothing`.execute(database.kysely);
}

function isExchangeAccountCollision(error: unknown): boolean {
  return (
    error instanceof Error &&
    'constraint' in error &&
    (error as { constraint?: unknown }).constraint === 'account_of_exchange_account'
  );
}

/** The newest key of an account that still waits to be checked, or null. */
export async function newestCandidate(database: Database, accountId: string): Promise<string | null> {
  const row = await database.kysely
    .selectFrom('api_key')
    .select('key_id')
    .where('account_id', '=', accountId)
    .where('state', '=', 'candidate')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.key_id ?? null;
}

/** Whether the account was ever read with this key. */
export async function isKnownKey(database: Database, accountId: string, fingerprint: string): Promise<boolean> {
  const row = await database.kysely
    .selectFrom('known_key')
    .select('account_id')
    .where('account_id', '=', accountId)
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst();
  return row !== undefined;
}
