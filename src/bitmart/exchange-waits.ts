import { waits } from './clamps.ts';

/**
 * How long the exchange may make us wait. Answers are obeyed within the clamps: a wrong header must neither stop an address for
 * days nor let us continue at once. A value that can't be a wait (an instant, a date, a negative number, a list) counts as
 * absent.
 */

type Headers = ReadonlyMap<string, string>;

export function banWaitMs(headers: Headers): number {
  const { minMs, defaultMs, maxMs } = waits.ban;
  return Math.min(Math.max(toldWaitMs(headers, 'retry-after') ?? defaultMs, minMs), maxMs);
}

/** The length of the limit's window: `X-BM-RateLimit-Reset` is that, not the time left. */
export function rateLimitWindowMs(headers: Headers): number {
  const { defaultMs, maxMs } = waits.rateLimitWindow;
  return Math.min(toldWaitMs(headers, 'x-bm-ratelimit-reset') || defaultMs, maxMs);
}

/** After a 429: the named wait, or a whole window; plus a second, because the exchange counts by its own clock. */
export function throttledWaitMs(headers: Headers): number {
  const toldMs = toldWaitMs(headers, 'retry-after') || rateLimitWindowMs(headers);
  return Math.min(toldMs + 1_000, waits.throttledMaxMs);
}

/** Whether an answer asks for a longer wait than we obey, or for an impossible one. */
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
