import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { AccountWorkflows } from '../activities/dependencies.ts';
import { type AccountToStart, accountStart } from '../workflows/account-start.ts';
import { accountIdOfWorkflow, syncNowSignal, workflowIdOf, workflowType } from '../workflows/messages.ts';
import type { TemporalConnection } from './temporal-connection.ts';

export interface WorkerAccountWorkflows extends AccountWorkflows {
  /** Starts the account's workflow, or wakes the running one. */
  wake(account: AccountToStart): Promise<void>;
}

/** The workflows of this task queue's accounts, through Temporal's client. */
export function createAccountWorkflows(temporal: TemporalConnection, taskQueue: string): WorkerAccountWorkflows {
  const { workflow } = temporal.client;
  return {
    async *running() {
      const query = `WorkflowType = '${workflowType}' AND ExecutionStatus = 'Running' AND TaskQueue = ${JSON.stringify(taskQueue)}`;
      for await (const { workflowId } of workflow.list({ query, pageSize: 1_000 }))
        yield accountIdOfWorkflow(workflowId);
    },

    async start(account) {
      try {
        await workflow.start(workflowType, { ...accountStart(account), taskQueue });
        return true;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
    },

    async wake(account) {
      await workflow.signalWithStart(workflowType, { ...accountStart(account), taskQueue, signal: syncNowSignal });
    },

    async end(accountId, reason) {
      try {
        await workflow.getHandle(workflowIdOf(accountId)).terminate(reason);
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}
