import type { Abortable } from './abort.ts';
import { assertNotAborted } from './abort.ts';
import { ClientError } from './client-error.ts';

export interface WaitOptions extends Abortable {
  /** @default 5 minutes */
  readonly timeoutMs?: number | undefined;
  /** @default 1 second */
  readonly everyMs?: number | undefined;
}

/** A first read of a usual account takes a minute or two at BitMart's limits. */
export const defaultTimeoutMs = 300_000;
/** Soon enough for a person, and one short query a second for Postgres. */
export const defaultEveryMs = 1_000;

/** Looks again and again until what is seen is as wanted; fails when the time is up. */
export async function waitUntil<Seen>(
  look: () => Promise<Seen>,
  isReached: (seen: Seen) => boolean,
  { timeoutMs = defaultTimeoutMs, everyMs = defaultEveryMs, signal }: WaitOptions,
): Promise<Seen> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    assertNotAborted(signal);
    const seen = await look();
    if (isReached(seen)) return seen;
    const leftMs = deadlineMs - Date.now();
    if (leftMs <= 0) {
      const seconds = Math.round(timeoutMs / 1_000);
      throw new ClientError(
        'timed-out',
        `Not reached within ${seconds} s.`,
        'Look at `status`, or wait longer: `timeoutMs`.',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(everyMs, leftMs)));
  }
}
