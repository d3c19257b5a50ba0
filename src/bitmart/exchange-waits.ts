/**
 * How long the exchange may make us wait. What an answer says is obeyed within bounds: a wrong header must neither stop an
 * address for days nor let us ask on. A value that can be no wait (an instant, a date, a negative number, a list) counts as
 * not said.
 */

type Headers = ReadonlyMap<string, string>;

/** Maintenance takes minutes to hours and is announced without an end. */
export const maintenanceWaitMs = 60_000;

/** Documented as "for a time". Asking on makes a ban longer, hence the minute; after 15 minutes one request shows where it stands. */
const ban = { minMs: 60_000, defaultMs: 600_000, maxMs: 900_000 } as const;

/** Every documented window is 1, 2 or 60 s long. */
const rateLimitWindow = { defaultMs: 2_000, maxMs: 60_000 } as const;

/** A limit counts again after one of its windows, and the longest of those is 60 s. */
const maxThrottledMs = 60_000;

export function banWaitMs(headers: Headers): number {
  const toldMs = toldWaitMs(headers, 'retry-after');
  return toldMs === null ? ban.defaultMs : Math.min(Math.max(toldMs, ban.minMs), ban.maxMs);
}

/** The length of the window that the limit counts in: `X-BM-RateLimit-Reset` is that, and not the time left. */
export function rateLimitWindowMs(headers: Headers): number {
  return Math.min(toldWaitMs(headers, 'x-bm-ratelimit-reset') || rateLimitWindow.defaultMs, rateLimitWindow.maxMs);
}

/** After a 429: what it says, or a whole window; and a second more, because the exchange counts by a clock of its own. */
export function throttledWaitMs(headers: Headers): number {
  const toldMs = toldWaitMs(headers, 'retry-after') || rateLimitWindowMs(headers);
  return Math.min(toldMs + 1_000, maxThrottledMs);
}

/** No wait is longer than a day: what says so is an instant since 1970. */
const maxToldMs = 86_400_000;

function toldWaitMs(headers: Headers, name: string): number | null {
  const told = headers.get(name)?.trim() ?? '';
  const toldMs = /^\d+(\.\d+)?$/.test(told) ? Math.ceil(Number(told) * 1_000) : null;
  return toldMs !== null && toldMs <= maxToldMs ? toldMs : null;
}
