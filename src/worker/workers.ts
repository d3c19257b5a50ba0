import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { Activities } from '../activities/contract.ts';
import type { WorkerConfig } from '../config.ts';
import { interactiveTaskQueueOf } from '../workflows/messages.ts';
import type { TemporalConnection } from './temporal-connection.ts';
import type { Tracing } from './tracing.ts';

interface WorkersOptions {
  readonly temporal: TemporalConnection;
  readonly config: Pick<WorkerConfig, 'activitySlots' | 'taskQueue' | 'version' | 'workflowBundle'>;
  readonly activities: Activities;
  readonly interceptors: NonNullable<WorkerOptions['interceptors']>;
  readonly tracing: Tracing | null;
}

/** The two workers of a process: one for everything, and one with slots only for requests that a person waits for. */
export interface Workers {
  takesWork(): boolean;
  /** Resolves when both have stopped after a request to stop; rejects as soon as one of them fails. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

/** A link takes one to two seconds, mostly waiting for BitMart: eight links a second are answered, however many backfills wait. */
const interactiveSlots = 16;
/** The number of polls follows the work; a fixed number is too many for a quiet fleet and too few for a busy one. */
const pollers = { type: 'autoscaling' } as const;
/** Nearly every wake-up is hours after the last one: a large cache would only hold memory. */
const cachedWorkflowsPerSlot = 3;

export async function createWorkers({
  temporal,
  config,
  activities,
  interceptors,
  tracing,
}: WorkersOptions): Promise<Workers> {
  const shared: WorkerOptions = {
    connection: temporal.worker,
    namespace: temporal.namespace,
    dataConverter: temporal.dataConverter,
    taskQueue: config.taskQueue,
    activities,
    interceptors,
    plugins: tracing === null ? [] : [tracing.plugin],
    activityTaskPollerBehavior: pollers,
    ...(config.version !== null && {
      workerDeploymentOptions: {
        version: config.version,
        useWorkerVersioning: true,
        defaultVersioningBehavior: 'PINNED',
      },
    }),
    // A pause is noticed with the next heartbeat.
    maxHeartbeatThrottleInterval: '2s',
    defaultHeartbeatThrottleInterval: '2s',
    shutdownForceTime: '12s',
  };
  const workers = [
    await Worker.create({
      ...shared,
      ...workflowCode(config.workflowBundle, tracing !== null),
      workflowTaskPollerBehavior: pollers,
      maxConcurrentActivityTaskExecutions: config.activitySlots,
      maxCachedWorkflows: config.activitySlots * cachedWorkflowsPerSlot,
      maxEagerActivityReservationsPerWorkflowTask: 0,
    }),
    await Worker.create({
      ...shared,
      taskQueue: interactiveTaskQueueOf(config.taskQueue),
      maxConcurrentActivityTaskExecutions: interactiveSlots,
    }),
  ];
  let running: readonly Promise<void>[] = [];
  return {
    takesWork: () => workers.every((worker) => worker.getState() === 'RUNNING'),
    async run() {
      running = workers.map((worker) => worker.run());
      await Promise.all(running);
    },
    async stop() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(running);
    },
  };
}

/**
 * The image and the worker's package contain the bundle. When run from sources, it is made at every start unless one is given;
 * with tracing always, because tracing is part of it.
 */
function workflowCode(
  given: string | null,
  isTraced: boolean,
): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const bundle = isTraced ? undefined : (given ?? bundles().find(existsSync));
  if (bundle !== undefined) return { workflowBundle: { codePath: bundle } };
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return { workflowsPath: fileURLToPath(new URL(`../workflows/index${extension}`, import.meta.url)) };
}

function bundles(): readonly string[] {
  if (import.meta.url.endsWith('.ts')) return [];
  const beside = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));
  try {
    const second = import.meta.resolve('bitmart-sync-worker/package.json');
    return [beside, fileURLToPath(new URL('dist/workflow-bundle.cjs', second))];
  } catch {
    return [beside];
  }
}
