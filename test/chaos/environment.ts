import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../dev/free-port.ts';
import { type RunningPostgres, startPostgres } from '../../dev/postgres.ts';
import { type RunningTemporal, startTemporal } from '../../dev/temporal.ts';
import { createTemporaryFolder } from '../../dev/temporary-folder.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { type Client, createClient } from '../../src/client/index.ts';
import { generateKeyRing } from '../../src/credentials/key-ring.ts';
import type { ChaosPlan } from './plan.ts';
import { WorkerPlace } from './worker.ts';

/** A machine that lost its power must not lose a page either. */
const durable = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };
/** The processes of a killed Postgres hold its memory until each has noticed. */
const restartWithinMs = 60_000;

/** Postgres, Temporal, two workers and the exchange; each can be taken away and comes back where it was, with its data. */
export class Environment {
  readonly sandbox: Sandbox;
  readonly client: Client;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly workers: readonly WorkerPlace[];
  readonly #services: Services;
  readonly #closers: AsyncDisposableStack;

  private constructor(parts: {
    readonly sandbox: Sandbox;
    readonly client: Client;
    readonly workers: readonly WorkerPlace[];
    readonly services: Services;
    readonly closers: AsyncDisposableStack;
  }) {
    this.sandbox = parts.sandbox;
    this.client = parts.client;
    this.workers = parts.workers;
    this.databaseUrl = parts.services.postgres.url;
    this.temporalAddress = parts.services.temporal.address;
    this.#services = parts.services;
    this.#closers = parts.closers;
  }

  /** Logs are kept where the caller says so, else they vanish with everything. */
  static async start(plan: ChaosPlan, closers: AsyncDisposableStack, logFolder: string | null): Promise<Environment> {
    const folder = createTemporaryFolder('bitmart-sync-chaos-');
    closers.defer(() => folder.remove());
    const logs = logFolder ?? join(folder.path, 'logs');
    mkdirSync(logs, { recursive: true });
    mkdirSync(folder.stackPath);
    chmodSync(folder.stackPath, 0o755);
    const services = await Services.start(folder.stackPath, closers);
    const { clockOffsetMs, latencyMs, order } = plan.exchange;
    const sandbox = await startSandbox({ seed: plan.seed, switches: { clockOffsetMs, latencyMs, order } });
    closers.defer(() => sandbox.close());
    const { publicKey, ringFile } = await generateKeyRing();
    const keyFile = join(folder.path, 'keys.json');
    writeFileSync(keyFile, ringFile, { mode: 0o600 });
    const { postgres, temporal } = services;
    const env = {
      ...workerSettings,
      DATABASE_URL: postgres.url,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      CREDENTIALS_PUBLIC_KEY: publicKey,
      CREDENTIALS_KEY_FILE: keyFile,
      BITMART_SPOT_URL: sandbox.url,
      BITMART_FUTURES_URL: sandbox.url,
    };
    const workers: WorkerPlace[] = [];
    for (const name of ['worker 1', 'worker 2']) {
      const worker = await WorkerPlace.prepare(name, { env, postgresPort: services.postgresPort, logs });
      closers.defer(() => worker.close());
      workers.push(worker);
    }
    const client = createClient({
      databaseUrl: postgres.url,
      publicKey,
      temporal: { address: temporal.address, namespace: temporal.namespace },
      timetable: null,
      // Ten minutes hold the keys of a year.
      quotas: { unprovenKeysPerHour: 100_000 },
    });
    closers.defer(() => client.close());
    await client.migrate();
    for (const worker of workers) worker.start();
    await Promise.all(workers.map((worker) => worker.ready()));
    return new Environment({ sandbox, client, workers, services, closers });
  }

  /** Takes it away for so long. */
  async without(service: 'Postgres' | 'Temporal', forMs: number, signal: AbortSignal): Promise<void> {
    await this.#services.without(service, forMs, signal);
  }

  async close(): Promise<void> {
    await this.#closers.disposeAsync();
  }
}

/** As for the real exchange, only faster to come back. */
const workerSettings = {
  TASK_QUEUE: 'bitmart-sync',
  BITMART_TIMETABLE: 'none',
  BITMART_LIMITS: 'none',
  SYNC_INTERVAL: '3s',
  SETTLE_LAG: '1s',
  REREAD_WINDOW: '30s',
  LOG_LEVEL: 'info',
  LOG_FORMAT: 'json',
};

class Services {
  postgres!: RunningPostgres;
  temporal!: RunningTemporal;
  postgresPort = 0;
  #temporalPort = 0;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(folder: string, closers: AsyncDisposableStack): Promise<Services> {
    const services = new Services(folder);
    services.postgresPort = await freePort();
    services.#temporalPort = await freePort();
    closers.defer(async () => {
      await Promise.all([services.postgres?.stop(), services.temporal?.stop()]);
    });
    await Promise.all([services.#startPostgres(), services.#startTemporal()]);
    return services;
  }

  async without(service: 'Postgres' | 'Temporal', forMs: number, signal: AbortSignal): Promise<void> {
    await (service === 'Postgres' ? this.postgres : this.temporal).kill();
    await sleep(forMs, undefined, { signal }).catch(() => {});
    const start = () => (service === 'Postgres' ? this.#startPostgres() : this.#startTemporal());
    for (const deadlineMs = Date.now() + restartWithinMs; ; await sleep(500)) {
      try {
        return await start();
      } catch (error) {
        if (Date.now() > deadlineMs) throw error;
      }
    }
  }

  async #startPostgres(): Promise<void> {
    this.postgres = await startPostgres({
      directory: join(this.#folder, 'database'),
      temporary: true,
      port: this.postgresPort,
      settings: durable,
    });
  }

  async #startTemporal(): Promise<void> {
    this.temporal = await startTemporal({
      directory: join(this.#folder, 'temporal'),
      temporary: true,
      port: this.#temporalPort,
      say: () => {},
    });
  }
}
