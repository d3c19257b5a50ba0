import { constants } from 'node:os';

/** A person, or the process that started us, wants us to end now. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitStatus: number;

  constructor(signal: NodeJS.Signals) {
    super(`Interrupted by ${signal}.`);
    this.exitStatus = 128 + constants.signals[signal];
  }
}

const lookEveryMs = 500;
/** One Ctrl-C comes twice: from the terminal, and from npm, which passes it on. */
const oneKeystrokeMs = 1_000;

/** Rejects when the user interrupts us; a user who does it twice does not want to wait for the cleanup. */
export function interruption(): Promise<never> {
  const interrupted = new Promise<never>((_, reject) => {
    let askedMs: number | null = null;
    const stop = (signal: NodeJS.Signals) => {
      const interruption = new Interrupted(signal);
      if (askedMs !== null && Date.now() - askedMs > oneKeystrokeMs && signal === 'SIGINT') {
        process.exit(interruption.exitStatus);
      }
      askedMs ??= Date.now();
      reject(interruption);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    // The reader of our output has ended: `npm run demo | head`.
    process.stdout.on('error', () => stop('SIGPIPE'));
    // npm can be killed without passing the signal on.
    const parent = process.ppid;
    const startedByNpm = process.env.npm_lifecycle_event !== undefined;
    setInterval(() => startedByNpm && process.ppid !== parent && stop('SIGHUP'), lookEveryMs).unref();
  });
  interrupted.catch(() => {});
  return interrupted;
}
