import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';
import { failureCode } from '../client/client-error.ts';
import type { Client } from '../client/index.ts';
import { isFinished, maxSubmissions } from '../client/link-sessions.ts';
import type { StoredLinkSession } from '../database/index.ts';
import { textsFor } from '../texts/index.ts';
import { type Appearance, appearanceOf, assetFile } from './appearance.ts';
import type { LinkPageConfig } from './configuration.ts';
import { SessionChanges, streamPage } from './live.ts';
import type { LinkPageMetrics } from './metrics.ts';
import { leavingPage } from './pages/endings.ts';
import { document, mainElement, type PageContent, returnAddress, type SessionPage } from './pages/page.ts';
import { sessionPage } from './pages/session-page.ts';
import { clientAddress, hostCheck, isFromOurPage, maxBodyBytes, protect, RateLimiter } from './protection.ts';

interface LinkPageParts {
  readonly client: Client;
  readonly config: LinkPageConfig;
  readonly metrics: LinkPageMetrics;
  readonly log: LinkPageLog;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
}

/** Event names and fields; never a URL, which holds the session's secret. */
export type LinkPageLog = (level: 'info' | 'error', event: string, fields: Readonly<Record<string, unknown>>) => void;

/** A person needs about five in a minute; many people may share the address of an office or a phone network. */
const requestsPerMinute = 300;
/** A person types a key now and then; a few people may share the address of an office. */
const submissionsPerMinute = 30;

const requiredFields = ['apiKey', 'apiSecret', 'memo'] as const;

/** All routes of the page. */
export function linkPageRoutes(parts: LinkPageParts): Hono {
  const { config, metrics } = parts;
  const appearance = appearanceOf(config.branding);
  const pages = new SessionPages(parts, appearance);
  const requests = new RateLimiter(requestsPerMinute);
  const submissions = new RateLimiter(submissionsPerMinute);
  const linkScript = assetFile('link.js').toString();
  const routes = new Hono();
  const failed = (error: unknown, context: Context) =>
    parts.log('error', 'link page failed', { route: context.req.routePath, reason: failureCode(error) });

  routes.get('/healthz', (context) => context.text('alive\n'));
  routes.get('/readyz', async (context) => {
    const lines = parts.stopping.aborted
      ? [{ part: 'server', reason: 'it is stopping' }]
      : await parts.client.linkSessions.readiness();
    const text = lines.map(({ part, reason }) => `${part}: ${reason ?? 'ready'}\n`).join('');
    return context.text(text, lines.every(({ reason }) => reason === null) ? 200 : 503);
  });

  routes.use(hostCheck(config.publicUrl));
  routes.use(async (context, next) => {
    protect(context, config.publicUrl);
    return next();
  });

  routes.get('/link.js', (context) => {
    context.header('access-control-allow-origin', '*');
    context.header('cross-origin-resource-policy', 'cross-origin');
    context.header('cache-control', 'public, max-age=3600');
    return context.body(linkScript, 200, { 'content-type': 'text/javascript; charset=utf-8' });
  });
  routes.get('/assets/:name', (context) => {
    const asset = appearance.assets.get(context.req.path);
    if (asset === undefined) return context.notFound();
    context.header('cache-control', 'public, max-age=31536000, immutable');
    return context.body(new Uint8Array(asset.body), 200, { 'content-type': asset.type });
  });

  routes.use('/link/*', async (context, next) => {
    if (requests.allow(addressOf(context, config))) return next();
    metrics.count('limited');
    return pages.plain(context, 'tooOften', 429);
  });

  routes.get('/link/:token', async (context) => {
    const session = await pages.session(context);
    if (session === null) return pages.plain(context, 'notFound', 404);
    if (session.state === 'open') metrics.count('opened');
    return pages.show(context, await pages.of(context, session));
  });

  routes.get('/link/:token/live', async (context) => {
    const found = await pages.session(context);
    if (found === null) return context.notFound();
    const { sessionId } = found;
    if (!pages.changes.open(sessionId)) {
      metrics.count('limited');
      return context.text('Too many pages of this session are open.\n', 429);
    }
    metrics.count('live');
    return streamPage(
      context,
      async () => {
        const session = await pages.session(context);
        return session === null ? null : pages.of(context, session, { isLive: true });
      },
      { changes: pages.changes, sessionId, failed: (error) => failed(error, context) },
      parts.stopping,
    );
  });

  routes.use('/link/*', bodyLimit({ maxSize: maxBodyBytes, onError: (context) => context.text('Too large.\n', 413) }));

  routes.post('/link/:token', async (context) => {
    if (!isFromOurPage(context, config.publicUrl)) return pages.plain(context, 'notStored', 403);
    const session = await pages.session(context);
    if (session === null) return pages.plain(context, 'notFound', 404);
    if (!takesKeys(session)) return context.redirect(pages.pathOf(context), 303);
    if (!submissions.allow(addressOf(context, config))) {
      metrics.count('limited');
      return pages.plain(context, 'tooOften', 429);
    }
    const typed = await typedIn(context);
    const missing = new Set(requiredFields.filter((name) => typed[name].trim() === ''));
    if (missing.size > 0) return pages.show(context, { ...(await pages.of(context, session)), missing }, 422);
    const submission = await parts.client.linkSessions.submit(session, typed);
    if (submission !== null) void pages.follow(session, submission);
    else if (takesKeys(await pages.session(context))) {
      // The session is open but accepts no key, because there were too many attempts.
      metrics.count('limited');
      return pages.plain(context, 'tooOften', 429);
    }
    return context.redirect(pages.pathOf(context), 303);
  });

  routes.get('/link/:token/exit', async (context) => {
    const session = await pages.session(context);
    if (session === null) return pages.plain(context, 'notFound', 404);
    if (!takesKeys(session)) return context.redirect(pages.pathOf(context), 303);
    return pages.show(context, await pages.of(context, session), 200, leavingPage);
  });

  routes.post('/link/:token/exit', async (context) => {
    if (!isFromOurPage(context, config.publicUrl)) return pages.plain(context, 'notStored', 403);
    const session = await pages.session(context);
    if (session === null) return pages.plain(context, 'notFound', 404);
    await parts.client.linkSessions.exit(session);
    const after = await pages.session(context);
    if (after?.state === 'exited' && session.state !== 'exited') metrics.count('exited');
    pages.changes.tell(session.sessionId);
    const isScript = context.req.header('accept')?.includes('text/x-main') ?? false;
    const page = await pages.of(context, after ?? session);
    const back = page.session.state === 'exited' ? returnAddress(page, 'exited') : null;
    return context.redirect(back === null || isScript ? page.path : back, 303);
  });

  routes.notFound((context) => pages.plain(context, 'notFound', 404));
  routes.onError((error, context) => {
    failed(error, context);
    // A submission fails only before its key is stored. Any other request may be about a key that is stored.
    const isSubmission = context.req.method === 'POST' && context.req.routePath === '/link/:token';
    return pages.plain(context, isSubmission ? 'notStored' : 'failed', 503);
  });
  return routes;
}

/** Renders the pages of sessions. */
class SessionPages {
  readonly changes = new SessionChanges();
  readonly #parts: LinkPageParts;
  readonly #appearance: Appearance;

  constructor(parts: LinkPageParts, appearance: Appearance) {
    this.#parts = parts;
    this.#appearance = appearance;
  }

  async session(context: Context): Promise<StoredLinkSession | null> {
    const token = context.req.param('token') ?? '';
    // A malformed token is not looked up.
    return /^[\w-]{43}$/.test(token) ? this.#parts.client.linkSessions.find(token) : null;
  }

  pathOf(context: Context): string {
    return `/link/${context.req.param('token')}`;
  }

  async of(context: Context, session: StoredLinkSession, { isLive = false } = {}): Promise<SessionPage> {
    const { client, config } = this.#parts;
    const nowMs = Date.now();
    // Someone who finds the URL later learns only that it was used.
    const isShown = session.state === 'linked' && session.accountId !== null && nowMs < session.expiresAt.getTime();
    const status = isShown ? await this.#status(session, isLive) : null;
    return {
      session,
      texts: textsFor(session.language, context.req.header('accept-language')),
      platform: config.branding.name,
      path: this.pathOf(context),
      addresses: config.addresses,
      streams: client.linkSessions.streams,
      status,
      platformEndsAt: await client.linkSessions.platformEnd(),
      nowMs,
      maxAttempts: maxSubmissions,
      missing: new Set(),
    };
  }

  async show(
    context: Context,
    page: SessionPage,
    status: 200 | 422 = 200,
    contentOf: (page: SessionPage) => PageContent = sessionPage,
  ): Promise<Response> {
    protect(context, this.#parts.config.publicUrl, page.session);
    const content = contentOf(page);
    const { texts } = page;
    const main = mainElement(content, page);
    const refreshSeconds = content.state === 'leaving' ? null : refreshAfter(page);
    return context.html(
      document({ texts, appearance: this.#appearance, heading: content.heading, main, refreshSeconds }),
      status,
    );
  }

  /** A page without a session. */
  plain(
    context: Context,
    kind: 'notFound' | 'tooOften' | 'failed' | 'notStored',
    status: 403 | 404 | 429 | 503,
  ): Response | Promise<Response> {
    const texts = textsFor(null, context.req.header('accept-language'));
    const lead = texts.leads[kind];
    const heading = texts.headings[kind === 'notStored' ? 'failed' : kind];
    const main = html`<main data-state="ended">
      <h1 tabindex="-1">${heading}</h1>
      <p class="lead">${typeof lead === 'string' ? lead : lead(this.#appearance.name)}</p>
    </main>`;
    return context.html(document({ texts, appearance: this.#appearance, heading, main, refreshSeconds: null }), status);
  }

  /** Counts the outcome of a submission. */
  async follow(
    { sessionId }: StoredLinkSession,
    submission: Awaited<ReturnType<Client['linkSessions']['submit']>> & {},
  ): Promise<void> {
    const { metrics, log } = this.#parts;
    const startedMs = performance.now();
    metrics.count('submitted');
    this.changes.tell(sessionId);
    const result = await submission.checked;
    const { outcome } = result;
    this.changes.tell(sessionId);
    const seconds = (performance.now() - startedMs) / 1_000;
    const problems = result.problems.map(({ code }) => code);
    metrics.checked(seconds, problems);
    if (outcome === 'accepted') metrics.count('linked');
    if (outcome === 'refused') metrics.count('refused');
    const reason = 'reason' in result && { reason: result.reason };
    log('info', 'key checked', { sessionId, outcome, problems, ...reason, durationMs: Math.round(seconds * 1_000) });
  }

  /** Null if the account was erased or merged meanwhile: the page only says that it was linked. */
  async #status({ ownerId, accountId }: StoredLinkSession, isLive: boolean) {
    try {
      return await this.#parts.client.forOwner(ownerId).status(accountId as string);
    } catch (error) {
      // An open page would show that for good; one that is loaded says so rather than nothing.
      if (isLive && !['account-not-found', 'account-merged'].includes(failureCode(error))) throw error;
      return null;
    }
  }
}

function takesKeys(session: StoredLinkSession | null): boolean {
  return session?.state === 'open' || session?.state === 'refused';
}

/** How soon a browser without JavaScript reloads; null if nothing can change. */
function refreshAfter({ session, status, nowMs }: SessionPage): number | null {
  if (session.state === 'checking') return session.answer === null ? 1 : 10;
  if (session.state === 'linked') return status !== null && status.status !== 'live' ? 5 : null;
  if (isFinished(session.state)) return null;
  return Math.ceil((session.expiresAt.getTime() - nowMs) / 1_000) + 1;
}

async function typedIn(context: Context) {
  const body = await context.req.parseBody();
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : '');
  return {
    apiKey: text('apiKey'),
    apiSecret: text('apiSecret'),
    memo: text('memo'),
    // This is only a label: unsuitable characters are removed instead of refusing the key. The cut may leave half an emoji.
    subAccount:
      text('subAccount')
        .slice(0, 100)
        .replace(/[\p{Cc}\p{Cs}]/gu, '')
        .trim() || null,
  };
}

function addressOf(context: Context, { proxyHops }: LinkPageConfig): string {
  const peer = getConnInfo(context).remote.address ?? '';
  return clientAddress(peer, context.req.header('x-forwarded-for'), proxyHops);
}
