import { waits } from './clamps.ts';

/**
 * How long the exchange may make us wait. What an answer says is obeyed within the clamps: a wrong header must neither stop an
 * address for days nor let us ask on. A value that can be no wait (an instant, a date, a negative number, a list) counts as
 * not said.
 */

type Headers = ReadonlyMap<string, string>;

export function banWaitMs(headers: Headers): number {
  const { minMs, defaultMs, maxMs } = waits.ban;
  return Math.min(Math.max(toldWaitMs(headers, 'retry-after') ?? defaultMs, minMs), maxMs);
}

/** The length of the window that the limit counts in: `X-BM-RateLimit-Reset` is that, and not the time left. */
export function rateLimitWindowMs(headers: Headers): number {
  const { defaultMs, maxMs } = waits.rateLimitWindow;
  return Math.min(toldWaitMs(headers, 'x-bm-ratelimit-reset') || defaultMs, maxMs);
}

/** After a 429: what it says, or a whole window; and a second more, because the exchange counts by a clock of its own. */
export function throttledWaitMs(headers: Headers): number {
  const toldMs = toldWaitMs(headers, 'retry-after') || rateLimitWindowMs(headers);
  return Math.min(toldMs + 1_000, waits.throttledMaxMs);
}

/** Whether an answer asks for a longer wait than is obeyed, or for one that can be none. */
export function exceedsWaits(headers: Headers): boolean {
  const isBeyond = (name: string, maxMs: number) =>
    headers.has(name) && !((toldWaitMs(headers, name) ?? maxMs + 1) <= maxMs);
  return isBeyond('retry-after', waits.ban.maxMs) || isBeyond('x-bm-ratelimit-reset', waits.rateLimitWindow.maxMs);
}

function toldWaitMs(headers: Headers, name: string): number | null {
  const reported = headers.get(name)?.trim() ?? '';
  const toldMs = /^\d{1,15}(\.\d{1,15})?$/.test(reported) ? Math.ceil(Number(reported) * 1_000) : null;
  return toldMs !== null && toldMs <= waits.readableMaxMs ? toldMs : null;
}
