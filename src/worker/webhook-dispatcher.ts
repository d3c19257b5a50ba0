import { Worker } from '@temporalio/worker';
import { createWebhookActivities } from '../activities/deliver-event.ts';
import { type Database, subjectsWithUndelivered, type UndeliveredSubject } from '../database/index.ts';
import { createWebhookSender, type WebhookOptions } from '../webhook/webhook.ts';
import { eventsWorkflowIdOf, eventsWorkflowType, webhookTaskQueueOf } from '../workflows/messages.ts';
import { activityFailures } from './activity-failures.ts';
import type { DatabaseHealth } from './database-health.ts';
import type { Log } from './log.ts';
import type { TemporalConnection } from './temporal-connection.ts';

interface DispatcherOptions {
  readonly webhook: WebhookOptions;
  readonly database: Database;
  readonly temporal: TemporalConnection;
  readonly taskQueue: string;
  readonly log: Log;
  readonly troubles: Pick<DatabaseHealth, 'note' | 'done' | 'warn'>;
}

interface WebhookDispatcher {
  /** Rejects when posting has stopped for good; never resolves. */
  readonly failure: Promise<never>;
  /** Stops posting, and waits for the current posts. */
  stop(): Promise<void>;
}

/** An event reaches the platform within seconds, for one short query each time. */
const lookEveryMs = 2_000;
/** More than what is delivered between two polls: half of them the newest, half in rotation. */
const subjectsPerLook = 50;
/** While an event is not accepted, its workflow is not restarted at once: the receiver is down, and others go first. */
const startedLatelyMs = 10_000;
/** For the whole fleet: a receiver that was down for a day is not overloaded when it comes back. */
const deliveriesPerSecond = 20;
const deliveriesAtOnce = 5;

/** Polls for undelivered events, and starts the workflow that posts them for each account. */
export async function startWebhookDispatcher(options: DispatcherOptions): Promise<WebhookDispatcher> {
  const { webhook, database, temporal, taskQueue, log, troubles } = options;
  const sender = createWebhookSender(webhook);
  const worker = await Worker.create({
    connection: temporal.worker,
    namespace: temporal.namespace,
    dataConverter: temporal.dataConverter,
    taskQueue: webhookTaskQueueOf(taskQueue),
    activities: createWebhookActivities({ database, webhook: sender }),
    interceptors: activityFailures(troubles),
    maxConcurrentActivityTaskExecutions: deliveriesAtOnce,
    maxTaskQueueActivitiesPerSecond: deliveriesPerSecond,
    shutdownForceTime: '12s',
  });
  let fail: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const running = worker.run().catch((error: unknown) => {
    log.error({ err: error }, 'the worker for webhooks failed');
    fail(error);
  });
  const look = createUndeliveredLook({
    database,
    start: (accountId) =>
      temporal.client.workflow.start(eventsWorkflowType, {
        workflowId: eventsWorkflowIdOf(accountId),
        workflowIdConflictPolicy: 'USE_EXISTING',
        taskQueue,
        args: [{ accountId }],
        staticSummary: `events of ${accountId}`,
      }),
  });
  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    looking ??= look()
      .catch((error: unknown) => troubles.warn(error, 'events could not be handed on; tried again soon'))
      .finally(() => {
        looking = null;
      });
  }, lookEveryMs);
  return {
    failure,
    async stop() {
      clearInterval(timer);
      await looking;
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
      await sender.close();
    },
  };
}

/**
 * Each look starts the subjects with the newest events, so that an event is posted within seconds, and the next ones in
 * rotation, so that each has its turn. This holds however many subjects a receiver refuses the events of.
 */
export function createUndeliveredLook(parts: {
  readonly database: Database;
  readonly start: (subject: string) => Promise<unknown>;
  readonly now?: () => number;
}): () => Promise<void> {
  const { database, start, now = Date.now } = parts;
  const startedLately = new Map<string, UndeliveredSubject & { readonly atMs: number }>();
  let last: UndeliveredSubject | null = null;
  return async () => {
    const nowMs = now();
    for (const [subject, { atMs }] of startedLately) if (nowMs - atMs > startedLatelyMs) startedLately.delete(subject);
    const except = [...startedLately.values()];
    const limit = subjectsPerLook / 2;
    const newest = await subjectsWithUndelivered(database, { except, limit });
    // Fewer are all there are.
    const isMore = newest.length === limit;
    const question = { except: [...except, ...newest], after: last, limit };
    const next = isMore ? await subjectsWithUndelivered(database, question) : [];
    // Before the starts: a subject that can't be started has had its turn too.
    last = next.length < limit ? null : (next.at(-1) ?? null);
    for (const found of [...newest, ...next]) {
      await start(found.subject);
      startedLately.set(found.subject, { ...found, atMs: now() });
    }
  };
}
