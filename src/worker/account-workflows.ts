import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { AccountWorkflows } from '../activities/dependencies.ts';
import { type AccountToStart, accountStart } from '../workflows/account-start.ts';
import {
  accountIdOfWorkflow,
  eventsWorkflowIdOf,
  syncNowSignal,
  workflowIdOf,
  workflowType,
} from '../workflows/messages.ts';
import type { TemporalConnection } from './temporal-connection.ts';

export interface WorkerAccountWorkflows extends AccountWorkflows {
  /** Starts the account's workflow, or wakes the running one. */
  wake(account: AccountToStart): Promise<void>;
  /** Deletes what Temporal keeps of an account's ended runs begun before an instant. True once it knows of no run. */
  forget(accountId: string, startedBefore: Date | null): Promise<boolean>;
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

    async forget(accountId, startedBefore) {
      let known = 0;
      for (const workflowId of [workflowIdOf(accountId), eventsWorkflowIdOf(accountId)]) {
        for await (const run of workflow.list({ query: `WorkflowId = ${JSON.stringify(workflowId)}` })) {
          if (startedBefore !== null && run.startTime >= startedBefore) continue;
          known++;
          if (run.status.name === 'RUNNING') continue;
          const workflowExecution = { workflowId, runId: run.runId };
          await temporal.client.workflowService.deleteWorkflowExecution({
            namespace: temporal.namespace,
            workflowExecution,
          });
        }
      }
      return known === 0;
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
