import { eraseAccount, LinkedSince, unlinkAccount } from '../database/index.ts';
import { ClientError } from './client-error.ts';
import type { Connections } from './connections.ts';
import type { StoredAccount } from './stored-accounts.ts';

/** Unlinks an account in Postgres alone: its key is deleted, and no page that a worker still reads is stored. */
export async function unlinkWithoutWorker(
  { store, accounts, workflows }: Connections,
  account: StoredAccount,
  erase: boolean,
): Promise<void> {
  const { accountId, createdAt: accountCreatedAt } = account;
  try {
    const which = { accountCreatedAt };
    if (erase)
      await store.askAsLogin((database) => eraseAccount(database, accountId, { streams: store.streams, ...which }));
    else await accounts.ask(unlinkAccount, accountId, which);
  } catch (error) {
    if (!(error instanceof LinkedSince)) throw error;
    throw new ClientError(
      'request-refused',
      error.message,
      'Look at its `status`, and unlink it again if that is meant.',
    );
  }
  // Its workflow ends once a worker finds no key; where Temporal is away as well, that happens at its next turn.
  await workflows
    .open()
    .then((opened) => opened.wake(account))
    .catch(() => undefined);
}
