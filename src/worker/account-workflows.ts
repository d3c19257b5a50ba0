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
  /**
   * Deletes what Temporal keeps of an erased account's ended runs, and ends those that have nothing left to post. True once it
   * knows of no run.
   */
  forget(accountId: string, erased: Erased): Promise<boolean>;
}

interface Erased {
  /** Since when it has no event in Postgres. */
  readonly rowsGoneAt: Date;
  /** Later runs belong to an account that was linked since; null: there is none. */
  readonly startedBefore: Date | null;
}

/** The workflows of this task queue's accounts, through Temporal's client. */
export function createAccountWorkflows(temporal: TemporalConnection, taskQueue: string): WorkerAccountWorkflows {
  const { workflow } = temporal.client;
  const terminate = async (workflowId: string, reason: string, runId?: string): Promise<boolean> => {
    try {
      await workflow.getHandle(workflowId, runId).terminate(reason);
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };
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

    async forget(accountId, { rowsGoneAt, startedBefore }) {
      let known = 0;
      const eventsId = eventsWorkflowIdOf(accountId);
      for (const workflowId of [workflowIdOf(accountId), eventsId]) {
        for await (const run of workflow.list({ query: `WorkflowId = ${JSON.stringify(workflowId)}` })) {
          if (startedBefore !== null && run.startTime >= startedBefore) continue;
          known++;
          if (run.status.name === 'RUNNING') {
            // Where no worker posts webhooks any longer, it would never end.
            const hasNothingToPost = workflowId === eventsId && run.startTime < rowsGoneAt;
            if (hasNothingToPost) await terminate(workflowId, 'its account was erased', run.runId);
            continue;
          }
          const workflowExecution = { workflowId, runId: run.runId };
          await temporal.client.workflowService.deleteWorkflowExecution({
            namespace: temporal.namespace,
            workflowExecution,
          });
        }
      }
      return known === 0;
    },

    end: (accountId, reason) => terminate(workflowIdOf(accountId), reason),
  };
}
