/** Every workflow that a worker runs: the entry of the workflow bundle. */

export { accountEvents } from './account-events.ts';
export { reconcile, retentionAudit } from './fleet.ts';
export { linkedAccount } from './linked-account.ts';
