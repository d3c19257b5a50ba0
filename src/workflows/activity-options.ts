import type { Priority } from '@temporalio/common';
import {
  ActivityCancellationType,
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import { hashOf } from '../history/due-time.ts';
import { interactiveTaskQueueOf } from './messages.ts';

/** A person waits for `interactive`; `live` keeps up with new records; `backfill` yields to both. */
type Mode = 'interactive' | 'interactive-read' | 'look' | 'merge' | 'live' | 'backfill';

/** An interrupted read finishes its page before the next one begins, so that the two never compete for the fence. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

const options: Readonly<Record<Mode, ActivityOptions & { readonly priority: Priority }>> = {
  interactive: {
    startToCloseTimeout: '45s',
    scheduleToCloseTimeout: '2m',
    retry: { initialInterval: '1s', maximumInterval: '10s' },
    priority: { priorityKey: 1 },
  },
  'interactive-read': {
    startToCloseTimeout: '5m',
    heartbeatTimeout: '15s',
    scheduleToCloseTimeout: '10m',
    cancellationType,
    retry: { initialInterval: '1s', maximumInterval: '30s' },
    priority: { priorityKey: 1 },
  },
  // A person waits for this too; the heartbeat shows when its worker is gone.
  look: {
    startToCloseTimeout: '45s',
    heartbeatTimeout: '8s',
    scheduleToCloseTimeout: '2m',
    retry: { initialInterval: '1s', maximumInterval: '10s' },
    priority: { priorityKey: 1 },
  },
  // One transaction, however many records it moves; the heartbeat shows whether its worker is alive.
  merge: {
    startToCloseTimeout: '30m',
    heartbeatTimeout: '15s',
    scheduleToCloseTimeout: '2h',
    retry: { initialInterval: '1s', maximumInterval: '30s' },
    priority: { priorityKey: 1 },
  },
  // Bounded: an outage must not hold a run open, and with it the version that the run is bound to.
  live: {
    startToCloseTimeout: '5m',
    heartbeatTimeout: '15s',
    cancellationType,
    scheduleToCloseTimeout: '6h',
    retry: { initialInterval: '2s', maximumInterval: '5m' },
    priority: { priorityKey: 3 },
  },
  // Bounded, because the stream groups that are done wait for this one before they are read again.
  backfill: {
    startToCloseTimeout: '5m',
    heartbeatTimeout: '15s',
    cancellationType,
    scheduleToCloseTimeout: '1h',
    retry: { initialInterval: '2s', maximumInterval: '5m' },
    priority: { priorityKey: 5 },
  },
};

/** Short activities that a person waits for. */
const interactive: ReadonlySet<Mode> = new Set(['interactive', 'look']);

/** The activities, with texts for the timeline of the Temporal UI. Backfills of one owner don't delay those of others. */
export function activities(mode: Mode, summary: string, ownerId: string | null = null): Activities {
  const { priority, ...more } = options[mode];
  return proxyActivities<Activities>({
    ...more,
    summary,
    priority: mode === 'backfill' && ownerId !== null ? { ...priority, fairnessKey: fairnessKeyOf(ownerId) } : priority,
    ...(interactive.has(mode) && { taskQueue: interactiveTaskQueueOf(workflowInfo().taskQueue) }),
  });
}

/** A platform's id may be longer than the 64 bytes that Temporal accepts. */
function fairnessKeyOf(ownerId: string): string {
  return hashOf(ownerId).toString(16);
}

/** A sentence for the person who waits for the answer, with the reason that the activity gave. */
export function toUserError(error: unknown, sentence: string): unknown {
  if (!(error instanceof ActivityFailure) || isCancellation(error)) return error;
  const reason = error.cause instanceof ApplicationFailure ? ` ${error.cause.message}` : '';
  return ApplicationFailure.nonRetryable(`${sentence}${reason}`);
}
