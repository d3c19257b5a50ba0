import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { type Client, type ClientOptions, createClient } from 'bitmart-sync/client';
import { type SandboxExchange, type SandboxOptions, startSandbox } from 'bitmart-sync/sandbox';
import { type RunningProcess, startGuarded } from './guarded-process.ts';
import { startStack } from './stack.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

export interface TestWorkerOptions {
  /** Everything that the exchange makes up comes from it. @default 1 */
  readonly seed?: number;
  /** How the exchange behaves. @default as BitMart does, without limits of requests */
  readonly switches?: SandboxOptions['switches'];
  /** More settings of the worker, such as `WEBHOOK_URL` and `WEBHOOK_SECRET`. */
  readonly env?: Readonly<Record<string, string>>;
  /** The Node that runs the worker: 24 or newer. Only needed on an older one. @default the one that runs this */
  readonly node?: string | undefined;
  /** A Postgres that runs already; the schema `bitmart_sync` in it is used, and stays. @default one of its own */
  readonly databaseUrl?: string;
  /** A Temporal that runs already, as `host:port`. @default one of its own */
  readonly temporalAddress?: string;
  /** Called with what takes long, such as the download of Temporal at the first start. @default console.error */
  readonly say?: (line: string) => void;
}

export interface TestWorker {
  /** A client of this worker. */
  readonly client: Client;
  /** What `createClient` takes, for the code that is tested. */
  readonly clientOptions: ClientOptions;
  /** The simulated BitMart: add accounts and records, let keys and requests fail. */
  readonly exchange: SandboxExchange;
  /** What the worker runs by: for `bitmart-sync` as a command, or a worker of your own. */
  readonly env: Readonly<Record<string, string>>;
  /** What the worker has written so far. */
  readonly output: () => string;
  /** Stops everything and removes its data. It also happens when this process ends in any other way. */
  close(): Promise<void>;
}

/**
 * A whole installation for a test: Postgres, Temporal, a simulated BitMart and a worker that reads it. It takes some seconds,
 * needs no other setting and reads none from the environment.
 */
export async function startTestWorker(options: TestWorkerOptions = {}): Promise<TestWorker> {
  const { seed = 1, switches = {}, node = process.execPath, say = (line) => console.error(line) } = options;
  const folder = createTemporaryFolder('bitmart-sync-test-worker-');
  const started: (() => Promise<unknown>)[] = [() => folder.remove()];
  const close = async () => {
    // In the reverse order: the worker first, its folder last.
    while (started.length > 0) await started.pop()?.();
  };
  try {
    const stack = await startStack({
      directory: folder.stackPath,
      temporary: true,
      named: { DATABASE_URL: options.databaseUrl, TEMPORAL_ADDRESS: options.temporalAddress },
      say,
    });
    started.push(stack.stop);
    const sandbox = await startSandbox({ seed, switches });
    started.push(sandbox.close);
    const env = {
      ...stack.env,
      TASK_QUEUE: `test-${randomBytes(6).toString('hex')}`,
      BITMART_SPOT_URL: sandbox.url,
      BITMART_FUTURES_URL: sandbox.url,
      BITMART_LIMITS: 'none',
      // The sandbox serves a record at once, and never one late.
      SETTLE_LAG: '1s',
      WEBHOOK_ADDRESSES: 'any',
      ...options.env,
    };
    const worker = startWorker({ node, folder: folder.path, env });
    started.push(() => worker.process.stop());
    await worker.ready();
    const clientOptions: ClientOptions = {
      databaseUrl: env.DATABASE_URL,
      publicKey: env.CREDENTIALS_PUBLIC_KEY,
      taskQueue: env.TASK_QUEUE,
      temporal: { address: env.TEMPORAL_ADDRESS, namespace: env.TEMPORAL_NAMESPACE },
    };
    const client = createClient(clientOptions);
    started.push(() => client.close());
    return { client, clientOptions, exchange: sandbox.exchange, env, output: worker.output, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface StartedWorker {
  readonly process: RunningProcess;
  readonly output: () => string;
  ready(): Promise<void>;
}

/** On a busy machine it takes ten; a worker that can't start ends, and is not waited for. */
const readyWithinMs = 120_000;

function startWorker(what: {
  readonly node: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}): StartedWorker {
  const logFile = join(what.folder, 'worker.log');
  const process = startGuarded(
    {
      command: what.node,
      arguments: [workerEntry(), '--migrate'],
      directory: what.folder,
      // Its data goes with it: there is nothing to finish.
      stopSignal: 'SIGKILL',
      graceMs: 1_000,
      removeWhenStopped: [],
    },
    logFile,
    what.env,
    ownEnvironment(what.folder),
  );
  let status: number | null = null;
  void process.ended.then((code) => {
    status = code;
  });
  const output = () => (existsSync(logFile) ? stripVTControlCharacters(readFileSync(logFile, 'utf8')) : '');
  return {
    process,
    output,
    async ready() {
      for (const deadlineMs = Date.now() + readyWithinMs; Date.now() < deadlineMs; await sleep(50)) {
        if (output().includes('worker ready')) return;
        if (status !== null) throw new Error(`The worker ended with status ${status}:\n${output().trimEnd()}`);
      }
      throw new Error(`The worker was not ready within ${readyWithinMs / 1_000} s:\n${output().trimEnd()}`);
    },
  };
}

/** The command of this package, which says first if Node is too old. */
function workerEntry(): string {
  return fileURLToPath(new URL('../../start.js', import.meta.url));
}

/** Settings and profiles of the platform are not the test's: they may name a real database, Temporal or webhook. */
function ownEnvironment(home: string): NodeJS.ProcessEnv {
  const { PATH, TMPDIR, LANG, NODE_OPTIONS, SYSTEMROOT } = process.env;
  return { PATH, TMPDIR, LANG, NODE_OPTIONS, SYSTEMROOT, HOME: home };
}
