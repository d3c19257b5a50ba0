import type { Status } from '../answers/index.ts';
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

/** Looks again and again until an account's status is as wanted; fails when the time is up. */
export async function waitUntil(
  look: () => Promise<Status>,
  isReached: (status: Status) => boolean,
  { timeoutMs = defaultTimeoutMs, everyMs = defaultEveryMs, signal }: WaitOptions,
): Promise<Status> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    assertNotAborted(signal);
    const seen = await look();
    if (isReached(seen)) return seen;
    const leftMs = deadlineMs - Date.now();
    if (leftMs <= 0) {
      const { accountId, status, problems } = seen;
      const why = problems.map(({ message }) => ` ${message}`).join('');
      throw new ClientError(
        'timed-out',
        `Account ${accountId} is ${status} after ${timeoutMs / 1_000} s, which is not what was waited for.${why}`,
        'Look at `status`, or wait longer: `timeoutMs`.',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(everyMs, leftMs)));
  }
}
