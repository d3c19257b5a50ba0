import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';

/** Limits for each owner. */
export interface Quotas {
  /** Accounts that are not unlinked. */
  readonly accountsPerOwner: number;
  /** Keys of one account that wait for their check; the newest are kept. */
  readonly candidatesPerAccount: number;
  /** Keys that no account was ever read with, stored or checked within an hour. */
  readonly unprovenKeysPerHour: number;
}

/**
 * A person has an account or two, an institution up to 100 sub-accounts. Two browsers and a retry of each are four candidates.
 * A user who mistypes secret and memo tries some ten times; each attempt is a request that the exchange counts against our address.
 */
export const defaultQuotas: Quotas = { accountsPerOwner: 200, candidatesPerAccount: 5, unprovenKeysPerHour: 30 };

export type QuotaName = 'accounts' | 'unproven-keys-per-hour';

/** An owner has reached a limit; nothing was stored. */
export class QuotaReached extends Error {
  override readonly name = 'QuotaReached';
  readonly quota: QuotaName;
  readonly most: number;
  /** When another try can succeed; null if waiting does not help. */
  readonly retryAt: Date | null;

  constructor(quota: QuotaName, most: number, retryAt: Date | null) {
    super(`The owner has reached the limit of ${most} (${quota}).`);
    this.quota = quota;
    this.most = most;
    this.retryAt = retryAt;
  }
}

type Transaction = Kysely<Tables>;

/** Serialises an owner's counted requests, from here to the end of the transaction. */
export async function lockOwner(transaction: Transaction, ownerId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`bitmart-sync owner ${ownerId}`}, 0))`.execute(transaction);
}

/** Throws QuotaReached if a further account would exceed the limit. */
export async function requireRoomForAccount(
  transaction: Transaction,
  { accountId, ownerId }: { readonly accountId: string; readonly ownerId: string },
  most: number,
): Promise<void> {
  const { rows } = await sql<{ others: number }>`
    select count(*)::int as others from account
    where owner_id = ${ownerId} and account_id <> ${accountId} and status <> 'unlinked'`.execute(transaction);
  if ((rows[0]?.others ?? 0) >= most) throw new QuotaReached('accounts', most, null);
}

interface Attempt {
  readonly ownerId: string;
  readonly fingerprint: string;
}

/** Notes that an owner has a key checked. Throws QuotaReached if no further unproven key is allowed for now. */
export async function noteAttempt(transaction: Transaction, attempt: Attempt, most: number): Promise<void> {
  const { isProven, retryAt } = await mayAttempt(transaction, attempt, most);
  if (isProven) return;
  if (retryAt !== null) throw new QuotaReached('unproven-keys-per-hour', most, retryAt);
  const { ownerId, fingerprint } = attempt;
  await sql`insert into key_attempt (owner_id, fingerprint) values (${ownerId}, ${fingerprint})`.execute(transaction);
}

/** `retryAt`: when the owner may have the key checked; null: now. A key is proven if an account of this owner was read with it. */
export async function mayAttempt(
  transaction: Transaction,
  { ownerId, fingerprint }: Attempt,
  most: number,
): Promise<{ readonly isProven: boolean; readonly retryAt: Date | null }> {
  const { rows } = await sql<{ attempts: number; free_at: Date | null; proved: boolean }>`
    with proved as (
      select known_key.fingerprint from known_key join account using (account_id) where owner_id = ${ownerId}
    ), attempt as (
      select attempted_at from key_attempt
      where owner_id = ${ownerId} and attempted_at > now() - interval '1 hour'
        and fingerprint not in (select fingerprint from proved)
      order by attempted_at desc limit ${most}
    )
    select count(*)::int as attempts, min(attempted_at) + interval '1 hour' as free_at,
           exists (select from proved where fingerprint = ${fingerprint}) as proved
    from attempt`.execute(transaction);
  const { attempts, free_at: freeAt, proved: isProven } = rows[0] as (typeof rows)[number];
  const isFull = !isProven && attempts >= most;
  return { isProven, retryAt: isFull ? (freeAt ?? new Date(Date.now() + hourMs)) : null };
}

const hourMs = 3_600_000;

/** Keeps the newest candidates of an account, one less than are allowed, because the next one is about to be stored. */
export async function dropOldCandidates(transaction: Transaction, accountId: string, most: number): Promise<void> {
  await sql`
    delete from api_key where account_id = ${accountId} and state = 'candidate' and key_id in (
      select key_id from api_key where account_id = ${accountId} and state = 'candidate'
      order by created_at desc, key_id offset ${Math.max(0, most - 1)}
    )`.execute(transaction);
}
