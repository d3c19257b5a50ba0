import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { descendantsOf } from './processes.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** `npm run stack` as a separate process, as a user starts it at a terminal. */
export class StackProcess {
  readonly directory: string;
  readonly ended: Promise<unknown>;
  output = '';
  readonly #npm: ChildProcess;

  constructor(directory: string) {
    this.directory = directory;
    // What the test run's own stack has set would keep this one from starting anything.
    const { DATABASE_URL, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_UI, ...env } = process.env;
    this.#npm = spawn('npm', ['run', '--silent', 'stack', '--', '--dir', directory], {
      cwd: repository,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#npm.stdout, this.#npm.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.ended = once(this.#npm, 'exit');
  }

  /** The file `env` as a shell reads it, when everything is ready. */
  async env(): Promise<Readonly<Record<string, string>>> {
    const file = join(this.directory, 'env');
    while (!existsSync(file)) {
      if (this.#npm.exitCode !== null) throw new Error(`The stack ended before it was ready:\n${this.output}`);
      await sleep(50);
    }
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return Object.fromEntries(lines.map((line) => /^([A-Z_]+)=(.*)$/.exec(line)?.slice(1) as [string, string]));
  }

  /** The process that holds the stack, beneath npm. */
  get processId(): number {
    return Number(readFileSync(join(this.directory, 'pid'), 'utf8'));
  }

  /** Everything that the stack has started, itself included. */
  family(): Promise<readonly number[]> {
    return descendantsOf(this.#npm.pid as number);
  }

  /** Sends the signal to npm, the only process that the user knows. */
  signal(signal: NodeJS.Signals): void {
    this.#npm.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#npm.exitCode !== null || this.#npm.signalCode !== null) return;
    this.signal('SIGTERM');
    await this.ended;
  }
}
