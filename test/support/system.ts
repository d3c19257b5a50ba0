import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import type { Switches } from '../../sandbox/switches.ts';
import { createClient, type Client as ProductClient } from '../../src/client/index.ts';
import { generateKeyRing } from '../../src/credentials/key-ring.ts';
import { closableInterceptors } from '../../src/temporal-interceptors.ts';
import { workflowIdOf } from '../../src/workflows/messages.ts';
import { freshDatabase } from './database.ts';
import { whatRuns } from './what-runs.ts';

/** Everything real but the exchange: a database, a task queue and a sandbox of its own, and worker processes. */
export interface System {
  readonly sandbox: Sandbox;
  readonly client: ProductClient;
  readonly database: pg.Pool;
  /** Environment of workers and of the command line. */
  readonly env: Readonly<Record<string, string>>;
  /** With more of its environment where one worker is to differ from the others, or with the entry of another version. */
  startWorker(more?: Readonly<Record<string, string>>, entry?: string): Promise<WorkerProcess>;
  temporal(): Promise<Client>;
  workflow(accountId: string): Promise<ReturnType<Client['workflow']['getHandle']>>;
  close(): Promise<void>;
}

export interface WorkerProcess {
  readonly output: () => string;
  /** The exit status, once it has ended. */
  readonly exited: Promise<number | null>;
  /** SIGKILL: nothing of it gets to say goodbye. */
  kill(): Promise<void>;
  /** SIGTERM; answers with the exit status. */
  stop(): Promise<number | null>;
  /** SIGHUP: it reads the key ring again. */
  reload(): void;
  /** Ctrl-C as it comes through npm, which passes on what the terminal has sent already: SIGINT twice. */
  interrupt(): Promise<number | null>;
}

export interface SystemOptions {
  readonly switches?: Partial<Switches>;
  readonly workerEnv?: Readonly<Record<string, string>>;
  readonly now?: () => number;
  /** Another server than that of the test run. */
  readonly postgres?: { readonly createDatabase: (name: string) => Promise<string> };
}

/**
 * For tests of something else than the walk: the exchange refuses what is older than 90 days at once, in the documented way.
 * Otherwise every first read, and every further key, requests everything back to the origin, in 280 requests.
 */
export const refusedBeyondReach: Partial<Switches> = { beyondReach: 'error', movementsReachMs: 90 * 86_400_000 };

/** For the tests among them that do need the walk. */
export const emptyBeyondReach: Partial<Switches> = { beyondReach: 'empty', movementsReachMs: null };

/**
 * An account's id comes from its owner and its key, and so does its workflow's. Tests that run at once share one Temporal:
 * with the keys of one seed they would meet in one workflow.
 */
function giveKeysOfItsOwn({ exchange }: Sandbox): void {
  const addKey = exchange.addKey.bind(exchange);
  exchange.addKey = (accountName, options = {}) =>
    addKey(accountName, { apiKey: randomBytes(20).toString('hex'), ...options });
}

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-system-'));
  const address = required('TEMPORAL_ADDRESS');
  const namespace = process.env.TEMPORAL_NAMESPACE ?? 'default';
  const database = options.postgres
    ? { url: await options.postgres.createDatabase(taskQueue.replace('-', '_')), drop: async () => {} }
    : await freshDatabase({ mayBeMigrated: true });
  const sandbox = await startSandbox({
    seed: 7,
    switches: options.switches ?? {},
    ...(options.now && { now: options.now }),
  });
  giveKeysOfItsOwn(sandbox);
  const { publicKey, ringFile } = await generateKeyRing();
  const keyFile = join(folder, 'keys.json');
  writeFileSync(keyFile, ringFile, { mode: 0o600 });
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    TASK_QUEUE: taskQueue,
    CREDENTIALS_PUBLIC_KEY: publicKey,
    CREDENTIALS_KEY_FILE: keyFile,
    BITMART_SPOT_URL: sandbox.url,
    BITMART_FUTURES_URL: sandbox.url,
    BITMART_LIMITS: 'none',
    SETTLE_LAG: '1s',
    LOG_FORMAT: 'json',
    ...options.workerEnv,
  };
  const client = createClient({ databaseUrl: database.url, publicKey, taskQueue, temporal: { address, namespace } });
  await client.migrate();
  const pool = new pg.Pool({ connectionString: database.url, options: '-c search_path=bitmart_sync', max: 4 });
  // A test may stop Postgres; an idle connection that breaks then must not fail the test.
  pool.on('error', () => undefined);
  const workers: RunningWorker[] = [];
  let connection: Promise<Connection> | null = null;
  const temporal = async () => {
    connection ??= Connection.connect({ address, connectTimeout: '60s', interceptors: closableInterceptors({}) });
    return new Client({ connection: await connection, namespace });
  };
  const describe = async () => {
    const { rows } = await pool.query('select account_id, status, paused, next_sync_at from account');
    const unread = await pool.query('select account_id, stream, part from coverage where not read_through');
    const handles = (await temporal()).workflow;
    const runs = rows.map(async ({ account_id: id }) => {
      const { status, raw } = await handles.getHandle(workflowIdOf(id)).describe();
      const activities = raw.pendingActivities?.map(({ activityType, state, attempt, lastFailure }) => {
        return { type: activityType?.name, state, attempt, lastFailure: lastFailure?.message };
      });
      const { state, attempt } = raw.pendingWorkflowTask ?? {};
      return {
        id,
        run: status.name,
        events: Number(raw.workflowExecutionInfo?.historyLength),
        activities,
        task: { state, attempt },
      };
    });
    const found = { accounts: rows, unread: unread.rows, runs: await Promise.allSettled(runs) };
    const lastLines = workers.map((worker) => worker.output().split('\n').slice(-40).join('\n'));
    return [inspect(found, { depth: 8, breakLength: 150 }), ...lastLines].join('\n');
  };
  whatRuns.add(describe);
  return {
    sandbox,
    client,
    database: pool,
    env,
    async startWorker(more = {}, entry = workerEntry) {
      const bundle = entry === workerEntry && process.env.TEST_WORKFLOW_BUNDLE;
      const worker = new RunningWorker({ ...env, ...(bundle && { WORKFLOW_BUNDLE: bundle }), ...more }, entry);
      workers.push(worker);
      await worker.ready;
      return worker;
    },
    temporal,
    workflow: async (accountId) => (await temporal()).workflow.getHandle(workflowIdOf(accountId)),
    async close() {
      whatRuns.delete(describe);
      await Promise.all(workers.map((worker) => worker.kill()));
      await client.close();
      await (await connection)?.close();
      await sandbox.close();
      await pool.end();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const workerEntry = new URL('../../src/worker.ts', import.meta.url).pathname;

class RunningWorker implements WorkerProcess {
  readonly ready: Promise<void>;
  readonly #process: ChildProcess;
  readonly exited: Promise<number | null>;
  #output = '';

  constructor(env: Readonly<Record<string, string>>, entry: string) {
    this.#process = spawn(process.execPath, [entry], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = new Promise((resolve) => this.#process.on('exit', (code) => resolve(code)));
    this.ready = new Promise((resolve, reject) => {
      const listen = (chunk: Buffer) => {
        this.#output += chunk.toString();
        if (this.#output.includes('worker ready')) resolve();
      };
      this.#process.stdout?.on('data', listen);
      this.#process.stderr?.on('data', listen);
      this.exited.then((code) => reject(new Error(`The worker ended with ${code}:\n${this.#output}`)));
    });
  }

  output = () => this.#output;

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.exited;
  }

  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    return this.exited;
  }

  reload(): void {
    this.#process.kill('SIGHUP');
  }

  async interrupt(): Promise<number | null> {
    this.#process.kill('SIGINT');
    await sleep(50);
    this.#process.kill('SIGINT');
    return this.exited;
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run the tests with \`npm test\`.`);
  return value;
}
