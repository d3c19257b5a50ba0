import { createSaveStatus, createUnlinkAccount } from './account-status.ts';
import { createAuditRetention } from './audit-retention.ts';
import { createCheckKey } from './check-key.ts';
import type { Activities } from './contract.ts';
import type { Dependencies } from './dependencies.ts';
import { createMergeAccounts } from './merge-accounts.ts';
import { createNoteExpiry } from './note-expiry.ts';
import { createReadRange } from './read-range.ts';
import { createReconcileAccounts } from './reconcile-accounts.ts';
import { createSyncHistory } from './sync-history.ts';

export type { Activities } from './contract.ts';
export type { Dependencies } from './dependencies.ts';

/** Creates the activities. They only translate between Temporal and the domain. */
export function createActivities(dependencies: Dependencies): Activities {
  return {
    checkKey: createCheckKey(dependencies),
    syncHistory: createSyncHistory(dependencies),
    noteExpiry: createNoteExpiry(dependencies),
    readRange: createReadRange(dependencies),
    saveStatus: createSaveStatus(dependencies),
    unlinkAccount: createUnlinkAccount(dependencies),
    mergeAccounts: createMergeAccounts(dependencies),
    reconcileAccounts: createReconcileAccounts(dependencies),
    auditRetention: createAuditRetention(dependencies),
  };
}
