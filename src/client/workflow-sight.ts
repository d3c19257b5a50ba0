import type { WorkflowSight } from '../answers/explanation/finding.ts';
import { ClientError } from './client-error.ts';
import type { LazyWorkflows } from './connections.ts';

/** What Temporal says of an account's workflow; a Temporal that can't be asked is an answer too. */
export async function workflowSight(workflows: LazyWorkflows, accountId: string): Promise<WorkflowSight> {
  try {
    const opened = await workflows.open();
    const [isRunning, isServed] = await Promise.all([opened.isRunning(accountId), opened.isWorkerPolling()]);
    if (!isRunning) return 'no-workflow';
    return isServed ? 'running' : 'no-worker';
  } catch (error) {
    if (error instanceof ClientError) return 'temporal-unreachable';
    throw error;
  }
}
