import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface GuardedProcess {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  readonly stopSignal: NodeJS.Signals;
  /** How long the child may take to end before it is killed. */
  readonly graceMs: number;
  /** Folders that nobody needs once it has stopped. */
  readonly removeWhenStopped: readonly string[];
  /** Another user to run as. */
  readonly userId?: number;
}

export interface RunningProcess {
  /** Of the guardian; the process itself is its only child. */
  readonly guardianId: number;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<number>;
  /** Sends the process a signal, as an accident would: when it ends by it, nothing is removed. */
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/**
 * Starts a process that ends with us, even when we are killed. Its output goes to a file; it gets our environment and
 * `env` besides.
 */
export function startGuarded(
  what: GuardedProcess,
  logFile: string,
  env: Readonly<Record<string, string>> = {},
): RunningProcess {
  const log = createWriteStream(logFile, { flags: 'a' });
  const guardian: ChildProcess = spawn(
    process.execPath,
    ['--no-warnings', fileURLToPath(new URL('guardian.ts', import.meta.url)), JSON.stringify(what)],
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: { ...process.env, ...env } },
  );
  guardian.stdout?.pipe(log, { end: false });
  guardian.stderr?.pipe(log, { end: false });
  guardian.stdin?.on('error', () => {});
  const ended = once(guardian, 'exit').then(([code]) => Number(code ?? 1));
  return {
    guardianId: guardian.pid ?? 0,
    ended,
    signal(name) {
      guardian.stdin?.write(`${name}\n`);
    },
    async stop() {
      guardian.stdin?.end();
      await ended;
      log.end();
    },
  };
}

/** Ends a process as the loss of its machine would. */
export async function killed(running: RunningProcess): Promise<void> {
  running.signal('SIGKILL');
  await running.ended;
}
