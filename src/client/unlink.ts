import { beginErasure, findMergedAccount, LinkedSince, unlinkAccount } from '../database/index.ts';
import { AccountMerged, ClientError } from './client-error.ts';
import type { StoredAccount, StoredAccounts } from './stored-accounts.ts';

/**
 * Unlinks an account in Postgres: its key is deleted, and pages of a read in progress are no longer stored. With `erase` the
 * account is gone at once, and a worker deletes its history. Throws ClientError if the account was linked again since it was
 * read, and AccountMerged if another one has its key and its history by now.
 */
export async function endAccount(accounts: StoredAccounts, account: StoredAccount, erase: boolean): Promise<void> {
  const which = { accountCreatedAt: account.createdAt };
  try {
    await accounts.ask(erase ? beginErasure : unlinkAccount, account.accountId, which);
  } catch (error) {
    if (!(error instanceof LinkedSince)) throw error;
    throw new ClientError(
      'request-refused',
      error.message,
      'Check its `status`, and unlink it again if that is intended.',
    );
  }
  const merged = await accounts.ask(findMergedAccount, account.accountId);
  if (merged !== null) throw new AccountMerged(account.accountId, merged.mergedInto);
}
