import type { Context, MiddlewareHandler } from 'hono';
import type { StoredLinkSession } from '../database/index.ts';
import { RecentMap } from '../recent-map.ts';

/** A post holds four short texts, so a few kB are enough. */
export const maxBodyBytes = 8_192;

/** Only under our own host name: under another one a cache could store the answer, or a page that rebinds its name could read it. */
export function hostCheck(publicUrl: URL): MiddlewareHandler {
  return async (context, next) => {
    if (context.req.header('host') !== publicUrl.host)
      return context.text('This is not the address of the link page.\n', 421);
    return next();
  };
}

/**
 * A post must come from our own page. There is no cookie to abuse, and the URL is secret; but a page that learnt a URL must
 * not post to it. `Origin` is `null` from our own page too, because it sends no referrer.
 */
export function isFromOurPage(context: Context, publicUrl: URL): boolean {
  const site = context.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') return false;
  const origin = context.req.header('origin');
  return origin === undefined || origin === publicUrl.origin || (origin === 'null' && site === 'same-origin');
}

/** The headers of every response. */
export function protect(context: Context, publicUrl: URL, session: StoredLinkSession | null = null): void {
  const origin = session?.origin ?? null;
  // Chrome also applies this to the target of a form's redirect.
  const formTargets = session?.returnUrl ? `'self' ${new URL(session.returnUrl).origin}` : "'self'";
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    `form-action ${formTargets}`,
    `frame-ancestors ${origin ?? "'none'"}`,
    "base-uri 'none'",
  ];
  context.header('content-security-policy', policy.join('; '));
  context.header('x-frame-options', origin === null ? 'DENY' : undefined);
  // A popup must be able to reach the window that opened it.
  context.header('cross-origin-opener-policy', origin === null ? 'same-origin' : 'unsafe-none');
  context.header('cross-origin-resource-policy', 'same-origin');
  context.header('referrer-policy', 'no-referrer');
  context.header('x-content-type-options', 'nosniff');
  context.header(
    'permissions-policy',
    'camera=(), clipboard-read=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  );
  context.header('cache-control', 'no-store');
  if (publicUrl.protocol === 'https:') context.header('strict-transport-security', 'max-age=63072000');
}

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
