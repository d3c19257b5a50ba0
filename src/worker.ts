import { Runtime } from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import { createBitmartExchange } from './bitmart/index.ts';
import { ConfigurationError, loadWorkerConfig, type WorkerConfig } from './config.ts';
import { createOpener, type Opener } from './credentials/open.ts';
import {
  connectDatabase,
  createPostgresPace,
  createPostgresReplays,
  createPostgresStore,
  type DatabaseOptions,
  migrate,
  requireCurrentSchema,
  type StoreOptions,
  unprovedCoverage,
} from './database/index.ts';
import { gapsOf } from './history/gaps.ts';
import { endOf } from './history/timetable.ts';
import { readSecretFiles } from './secret.ts';
import { keepAccountsStarted } from './worker/account-starter.ts';
import { createAccountWorkflows } from './worker/account-workflows.ts';
import { activityFailures } from './worker/activity-failures.ts';
import { DatabaseHealth } from './worker/database-health.ts';
import { keepErasing } from './worker/erasures.ts';
import { keepFleetSchedules } from './worker/fleet-schedules.ts';
import { fleetTimetable } from './worker/fleet-timetable.ts';
import { serveHealth } from './worker/health.ts';
import { createLog, type Log, loggingPages, temporalLogger } from './worker/log.ts';
import { createMetrics, histogramBuckets } from './worker/metrics/index.ts';
import { AddressUnusable, explain } from './worker/start-failure.ts';
import { connectTemporal } from './worker/temporal-connection.ts';
import { startTracing } from './worker/tracing.ts';
import { startWebhookDispatcher } from './worker/webhook-dispatcher.ts';
import { createWorkers } from './worker/workers.ts';

/** The composition root: configuration → database → exchange → activities → worker. Runs until a signal stops it. */
async function main(): Promise<void> {
  const problems = readSecretFiles(process.env);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const config = await loadWorkerConfig(process.env);
  const log = createLog(config);
  installRuntime(config, log);
  const metrics = createMetrics(Runtime.instance().metricMeter);
  const place = { url: config.databaseUrl.reveal(), schema: config.databaseSchema };
  const applied = process.argv.includes('--migrate') ? await migrateAsLogin(place) : [];
  if (applied.length > 0) log.info({ applied }, 'schema migrated');
  const database = connectDatabase({
    ...place,
    role: 'worker',
    poolSize: config.databaseConnections,
    applicationName: 'bitmart-sync worker',
  });
  const tracing = await startTracing(process.env);
  tracing?.traceStatements(database.pool);
  const troubles = new DatabaseHealth({ database, log, ...metrics.database });
  await requireCurrentSchema(database);

  const opener = await keepRing(config, log);
  const temporal = await connectTemporal(log, config.payloadKeys);
  const exchange = createBitmartExchange({
    spotUrl: config.spotUrl,
    futuresUrl: config.futuresUrl,
    limits: config.limits,
    rateShare: config.rateShare,
    requestsAtOnce: config.requestsAtOnce,
    pace: metrics.requests.measured(createPostgresPace(database, { egressId: config.egressId })),
    onRequest: metrics.requests.onRequest,
    onClamp: metrics.requests.onClamp,
    ...(log.isLevelEnabled('debug') && { onExchangeWords: (words) => log.debug(words, 'exchange refused') }),
  });
  const timetable = await fleetTimetable(config.timetable, { database, exchange, log, troubles });
  const storeOptions: StoreOptions = {
    gapsOf: (state, part) =>
      gapsOf(state, part.stream, exchange.clockMs(), {
        endMs: endOf(part.stream, [state], timetable.current),
      }),
  };
  const workflows = createAccountWorkflows(temporal, config.taskQueue);
  const workers = await createWorkers({
    temporal,
    config,
    activities: createActivities({
      database,
      store: loggingPages(metrics.pages.measured(createPostgresStore(database, storeOptions)), log),
      replays: createPostgresReplays(database, { ...storeOptions, pageOf: exchange.pageOf }),
      exchange,
      onDiscarded: metrics.requests.onDiscarded,
      opener,
      settings: {
        ...config,
        get timetable() {
          return timetable.current;
        },
      },
      workflows,
      log,
      verifyCoverage: (accountId) => unprovedCoverage(database, accountId),
    }),
    interceptors: activityFailures(troubles),
    tracing,
  });

  const health = await serveHealth(config.healthAddress, {
    database,
    temporal,
    troubles,
    takesWork: workers.takesWork,
  });
  const starter = keepAccountsStarted({ database, workflows, log, troubles });
  const erasures = keepErasing({ database, workflows, log, troubles });
  const schedules = await keepFleetSchedules({ temporal, ...config }, log);
  const dispatcher =
    config.webhook &&
    (await startWebhookDispatcher({ ...config, webhook: config.webhook, database, temporal, log, troubles }));
  const watch = config.metricsAddress === null ? null : metrics.watch({ database, exchange, timetable, troubles });
  outlastRepeatedSignals();
  const running = workers.run();
  const hosts = [...new Set([config.spotUrl, config.futuresUrl])].map((url) => new URL(url).origin).join(' and ');
  console.log(`worker ready: task queue ${config.taskQueue}, namespace ${temporal.namespace}, exchange ${hosts}`);
  try {
    // A process that reads accounts but posts nothing would look healthy and inform no platform: it ends.
    await Promise.race(dispatcher ? [running, dispatcher.failure] : [running]);
  } finally {
    await workers.stop();
    starter.stop();
    await erasures.stop();
    schedules.stop();
    watch?.stop();
    timetable.stop();
    troubles.stop();
    await dispatcher?.stop();
    await Promise.allSettled([health?.close(), exchange.close(), temporal.close(), database.close(), tracing?.close()]);
  }
  console.log('worker stopped');
}

/** The private ring: a new one is taken into use while the worker runs, at the next key that is opened, or at SIGHUP. */
async function keepRing({ keyRing }: WorkerConfig, log: Log): Promise<Opener> {
  const opener = await createOpener(keyRing, (news) => {
    if ('failure' in news) log.error({ ring: keyRing.name, reason: news.failure }, 'key ring not usable');
    else log.info({ ring: keyRing.name, keys: news.keys }, 'key ring read');
  });
  // Without this listener the signal would end the process, as it must when the terminal that it runs in is closed.
  if (!process.stdin.isTTY) process.on('SIGHUP', () => void opener.reload());
  return opener;
}

/** The tables belong to the login, and the worker may change none of them. */
async function migrateAsLogin(place: Pick<DatabaseOptions, 'url' | 'schema'>): Promise<readonly string[]> {
  const database = connectDatabase({ ...place, poolSize: 1, applicationName: 'bitmart-sync migrate' });
  try {
    return await migrate(database);
  } finally {
    await database.close();
  }
}

/** Temporal's own lines, those of its core too, go into our log. */
function installRuntime({ metricsAddress }: WorkerConfig, log: Log): void {
  const buckets = { histogramBucketOverrides: { ...histogramBuckets } };
  try {
    Runtime.install({
      logger: temporalLogger(log),
      telemetryOptions: {
        logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
        ...(metricsAddress !== null && { metrics: { prometheus: { bindAddress: metricsAddress, ...buckets } } }),
      },
    });
  } catch (error) {
    if (metricsAddress === null) throw error;
    throw new AddressUnusable('METRICS_ADDRESS', metricsAddress, error);
  }
}

/** A second signal within this time is the same Ctrl-C: the terminal sends it, and npm passes it on. */
const sameSignalMs = 2_000;

/** Temporal's runtime stops the worker at the first signal and leaves the next one to Node, which ends the process at once. */
function outlastRepeatedSignals(): void {
  let firstMs: number | null = null;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      firstMs ??= Date.now();
      if (Date.now() - firstMs > sameSignalMs) process.exit(1);
    });
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(explain(error));
    process.exit(error instanceof ConfigurationError ? 2 : 1);
  },
);
