import { findMergedAccount } from '../database/index.ts';
import { AccountMerged, AccountNotFound, type ClientError } from './client-error.ts';
import type { StoredAccounts } from './stored-accounts.ts';

/** Why there is no such account: it has gone up in another one of this owner, or never was this owner's. */
export async function missing(accounts: StoredAccounts, ownerId: string, accountId: string): Promise<ClientError> {
  const merged = await accounts.ask(findMergedAccount, accountId);
  return merged?.ownerId === ownerId ? new AccountMerged(accountId, merged.mergedInto) : new AccountNotFound(accountId);
}
