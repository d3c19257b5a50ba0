import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection, Client as TemporalClient } from '@temporalio/client';
import { prepareDatabase } from '../dev/postgres.ts';
import type { Stack } from '../dev/stack.ts';
import { type Client, createClient } from '../src/client/index.ts';
import { connectDatabase, type Database, migrate } from '../src/database/index.ts';
import { startNode } from './child-process.ts';
import { onlyChildOf } from './machine.ts';
import { type Limits, SandboxProcess } from './sandbox-process.ts';
import { slowDatabase } from './slow-database.ts';

/** What a part of the bench works with: each gets databases, sandboxes, task queues and workers of its own. */
export class Surroundings {
  readonly #stack: Stack;
  readonly #folder: string;
  readonly say: (line: string) => void;
  readonly #open: { close(): Promise<unknown> }[] = [];

  constructor(stack: Stack, folder: string, say: (line: string) => void) {
    this.#stack = stack;
    this.#folder = folder;
    this.say = say;
  }

  get temporalAddress(): string {
    return this.#stack.env.TEMPORAL_ADDRESS as string;
  }

  async database(poolSize: number): Promise<Database & { readonly url: string }> {
    const adminUrl = this.#stack.env.DATABASE_URL as string;
    const name = `bench_${randomBytes(6).toString('hex')}`;
    const url = new URL(adminUrl);
    url.pathname = `/${name}`;
    await prepareDatabase(adminUrl, url.href, { name });
    const database = { ...connectDatabase({ url: url.href, poolSize }), url: url.href };
    await migrate(database);
    await database.pool.query('create extension if not exists pg_stat_statements');
    return this.#keep(database);
  }

  /** As where worker and database are two machines: 2 ms from a statement to its answer, for the workers alone. */
  async distantDatabase(poolSize: number): Promise<Database & { readonly url: string; readonly workerUrl: string }> {
    const database = await this.database(poolSize);
    const { url: workerUrl } = this.#keep(await slowDatabase(database.url, 1));
    return { ...database, workerUrl };
  }

  async sandbox(limits: Limits): Promise<SandboxProcess> {
    return this.#keep(await SandboxProcess.start(limits, join(this.#folder, `sandbox-${randomName()}.log`)));
  }

  /** Workers, and the client that links accounts to them, on one database and one exchange. */
  async system(options: SystemOptions): Promise<System> {
    const taskQueue = `bench-${randomName()}`;
    const { CREDENTIALS_PUBLIC_KEY: publicKey = '', CREDENTIALS_KEY_FILE = '' } = this.#stack.env;
    const env = {
      DATABASE_URL: options.databaseUrl,
      TEMPORAL_ADDRESS: this.temporalAddress,
      TASK_QUEUE: taskQueue,
      CREDENTIALS_KEY_FILE,
      BITMART_SPOT_URL: options.exchange.url,
      BITMART_FUTURES_URL: options.exchange.url,
      BITMART_TIMETABLE: 'none',
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
      ...options.env,
    };
    const temporal = { address: this.temporalAddress };
    const client = this.#keep(createClient({ databaseUrl: options.databaseUrl, publicKey, taskQueue, temporal }));
    const connection = this.#keep(await Connection.connect(temporal));
    return {
      client,
      temporal: new TemporalClient({ connection }),
      startWorker: async () =>
        this.#keep(await startWorker(options.built ?? false, env, join(this.#folder, `worker-${randomName()}.log`))),
    };
  }

  /** Ends everything that was started since the last time, the youngest first. */
  async clear(): Promise<void> {
    for (const part of this.#open.splice(0).toReversed()) await part.close().catch(() => undefined);
  }

  #keep<Part extends { close(): Promise<unknown> }>(part: Part): Part {
    this.#open.push(part);
    return part;
  }
}

export interface SystemOptions {
  readonly databaseUrl: string;
  readonly exchange: SandboxProcess;
  /** Workers as the image runs them: compiled, the workflows bundled beforehand. They must have been built. */
  readonly built?: boolean;
  /** Environment of the workers besides what the surroundings say. */
  readonly env: Readonly<Record<string, string>>;
}

export interface System {
  readonly client: Client;
  readonly temporal: TemporalClient;
  startWorker(): Promise<WorkerProcess>;
}

export interface WorkerProcess {
  readonly processId: number;
  /** SIGKILL: no process can clean up. */
  close(): Promise<void>;
}

async function startWorker(
  built: boolean,
  env: Readonly<Record<string, string>>,
  logFile: string,
): Promise<WorkerProcess> {
  const entry = built ? 'dist/src/worker.js' : 'src/worker.ts';
  const imageEnv = built ? { NODE_OPTIONS: nodeOptionsOfImage() } : {};
  const worker = await startNode({ arguments: [entry], env: { ...imageEnv, ...env }, logFile, until: /worker ready/ });
  return { processId: onlyChildOf(worker.supervisorId), close: worker.stop };
}

function nodeOptionsOfImage(): string {
  const image = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');
  return /^ENV NODE_OPTIONS=(.+)$/m.exec(image)?.[1] ?? '';
}

function randomName(): string {
  return randomBytes(5).toString('hex');
}
