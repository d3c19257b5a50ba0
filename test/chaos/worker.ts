import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { killed, type RunningProcess, startGuarded } from '../../dev/guarded-process.ts';
import { DatabaseProxy } from './database-proxy.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
/** Its page under way, and the 12 s that a worker gives its activities to end. */
const stopWithinMs = 20_000;
const restartPauseMs = 500;
const readyWithinMs = 90_000;

/** A place where a worker process shall run: one that ends without our doing is started again, as an orchestrator does. */
export class WorkerPlace {
  readonly name: string;
  readonly proxy: DatabaseProxy;
  readonly #env: Readonly<Record<string, string>>;
  readonly #logFile: string;
  #process: RunningProcess | null = null;
  #shallRun = false;

  private constructor(name: string, proxy: DatabaseProxy, env: Readonly<Record<string, string>>, logFile: string) {
    this.name = name;
    this.proxy = proxy;
    this.#env = env;
    this.#logFile = logFile;
  }

  static async prepare(
    name: string,
    options: { readonly env: Readonly<Record<string, string>>; readonly postgresPort: number; readonly logs: string },
  ): Promise<WorkerPlace> {
    const proxy = await DatabaseProxy.start(options.postgresPort);
    const url = new URL(options.env.DATABASE_URL as string);
    url.port = String(proxy.port);
    const logFile = join(options.logs, `${name.replace(' ', '-')}.log`);
    return new WorkerPlace(name, proxy, { ...options.env, DATABASE_URL: url.toString() }, logFile);
  }

  get isRunning(): boolean {
    return this.#process !== null;
  }

  start(): void {
    this.#shallRun = true;
    if (this.#process === null) this.#launch();
  }

  async ready(): Promise<void> {
    for (const deadlineMs = Date.now() + readyWithinMs; Date.now() < deadlineMs; await sleep(100)) {
      if (existsSync(this.#logFile) && readFileSync(this.#logFile, 'utf8').includes('worker ready')) return;
    }
    throw new Error(`The ${this.name} was not ready within ${readyWithinMs / 1_000} s; see ${this.#logFile}.`);
  }

  async kill(): Promise<void> {
    this.#shallRun = false;
    if (this.#process !== null) await killed(this.#process);
  }

  freeze(): void {
    this.#process?.signal('SIGSTOP');
  }

  thaw(): void {
    this.#process?.signal('SIGCONT');
  }

  /** SIGTERM: it ends its pages first. */
  async stop(): Promise<void> {
    this.#shallRun = false;
    await this.#process?.stop();
  }

  async close(): Promise<void> {
    await this.kill();
    await this.proxy.close();
  }

  #launch(): void {
    const started = startGuarded(
      {
        command: process.execPath,
        arguments: ['src/worker.ts', '--migrate'],
        directory: repository,
        stopSignal: 'SIGTERM',
        graceMs: stopWithinMs,
        removeWhenStopped: [],
      },
      this.#logFile,
      this.#env,
    );
    this.#process = started;
    void started.ended.then(async () => {
      this.#process = null;
      await sleep(restartPauseMs);
      if (this.#shallRun && this.#process === null) this.#launch();
    });
  }
}
