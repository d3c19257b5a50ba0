import type { Endpoint, PublishedLimit } from './call.ts';

/** Calls of each key (or address) to each endpoint, counted as the switch says. */
export class RateLimits {
  readonly #callsMs = new Map<string, number[]>();

  /** Counts a call. `used` includes it. */
  count(who: string, endpoint: string, limit: PublishedLimit, nowMs: number, kind: 'fixed' | 'sliding'): Usage {
    const name = `${who} ${endpoint}`;
    const windowStartMs = kind === 'fixed' ? nowMs - (nowMs % limit.windowMs) : nowMs - limit.windowMs + 1;
    const calls = (this.#callsMs.get(name) ?? []).filter((atMs) => atMs >= windowStartMs);
    const isAllowed = calls.length < limit.calls;
    const used = calls.length + 1;
    // A sliding window forgets what it refused; a fixed one counts on.
    if (isAllowed || kind === 'fixed') calls.push(nowMs);
    this.#callsMs.set(name, calls);
    return { isAllowed, used };
  }
}

export interface Usage {
  readonly isAllowed: boolean;
  readonly used: number;
}

/** `Remaining` tells the calls used, and `Reset` the length of the window: so it is on the wire, whatever the names say. */
export function headersOf({ limit, level }: Endpoint, used: number): Record<string, string> {
  return {
    // By what calls are counted.
    'X-BM-RateLimit-Mode': level === 'none' ? 'IP' : 'KEY',
    'X-BM-RateLimit-Remaining': String(used),
    'X-BM-RateLimit-Limit': String(limit.calls),
    'X-BM-RateLimit-Reset': String(limit.windowMs / 1_000),
  };
}
