import { sql } from 'kysely';
import type { Database } from './database.ts';
import { asOwner } from './owner-scope.ts';
import {
  defaultQuotas,
  dropOldCandidates,
  lockOwner,
  noteAttempt,
  type Quotas,
  requireRoomForAccount,
} from './quotas.ts';
import { requireNotBeingErased, stillThere } from './still-there.ts';

/** A sealed key as stored; only the worker can open it. */
export interface StoredKey {
  readonly accountId: string;
  readonly ownerId: string;
  readonly keyId: string;
  readonly fingerprint: string;
  readonly sealed: string;
  readonly state: 'candidate' | 'active';
  readonly expiresAt: Date | null;
  /** The sub-account name that came with it. */
  readonly subAccount: string | null;
  /** Since when the exchange has refused it, while that may still pass. */
  readonly doubtedAt: Date | null;
  /** When a check last found that it works; null before the first check, and for keys older than this column. */
  readonly lookedAt: Date | null;
  readonly createdAt: Date;
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
  /** The owner who has the key checked. @default ownerId; null: none, and nothing is counted */
  readonly attemptOf?: string | null | undefined;
}

/**
 * Stores a key that still has to be checked, and its account if there is none yet. The names that come with it become the
 * account's when the key is accepted: a key linked twice is one account, whatever it is called. If the account was merged into
 * another one meanwhile, nothing is stored, and the result names that account. Throws QuotaReached if the owner has reached a
 * limit, and BeingErased while rows of an account with this id are being deleted.
 */
export async function saveCandidate(
  database: Database,
  candidate: NewCandidate,
  quotas: Quotas = defaultQuotas,
): Promise<{ readonly mergedInto: string | null }> {
  const { accountId, ownerId, keyId, fingerprint, sealed, attemptOf = ownerId } = candidate;
  const names = { label: candidate.label ?? null, sub_account: candidate.subAccount ?? null };
  return database.kysely.transaction().execute(async (transaction) => {
    // The owner is locked before the account, whether that exists yet or not: in different orders two links could deadlock.
    await lockOwner(transaction, attemptOf ?? ownerId);
    // Waits for a merge in progress; a later one finds this key.
    await sql`select from account where account_id = ${accountId} and owner_id = ${ownerId} for update`.execute(
      transaction,
    );
    const merged = await transaction
      .selectFrom('merged_account')
      .select('merged_into')
      .where('account_id', '=', accountId)
      .where('owner_id', '=', ownerId)
      .executeTakeFirst();
    if (merged) return { mergedInto: merged.merged_into };
    await requireRoomForAccount(transaction, { accountId, ownerId }, quotas.accountsPerOwner);
    if (attemptOf !== null) {
      // A key is only checked through a probe account, which has no owner.
      const attempt = { ownerId: attemptOf, fingerprint };
      await asOwner(transaction, attemptOf, () => noteAttempt(transaction, attempt, quotas.unprovenKeysPerHour));
    }
    const account = await transaction
      .insertInto('account')
      .values({
        account_id: accountId,
        owner_id: ownerId,
        label: names.label || null,
        sub_account: names.sub_account || null,
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
    await requireNotBeingErased(transaction, accountId);
    await dropOldCandidates(transaction, accountId, quotas.candidatesPerAccount);
    await transaction
      .insertInto('api_key')
      .values({ account_id: accountId, key_id: keyId, fingerprint, sealed, state: 'candidate', ...names })
      .execute();
    return { mergedInto: null };
  });
}

/** The key in use without its sealed part, which stays with the worker. Null if there is none. */
export async function findKeyInUse(
  database: Database,
  accountId: string,
): Promise<Pick<StoredKey, 'expiresAt' | 'doubtedAt'> | null> {
  const row = await database.kysely
    .selectFrom('api_key')
    .select(['expires_at as expiresAt', 'doubted_at as doubtedAt'])
    .where('account_id', '=', accountId)
    .where('state', '=', 'active')
    .executeTakeFirst();
  return row ?? null;
}

/** For the worker: a key by its id, or with `active` the one in use. Null if there is none (any longer). */
export async function loadKey(database: Database, accountId: string, which: string): Promise<StoredKey | null> {
  const row = await database.kysely
    .selectFrom('api_key')
    .innerJoin('account', 'account.account_id', 'api_key.account_id')
    .select(['api_key.account_id as accountId', 'account.owner_id as ownerId', 'api_key.key_id as keyId'])
    .select(['api_key.fingerprint', 'api_key.sealed', 'api_key.state', 'api_key.expires_at as expiresAt'])
    .select(['api_key.sub_account as subAccount', 'api_key.doubted_at as doubtedAt'])
    .select(['api_key.looked_at as lookedAt', 'api_key.created_at as createdAt'])
    .where('api_key.account_id', '=', accountId)
    .where((where) =>
      which === 'active' ? where('api_key.state', '=', 'active') : where('api_key.key_id', '=', which),
    )
    .executeTakeFirst();
  return row ?? null;
}

/**
 * Deletes a candidate. An account that was never linked and has no other key is deleted with it. Idempotent. `verdict`: the
 * result of its check, kept for {@link findVerdict}.
 */
export async function dropCandidate(
  database: Database,
  accountId: string,
  keyId: string,
  verdict?: object,
): Promise<'account-kept' | 'account-deleted'> {
  return database.kysely.transaction().execute(async (transaction) => {
    const account = await transaction
      .selectFrom('account')
      .select(['linked_at', 'unlinked_at'])
      .where('account_id', '=', accountId)
      .forUpdate()
      .executeTakeFirst();
    if (!account) return 'account-deleted';
    if (verdict) {
      await sql`
        insert into key_verdict (account_id, key_id, result) values (${accountId}, ${keyId}, ${JSON.stringify(verdict)}::json)
        on conflict (account_id, key_id) do update set result = excluded.result, decided_at = now()`.execute(
        transaction,
      );
    }
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

/** The verdict on a candidate that was dropped within the last hour, because the answer may have been lost with its worker. */
export async function findVerdict(database: Database, accountId: string, keyId: string): Promise<unknown> {
  const row = await database.kysely
    .selectFrom('key_verdict')
    .select('result')
    .where('account_id', '=', accountId)
    .where('key_id', '=', keyId)
    .executeTakeFirst();
  return row ? JSON.parse(row.result) : null;
}

export interface KeyMove {
  readonly fromAccountId: string;
  readonly toAccountId: string;
  readonly keyId: string;
  /** The same credentials, sealed again. */
  readonly sealed: string;
}

/** Copies a candidate, with its age, to the account that already has its exchange account. Idempotent. */
export async function copyCandidate(database: Database, move: KeyMove): Promise<void> {
  const { fromAccountId, toAccountId, keyId, sealed } = move;
  const { lock, holds } = stillThere(toAccountId);
  await sql`
    with ${lock}
    insert into api_key (account_id, key_id, fingerprint, sealed, state, label, sub_account, created_at)
    select ${toAccountId}, key_id, fingerprint, ${sealed}, 'candidate', label, sub_account, created_at
    from api_key where account_id = ${fromAccountId} and key_id = ${keyId} and ${holds}
    on conflict (account_id, key_id) do nothing`.execute(database.kysely);
}

/** Stores that the exchange refuses the key in use; returns for how many milliseconds it has done so. */
export async function doubtKey(database: Database, accountId: string, keyId: string): Promise<number> {
  const doubt = await database.kysely
    .updateTable('api_key')
    .set({ doubted_at: sql`coalesce(doubted_at, now())` })
    .where('account_id', '=', accountId)
    .where('key_id', '=', keyId)
    .returning(sql<number>`extract(epoch from clock_timestamp() - doubted_at)::float8 * 1000`.as('age_ms'))
    .executeTakeFirst();
  return Math.max(0, Math.floor(doubt?.age_ms ?? 0));
}

/** Stores that the exchange accepts the key in use again. */
export async function trustKey(database: Database, accountId: string, keyId: string): Promise<void> {
  await database.kysely
    .updateTable('api_key')
    .set({ doubted_at: null })
    .where('account_id', '=', accountId)
    .where('key_id', '=', keyId)
    .where('doubted_at', 'is not', null)
    .execute();
}

/** Every stored key of an account, sealed. */
export async function loadKeys(
  database: Database,
  accountId: string,
): Promise<readonly Pick<StoredKey, 'keyId' | 'sealed' | 'fingerprint'>[]> {
  return database.kysely
    .selectFrom('api_key')
    .select(['key_id as keyId', 'sealed', 'fingerprint'])
    .where('account_id', '=', accountId)
    .execute();
}

/** The newest key of an account that waits for its check, or null. */
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

export async function isKnownKey(database: Database, accountId: string, fingerprint: string): Promise<boolean> {
  const row = await database.kysely
    .selectFrom('known_key')
    .select('account_id')
    .where('account_id', '=', accountId)
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst();
  return row !== undefined;
}
