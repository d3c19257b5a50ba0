/** Every workflow that a worker runs: the entry of the workflow bundle. */
export { reconcile, retentionAudit } from './fleet.ts';
export { linkedAccount } from './linked-account.ts';
