import type { History } from '@temporalio/common/lib/proto-utils.js';
import { AccountModel } from '../test/support/account-model.ts';
import type { openClockedWorkflows } from '../test/support/clocked-workflow.ts';

/** Actions that Temporal Cloud bills, by its published rules. Heartbeats are in no history: see docs/performance.md. */
export interface ActionsPerDay {
  readonly starts: number;
  readonly activities: number;
  readonly timers: number;
  readonly searchAttributes: number;
  readonly markers: number;
  readonly messages: number;
  readonly total: number;
}

const days = 30;
const dayMs = 86_400_000;

/** Drives the real workflow through a month on a clock of our own, and counts what it commands. */
export async function actionsPerDay(
  workflows: Awaited<ReturnType<typeof openClockedWorkflows>>,
  { intervalMs, isPaused = false }: { readonly intervalMs: number; readonly isPaused?: boolean },
): Promise<{ readonly perDay: ActionsPerDay; readonly found: string }> {
  const model = new AccountModel();
  model.nextSyncMs = (nowMs) => nowMs + intervalMs;
  // A key that works is checked again every four days.
  model.keyLookMs = 4 * dayMs;
  const begin = model.begin.bind(model);
  const input = { accountId: model.accountId };
  const workflow = workflows.start({ type: 'linkedAccount', input, begin }, Date.UTC(2026, 10, 1));
  // Not the first day: an account is linked once.
  await workflow.runUntil(workflow.nowMs + dayMs);
  if (isPaused) workflow.update('pause');
  await workflow.runUntil(workflow.nowMs + dayMs);
  const before = { ...workflow.billed };
  await workflow.runUntil(workflow.nowMs + days * dayMs);
  const during = Object.entries(workflow.billed).map(
    ([kind, count]) => [kind, (count - before[kind as keyof typeof before]) / days] as const,
  );
  await workflow.close();
  const perDay = { ...Object.fromEntries(during), total: during.reduce((sum, [, count]) => sum + count, 0) };
  return { perDay: perDay as unknown as ActionsPerDay, found: model.status };
}

/** The actions of one recorded run, its start included. */
export function actionsIn({ events = [] }: History): Omit<ActionsPerDay, 'total'> {
  const all = events ?? [];
  const count = (is: (event: (typeof all)[number]) => unknown) => all.filter((event) => Boolean(is(event))).length;
  const retries = all.reduce(
    (sum, event) => sum + Math.max(0, (event.activityTaskStartedEventAttributes?.attempt ?? 1) - 1),
    0,
  );
  return {
    starts: count((event) => event.workflowExecutionStartedEventAttributes),
    activities: count((event) => event.activityTaskScheduledEventAttributes) + retries,
    timers: count((event) => event.timerStartedEventAttributes),
    // The attribute that the SDK keeps for versions is not billed.
    searchAttributes: count((event) => {
      const fields = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields ?? {};
      return Object.keys(fields).some((name) => name !== 'TemporalChangeVersion');
    }),
    // All markers of one task are one action at most.
    markers: new Set(
      all.flatMap((event) => {
        const marker = event.markerRecordedEventAttributes;
        return marker ? [String(marker.workflowTaskCompletedEventId)] : [];
      }),
    ).size,
    messages:
      count((event) => event.workflowExecutionSignaledEventAttributes) +
      count((event) => event.workflowExecutionUpdateAcceptedEventAttributes),
  };
}
