import { loadAccount, setPaused, setStatus, unlinkAccount } from '../database/index.ts';
import type { Activities } from './contract.ts';
import type { Dependencies } from './dependencies.ts';

/** Writes down what the workflow is at, so that `status` never needs Temporal. */
export function createSaveStatus({ database }: Dependencies): Activities['saveStatus'] {
  return async ({ accountId, status, paused, nextSyncAt }) => {
    if (paused !== undefined) await setPaused(database, accountId, paused);
    const next = nextSyncAt === undefined ? {} : { nextSyncAt: nextSyncAt === null ? null : new Date(nextSyncAt) };
    await setStatus(database, accountId, { status, ...next });
  };
}

/** Deletes the sealed keys, and every row where `erase` asks for it. Doing it again changes nothing. */
export function createUnlinkAccount({ database }: Dependencies): Activities['unlinkAccount'] {
  return async ({ accountId, erase }) => {
    if ((await loadAccount(database, accountId)) === null) return;
    await unlinkAccount(database, accountId, { erase });
  };
}
