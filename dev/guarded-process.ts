import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { scriptBeside } from './script-beside.ts';

export interface GuardedProcess {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  readonly stopSignal: NodeJS.Signals;
  /** How long the child may take to end before it is killed. */
  readonly graceMs: number;
  /** Folders to remove when it has stopped. */
  readonly removeWhenStopped: readonly string[];
  /** Another user to run as. */
  readonly userId?: number;
}

export interface RunningProcess {
  /** The process id of the supervisor; the process itself is its only child. */
  readonly supervisorId: number;
  /** Resolves when the process has ended. */
  readonly ended: Promise<number>;
  /** Sends the process a signal, as in a crash: if it ends by that, nothing is removed. */
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
  /** The end of its log, for the error that says that it failed. */
  lastLines(): string;
}

/**
 * Starts a process that ends with us, even when we are killed. Its output goes to a file. It gets our environment, unless
 * `inherited` is another, plus `env`.
 */
export function startGuarded(
  what: GuardedProcess,
  logFile: string,
  env: Readonly<Record<string, string>> = {},
  inherited: NodeJS.ProcessEnv = process.env,
): RunningProcess {
  const log = openSync(logFile, 'a');
  const supervisor: ChildProcess = spawn(
    process.execPath,
    ['--no-warnings', scriptBeside(import.meta.url, 'supervisor'), JSON.stringify(what)],
    { stdio: ['pipe', log, log], detached: true, env: { ...inherited, ...env } },
  );
  closeSync(log);
  supervisor.stdin?.on('error', () => {});
  // 127, as of a shell, where it could not even be started.
  const ended = once(supervisor, 'exit').then(
    ([code]) => Number(code ?? 1),
    () => 127,
  );
  return {
    supervisorId: supervisor.pid ?? 0,
    ended,
    signal(name) {
      supervisor.stdin?.write(`${name}\n`);
    },
    async stop() {
      supervisor.stdin?.end();
      await ended;
    },
    lastLines() {
      return `The end of ${logFile}:\n${readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-10).join('\n')}`;
    },
  };
}

/** False if the process ends before it answers. Throws if it does not answer within half a minute, ten times what any takes. */
export async function becomesReady(running: RunningProcess, answers: () => Promise<boolean>): Promise<boolean> {
  let hasEnded = false;
  void running.ended.then(() => {
    hasEnded = true;
  });
  for (const endMs = performance.now() + 30_000; performance.now() < endMs; await sleep(50)) {
    if (hasEnded) return false;
    if (await answers()) return true;
  }
  throw new Error(`A server runs, but did not answer within half a minute. ${running.lastLines()}`);
}

/** Ends a process as the loss of its machine would. */
export async function killed(running: RunningProcess): Promise<void> {
  running.signal('SIGKILL');
  await running.ended;
}
