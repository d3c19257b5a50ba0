import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TypedSearchAttributes } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';

export interface WorkflowBundle {
  readonly code: string;
}

/** Heap that one more workflow in the worker's cache takes, in kilobytes: it has begun and waits for its first activity. */
export async function heapPerWorkflowKb(bundle: WorkflowBundle, workflows: number): Promise<number> {
  const creator = await ReusableVMWorkflowCreator.create(
    parseWorkflowCode(bundle.code),
    5_000,
    new Set(['checkKey', 'syncHistory', 'saveStatus', 'unlinkAccount']),
  );
  const cached: { dispose(): Promise<void> }[] = [];
  // The first ones pay for what all of them share.
  for (let i = 0; i < 20; i++) cached.push(await begun(creator, `warm-up-${i}`));
  const beforeBytes = settledHeapBytes();
  for (let i = 0; i < workflows; i++) cached.push(await begun(creator, `cached-${i}`));
  const perWorkflow = (settledHeapBytes() - beforeBytes) / workflows;
  for (const workflow of cached) await workflow.dispose();
  await creator.destroy();
  return perWorkflow / 1_024;
}

async function begun(creator: ReusableVMWorkflowCreator, runId: string) {
  const nowMs = Date.now();
  const time = { seconds: Math.floor(nowMs / 1_000), nanos: 0 };
  const workflow = await creator.createWorkflow({
    info: {
      workflowId: `linked-account/bitmart/${runId}`,
      runId,
      workflowType: 'linkedAccount',
      searchAttributes: {},
      typedSearchAttributes: new TypedSearchAttributes(),
      taskQueue: 'bench',
      namespace: 'default',
      firstExecutionRunId: runId,
      originalExecutionRunId: runId,
      startTime: new Date(nowMs),
      runStartTime: new Date(nowMs),
      taskTimeoutMs: 10_000,
      attempt: 1,
      historyLength: 3,
      historySize: 300,
      continueAsNewSuggested: false,
      unsafe: { now: Date.now, isReplaying: false, isReplayingHistoryEvents: false },
    } as never,
    randomnessSeed: [1, 2, 3, 4, 5, 6, 7, 8],
    now: nowMs,
    showStackTraceSources: false,
    failureExceptionTypeNames: [],
  } as never);
  const argument = { accountId: runId };
  await workflow.activate({
    runId,
    timestamp: time,
    isReplaying: false,
    historyLength: 3,
    historySizeBytes: 300,
    jobs: [
      {
        initializeWorkflow: {
          workflowType: 'linkedAccount',
          workflowId: runId,
          arguments: [
            {
              metadata: { encoding: new TextEncoder().encode('json/plain') },
              data: new TextEncoder().encode(JSON.stringify(argument)),
            },
          ],
          headers: {},
          startTime: time,
          attempt: 1,
        },
      },
    ],
  } as never);
  return workflow;
}

function settledHeapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 4; i++) collect();
  return process.memoryUsage().heapUsed;
}

export interface Prefix {
  /** Syncs that it holds. */
  readonly cycles: number;
  readonly events: number;
  readonly history: History;
}

/** A run's history up to each of the workflow's sleeps, the shortest first. */
export function sleepsOf(history: History): readonly Prefix[] {
  const events = history.events ?? [];
  let cycles = 0;
  const prefixes: Prefix[] = [];
  for (const [i, event] of events.entries()) {
    if (event.activityTaskCompletedEventAttributes) cycles++;
    // All commands of one task come after its completion; the timer is the last thing before a sleep.
    const isSleep = event.timerStartedEventAttributes && !isCommand(events[i + 1]);
    if (isSleep) prefixes.push({ cycles, events: i + 1, history: { events: events.slice(0, i + 1) } });
  }
  return prefixes;
}

function isCommand(event: NonNullable<History['events']>[number] | undefined): boolean {
  return Boolean(
    event?.timerStartedEventAttributes ||
      event?.upsertWorkflowSearchAttributesEventAttributes ||
      event?.activityTaskScheduledEventAttributes ||
      event?.workflowPropertiesModifiedEventAttributes,
  );
}

/** Time to bring a workflow back from its history in a worker that has nothing of it in memory, in milliseconds each. */
export async function replayMs(bundle: WorkflowBundle, history: History, times: number): Promise<readonly number[]> {
  const histories = (async function* () {
    for (let i = 0; i <= times; i++) yield { workflowId: `linked-account/bitmart/replay-${i}`, history };
  })();
  const elapsed: number[] = [];
  let sinceMs = performance.now();
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: bundle }, histories)) {
    if (error) throw error;
    elapsed.push(performance.now() - sinceMs);
    sinceMs = performance.now();
  }
  // The first one waits for the worker to start.
  return elapsed.slice(1);
}
