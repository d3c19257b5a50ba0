import { Aborted } from './client-error.ts';

/** Every call of the client takes one. */
export interface Abortable {
  /** Ends the waiting at once, with a ClientError `aborted`. What was already sent may still be carried out. */
  readonly signal?: AbortSignal | null | undefined;
}

export function assertNotAborted(signal: Abortable['signal']): void {
  if (signal?.aborted) throw new Aborted(signal.reason);
}

/** The work's result. Rejects with Aborted as soon as the signal is aborted. */
export async function abortable<Result>(signal: Abortable['signal'], work: () => Promise<Result>): Promise<Result> {
  if (signal === undefined || signal === null) return work();
  assertNotAborted(signal);
  const working = work();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new Aborted(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([working, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    // No caller waits for its result any longer.
    working.catch(() => undefined);
  }
}
