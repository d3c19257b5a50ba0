/** Every call of the client takes one. */
export interface Abortable {
  /** Ends the waiting at once, with the signal's reason. What was already sent may still be carried out. */
  readonly signal?: AbortSignal | undefined;
}

/** The work's result, or the signal's reason as soon as it is aborted. */
export async function abortable<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
  if (signal === undefined) return work();
  signal.throwIfAborted();
  const working = work();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([working, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    // Nobody waits for it any more.
    working.catch(() => undefined);
  }
}
