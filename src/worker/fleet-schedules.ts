import { createHash } from 'node:crypto';
import { ScheduleAlreadyRunning, type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Log } from './log.ts';
import type { TemporalConnection } from './temporal-connection.ts';

interface ScheduleSettings {
  readonly temporal: TemporalConnection;
  readonly taskQueue: string;
  readonly reconcileIntervalMs: number;
  readonly retentionAuditIntervalMs: number;
}

/** The shorter of the Schedules runs every 15 minutes: a minute later is early enough. */
const retryEveryMs = 60_000;

/** Creates the Schedules when the worker starts, and retries until they exist. */
export async function keepFleetSchedules(
  settings: ScheduleSettings,
  log: Pick<Log, 'error'>,
): Promise<{ stop(): void }> {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const attempt = async () => {
    try {
      await ensureFleetSchedules(settings);
    } catch (error) {
      if (isStopped) return;
      log.error({ err: error }, 'the Schedules could not be made: give this worker the right to; it tries again soon');
      timer = setTimeout(attempt, retryEveryMs);
    }
  };
  await attempt();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/**
 * Creates the Schedules of this task queue, or updates existing ones to this release and its settings. One that an operator
 * has paused stays paused. Repeating it, even from several workers at once, changes nothing.
 */
async function ensureFleetSchedules(settings: ScheduleSettings): Promise<void> {
  const { temporal, taskQueue } = settings;
  await ensure(temporal, {
    scheduleId: scheduleIdOf('reconcile', taskQueue),
    everyMs: settings.reconcileIntervalMs,
    workflowType: 'reconcile',
    summary: 'BitMart · every account has its workflow',
    taskQueue,
  });
  await ensure(temporal, {
    scheduleId: scheduleIdOf('retention-audit', taskQueue),
    everyMs: settings.retentionAuditIntervalMs,
    workflowType: 'retentionAudit',
    summary: 'BitMart · what expires soon, and whether what is claimed is proved',
    taskQueue,
  });
}

export function scheduleIdOf(kind: 'reconcile' | 'retention-audit', taskQueue: string): string {
  return `${taskQueue}/${kind}`;
}

interface FleetSchedule {
  readonly scheduleId: string;
  readonly everyMs: number;
  readonly workflowType: string;
  readonly summary: string;
  readonly taskQueue: string;
}

async function ensure(temporal: TemporalConnection, schedule: FleetSchedule): Promise<void> {
  const { scheduleId } = schedule;
  const { spec, action, policies } = optionsOf(schedule);
  const schedules = temporal.client.schedule;
  try {
    await schedules.create({ scheduleId, spec, action, policies });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const handle = schedules.getHandle(scheduleId);
    const found = await handle.describe();
    if (found.action.memo?.definition === action.memo.definition) return;
    await handle.update((previous) => ({ state: previous.state, spec, action, policies }));
  }
}

/** A digest identifies a definition, because Temporal returns definitions in another form. */
function optionsOf(schedule: FleetSchedule) {
  const options = definitionOf(schedule);
  const definition = createHash('sha256').update(JSON.stringify(options)).digest('hex');
  return { ...options, action: { ...options.action, memo: { definition } } };
}

function definitionOf({ scheduleId, everyMs, workflowType, summary, taskQueue }: FleetSchedule) {
  return {
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType,
      workflowId: scheduleId,
      taskQueue,
      args: [],
      staticSummary: summary,
      // A run that no worker takes must not block the next one.
      workflowExecutionTimeout: Math.max(everyMs, shortestRunMs),
    },
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      // Runs missed while Temporal was down are made up for by one run at most.
      catchupWindow: '1m' as const,
    },
  } satisfies Omit<ScheduleOptions, 'scheduleId'>;
}

const shortestRunMs = 3_600_000;
