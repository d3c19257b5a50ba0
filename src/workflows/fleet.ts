import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities, ReconcileReport, RetentionReport } from '../activities/contract.ts';
import { reconcileDetails, retentionDetails } from './fleet-details.ts';

/**
 * Work that no single account can do for itself, started by Schedules that the worker creates. Their result, the page in the
 * Temporal UI and the table `fleet_report` show the same report.
 */
const options = {
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '5s', maximumInterval: '1m' },
} as const;

/** Starts the workflows of accounts that should have one and don't, and ends those without an account. */
export async function reconcile(): Promise<ReconcileReport> {
  const report = await activities('compare accounts and workflows').reconcileAccounts();
  setCurrentDetails(reconcileDetails(report));
  return report;
}

/** Reports what expires within the next days, and whether every claim is proved. */
export async function retentionAudit(): Promise<RetentionReport> {
  const report = await activities('what expires soon; is what we claim still proved').auditRetention();
  setCurrentDetails(retentionDetails(report));
  return report;
}

function activities(summary: string): Pick<Activities, 'reconcileAccounts' | 'auditRetention'> {
  return proxyActivities<Activities>({ ...options, summary });
}
