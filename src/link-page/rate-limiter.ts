import { RecentMap } from '../recent-map.ts';

/** The most addresses that are remembered; beyond that the ones seen longest ago are forgotten. */
const maxRemembered = 50_000;

/** Counts events by name in windows of a minute. Each process counts its own. */
export class RateLimiter {
  readonly #limit: number;
  #counts = new RecentMap<string, number>(maxRemembered);
  #windowStartMs = 0;

  /** `limit`: events of one name within a minute. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False if there were too many. */
  allow(name: string, nowMs = performance.now()): boolean {
    if (nowMs - this.#windowStartMs >= windowMs) {
      this.#counts = new RecentMap(maxRemembered);
      this.#windowStartMs = nowMs;
    }
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return count <= this.#limit;
  }
}

const windowMs = 60_000;

/**
 * The address that a request comes from, according to the proxies in front of us: each appends its caller's address. An IPv6
 * address counts as its network, because one user can have any number of addresses in it.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, proxyHops: number): string {
  const named = (forwardedFor ?? '').split(',').map((entry) => entry.trim());
  const address = proxyHops === 0 ? peer : (named.at(-proxyHops) ?? peer) || peer;
  return address.includes(':') && !address.startsWith('::ffff:') ? address.split(':').slice(0, 4).join(':') : address;
}
