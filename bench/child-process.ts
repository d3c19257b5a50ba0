import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startGuarded } from '../dev/guarded-process.ts';

export interface ChildOptions {
  /** A script of this repository and its arguments. */
  readonly arguments: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** What it writes once it is ready. */
  readonly until: RegExp;
}

export interface Child {
  readonly supervisorId: number;
  /** The line that showed that it was ready. */
  readonly said: string;
  stop(): Promise<void>;
}

const repository = fileURLToPath(new URL('..', import.meta.url));
const readyWithinMs = 60_000;

/** Starts a script of this repository as a separate process that ends with us, by SIGKILL. */
export async function startNode({ arguments: args, env = {}, logFile, until }: ChildOptions): Promise<Child> {
  const child = startGuarded(
    {
      command: process.execPath,
      arguments: [...args],
      directory: repository,
      stopSignal: 'SIGKILL',
      graceMs: 1_000,
      removeWhenStopped: [],
    },
    logFile,
    env,
  );
  let over = false;
  void child.ended.then(() => {
    over = true;
  });
  for (const deadlineMs = Date.now() + readyWithinMs; Date.now() < deadlineMs; await sleep(50)) {
    const log = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
    const found = until.exec(log);
    if (found) return { supervisorId: child.supervisorId, said: found[0], stop: () => child.stop() };
    if (over) throw new Error(`${args.join(' ')} ended before it was ready:\n${log.slice(-2_000)}`);
  }
  await child.stop();
  throw new Error(`${args.join(' ')} was not ready within ${readyWithinMs / 1_000} s.`);
}
