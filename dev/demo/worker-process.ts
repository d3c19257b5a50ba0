import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { startGuarded } from '../guarded-process.ts';
import { DemoFailure } from './failure.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const readyWithinMs = 60_000;
const linesShown = 15;

/** The real worker, as a separate process with our environment. It is always ended by SIGKILL, because it must survive that. */
export class WorkerProcess {
  readonly name: string;
  readonly #logFile: string;
  readonly #process: ReturnType<typeof startGuarded>;
  #killed = false;

  constructor(name: string, logFile: string) {
    this.name = name;
    this.#logFile = logFile;
    this.#process = startGuarded(
      {
        command: process.execPath,
        arguments: ['src/worker.ts', '--migrate'],
        directory: repository,
        stopSignal: 'SIGKILL',
        graceMs: 1_000,
        removeWhenStopped: [],
      },
      logFile,
    );
  }

  /** Resolves when it polls for work. */
  async ready(): Promise<void> {
    let over = false;
    void this.#process.ended.then(() => {
      over = true;
    });
    for (const deadlineMs = Date.now() + readyWithinMs; Date.now() < deadlineMs; await sleep(100)) {
      if (this.#log().includes('worker ready')) return;
      if (over) throw new DemoFailure(`The ${this.name} ended before it was ready.`);
    }
    throw new DemoFailure(`The ${this.name} was not ready within ${readyWithinMs / 1_000} s.`);
  }

  /** Rejects when it ends without being killed. */
  async unexpectedEnd(): Promise<never> {
    const status = await this.#process.ended;
    if (this.#killed) return new Promise<never>(() => {});
    throw new DemoFailure(`The ${this.name} ended unexpectedly with status ${status}.`);
  }

  /** SIGKILL: it can't clean up. */
  async kill(): Promise<void> {
    this.#killed = true;
    await this.#process.stop();
  }

  logTail(): readonly string[] {
    return stripVTControlCharacters(this.#log()).trimEnd().split('\n').slice(-linesShown).filter(Boolean);
  }

  #log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8') : '';
  }
}
