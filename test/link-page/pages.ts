import type { SessionPage } from '../../src/link-page/pages/page.ts';
import { textsIn } from '../../src/texts/index.ts';

/** What a page shows of a session, without a server. */
export function aPage(session: Partial<SessionPage['session']>, more: Partial<SessionPage> = {}): SessionPage {
  const nowMs = Date.UTC(2026, 8, 1);
  return {
    session: {
      sessionId: 'session',
      ownerId: 'anna',
      label: null,
      returnUrl: null,
      origin: null,
      language: null,
      replaces: null,
      state: 'open',
      attempts: 0,
      slips: [],
      checks: [],
      answer: null,
      accountId: null,
      createdAt: new Date(nowMs),
      expiresAt: new Date(nowMs + 60_000),
      endedAt: null,
      ...session,
    },
    texts: textsIn.en,
    platform: 'Taxbird',
    path: '/link/token',
    addresses: [],
    streams: [],
    status: null,
    platformEndsAt: null,
    nowMs,
    maxAttempts: 10,
    missing: new Set(),
    ...more,
  };
}
