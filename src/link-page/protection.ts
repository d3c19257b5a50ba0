import type { Context, MiddlewareHandler } from 'hono';
import type { StoredLinkSession } from '../database/index.ts';

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
