import { createSaveStatus, createUnlinkAccount } from './account-status.ts';
import { createCheckKey } from './check-key.ts';
import type { Activities } from './contract.ts';
import type { Dependencies } from './dependencies.ts';
import { createSyncHistory } from './sync-history.ts';

export type { Activities } from './contract.ts';
export type { Dependencies } from './dependencies.ts';

/** The activities with what they need; they translate between Temporal and the domain, nothing more. */
export function createActivities(dependencies: Dependencies): Activities {
  return {
    checkKey: createCheckKey(dependencies),
    syncHistory: createSyncHistory(dependencies),
    saveStatus: createSaveStatus(dependencies),
    unlinkAccount: createUnlinkAccount(dependencies),
  };
}
