import { html } from 'hono/html';
import type { Status } from '../../client/index.ts';
import type { StoredLinkSession } from '../../database/index.ts';
import type { Texts } from '../../texts/index.ts';
import type { Appearance } from '../appearance.ts';

export type Html = ReturnType<typeof html>;

/** What `<main data-state>` says. `leaving` asks for confirmation before a session ends, on pages without JavaScript. */
type PageState = 'form' | 'checking' | 'refused' | 'linked' | 'expired' | 'ended' | 'leaving';

/** Everything that a page of a session shows. */
export interface SessionPage {
  readonly session: StoredLinkSession;
  readonly texts: Texts;
  readonly platform: string;
  /** The path of the session's page. */
  readonly path: string;
  /** The addresses that a user has to bind at BitMart. */
  readonly addresses: readonly string[];
  readonly streams: readonly string[];
  /** The state of the linked account; null before it is linked, and when the session's time is over. */
  readonly status: Status | null;
  readonly platformEndsAt: Date | null;
  readonly nowMs: number;
  readonly maxAttempts: number;
  /** Fields that were submitted empty. */
  readonly missing: ReadonlySet<string>;
}

/** One state of a session, as shown in the document and as sent while the page is open. */
export interface PageContent {
  readonly state: PageState;
  readonly heading: string;
  readonly body: Html;
}

export function mainElement({ state, heading, body }: PageContent, { session, path, nowMs }: SessionPage): Html {
  const { sessionId, origin, attempts, accountId, answer } = session;
  return html`<main
    data-state="${state}"
    data-session="${sessionId}"
    data-origin="${origin ?? ''}"
    data-path="${path}"
    data-attempt="${attempts}"
    data-progress="${progressOf(state, session)}"
    data-account="${accountId ?? ''}"
    data-problems="${JSON.stringify(answer?.problems ?? [])}"
    data-lifetime-ms="${Math.max(0, session.expiresAt.getTime() - nowMs)}"
  >
    <h1 tabindex="-1">${heading}</h1>
    ${body}
  </main>`;
}

/**
 * Grows during a session and never decreases. The browser gets a session's state over two connections, and either can be late:
 * a state with a lower value than the page is older than the page, and is not shown.
 */
function progressOf(state: PageState, { attempts, checks, answer }: StoredLinkSession): number {
  const lines = Math.min(checks.length + (answer === null ? 0 : 1), 999);
  return (attempts * 10 + stages[state]) * 1_000 + lines;
}

const stages: Readonly<Record<PageState, number>> = {
  form: 0,
  leaving: 0,
  checking: 1,
  refused: 2,
  linked: 3,
  expired: 4,
  ended: 4,
};

/** The whole document. `refreshSeconds`: without JavaScript it is fetched again after this time. */
export function document(of: {
  readonly texts: Texts;
  readonly appearance: Appearance;
  readonly heading: string;
  readonly main: Html;
  readonly refreshSeconds: number | null;
}): Html {
  const { texts, appearance, heading, main, refreshSeconds } = of;
  const { name, logoPath, stylePath, scriptPath } = appearance;
  const refresh =
    refreshSeconds === null ? '' : html`<noscript><meta http-equiv="refresh" content="${refreshSeconds}" /></noscript>`;
  return html`<!doctype html>
    <html lang="${texts.tag}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${heading} · ${name}</title>
        <link rel="stylesheet" href="${stylePath}" />
        <script type="module" src="${scriptPath}"></script>
        ${refresh}
      </head>
      <body>
        <header>
          ${logoPath === null ? html`<p class="brand">${name}</p>` : html`<img class="logo" src="${logoPath}" alt="${name}" />`}
        </header>
        ${main}
      </body>
    </html>`;
}

/** Where the user returns to; null if the platform gave no address. */
export function returnAddress({ session }: SessionPage, outcome: 'linked' | 'exited'): string | null {
  if (session.returnUrl === null) return null;
  const url = new URL(session.returnUrl);
  url.searchParams.set('session', session.sessionId);
  url.searchParams.set('outcome', outcome);
  return url.href;
}

/** Back to the platform, or a button that closes a window or frame of its own. */
export function wayBack(page: SessionPage, outcome: 'linked' | 'exited'): Html {
  const address = returnAddress(page, outcome);
  const { texts, platform } = page;
  return address === null
    ? html`<p class="actions"><button type="button" class="primary" data-done hidden>${texts.buttons.close}</button></p>`
    : html`<p class="actions"><a class="button primary" data-done href="${address}">${texts.buttons.back(platform)}</a></p>`;
}
