import { ClientError } from './client-error.ts';

export interface WaitOptions {
  /** @default 5 minutes */
  readonly timeoutMs?: number;
  /** @default 1 second */
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/** A first read of a usual account takes a minute or two at BitMart's limits. */
export const defaultTimeoutMs = 300_000;
/** Soon enough for a person, and one short query a second for Postgres. */
export const defaultEveryMs = 1_000;

/** Looks again and again until what is seen is as wanted; fails when the time is up. */
export async function waitUntil<Seen>(
  look: () => Promise<Seen>,
  isReached: (seen: Seen) => boolean,
  options: WaitOptions,
  explain?: () => Promise<ClientError>,
): Promise<Seen> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const seen = await look();
    if (isReached(seen)) return seen;
    if (Date.now() >= deadlineMs) {
      const silence = await explain?.();
      throw (
        silence ??
        new ClientError('timed-out', `Not reached within ${Math.round(timeoutMs / 1000)} seconds.`, 'Look at `status`.')
      );
    }
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? defaultEveryMs));
  }
}
