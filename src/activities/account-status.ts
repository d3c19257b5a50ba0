import { eraseAccount, loadAccount, setPaused, unlinkAccount } from '../database/index.ts';
import type { Activities } from './contract.ts';
import type { Dependencies } from './dependencies.ts';

/** Writes down that the account is paused or resumed, so that `status` never needs Temporal. */
export function createSaveStatus({ database }: Dependencies): Activities['saveStatus'] {
  return async ({ accountId, status, paused, nextSyncAt = null, command }) => {
    const next = nextSyncAt === null ? null : new Date(nextSyncAt);
    await setPaused(database, accountId, { paused, status, nextSyncAt: next, command });
  };
}

/** Deletes the sealed keys, and every row where `erase` asks for it. Doing it again changes nothing. */
export function createUnlinkAccount({ database, exchange }: Dependencies): Activities['unlinkAccount'] {
  return async ({ accountId, erase, command }) => {
    if ((await loadAccount(database, accountId)) === null) return;
    const { streams } = exchange;
    if (erase) await eraseAccount(database, accountId, { streams, command: command ?? null });
    else await unlinkAccount(database, accountId, { command: command ?? null });
  };
}
