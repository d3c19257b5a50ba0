import { expect, test, vi } from 'vitest';
import { ClientError } from '../../src/client/client-error.ts';
import type { Client } from '../../src/client/index.ts';
import type { StoredLinkSession } from '../../src/database/index.ts';
import { linkPageConfig } from '../../src/link-page/configuration.ts';
import { LinkPageMetrics } from '../../src/link-page/metrics.ts';
import { linkPageRoutes } from '../../src/link-page/routes.ts';
import { aPage } from './pages.ts';

/** Fetches a path of a session, which each call finds anew. */
async function fetched(
  path: string,
  find: () => Promise<StoredLinkSession>,
  init: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> } = {},
) {
  const config = linkPageConfig({});
  const logs: unknown[] = [];
  const linkSessions = { find, submit: unreachable, streams: [], platformEnd: async () => null };
  const routes = linkPageRoutes({
    client: { linkSessions, forOwner: () => ({ status: unreachable }) } as unknown as Client,
    config,
    metrics: new LinkPageMetrics(),
    log: (_level, event, fields) => logs.push({ event, ...fields }),
    stopping: new AbortController().signal,
  });
  const url = `${config.publicUrl.origin}/link/${'t'.repeat(43)}${path}`;
  const incoming = { socket: { remoteAddress: '127.0.0.1' } };
  const headers = { host: config.publicUrl.host, ...init.headers };
  const answer = await routes.request(url, { ...init, headers }, { incoming });
  return { status: answer.status, text: await answer.text(), logs };
}

async function unreachable(): Promise<never> {
  throw new ClientError('database-unreachable', 'Postgres at db:5432 is away', 'Start it.');
}

test('a page that fails is logged with the code of the failure', async () => {
  const { status, logs } = await fetched('', unreachable);
  expect(status).toBe(503);
  expect(logs).toEqual([{ event: 'link page failed', route: '/link/:token', reason: 'database-unreachable' }]);
});

test('a page that fails does not say that nothing was stored, because a key may be', async () => {
  const body = new URLSearchParams();
  for (const [path, init] of [
    ['', {}],
    ['/exit', {}],
    ['/exit', { method: 'POST', body }],
  ] as const) {
    const { status, text } = await fetched(path, unreachable, init);
    expect(status).toBe(503);
    expect(text).toContain('This page can’t be shown now. Reload it in a minute.');
    expect(text).not.toContain('stored');
  }
});

test('a submission that fails says that it was not stored', async () => {
  const post = { method: 'POST', body: new URLSearchParams({ apiKey: 'a', apiSecret: 'b', memo: 'c' }) };
  for (const find of [unreachable, async () => aPage({}).session]) {
    const { status, text } = await fetched('', find, post);
    expect(status).toBe(503);
    expect(text).toContain('What you sent was not stored. Try again in a minute.');
  }
  const fromElsewhere = await fetched('', unreachable, { ...post, headers: { 'sec-fetch-site': 'cross-site' } });
  expect(fromElsewhere).toMatchObject({ status: 403, text: expect.stringContaining('What you sent was not stored.') });
});

test('a session that has ended is streamed once, and the browser is told not to come back', async () => {
  const { session } = aPage({ state: 'exited' });
  const { text } = await fetched('/live', async () => session);
  expect([...text.matchAll(/^event: (.+)$/gm)].map(([, event]) => event)).toEqual(['page', 'over']);
});

test('a stream that fails ends without a word to the browser or to standard error', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  let times = 0;
  const find = async () => (times++ === 0 ? aPage({}).session : unreachable());
  const { text, logs } = await fetched('/live', find);
  expect(text).toBe('');
  expect(logs).toEqual([{ event: 'link page failed', route: '/link/:token/live', reason: 'database-unreachable' }]);
  expect(said).not.toHaveBeenCalled();
  said.mockRestore();
});

test('a history that can’t be loaded for now does not end the stream of a linked session for good', async () => {
  const expiresAt = new Date(Date.now() + 60_000);
  const { session } = aPage({ state: 'linked', accountId: 'account', expiresAt });
  const { text, logs } = await fetched('/live', async () => session);
  expect(text).not.toContain('over');
  expect(logs).toEqual([expect.objectContaining({ reason: 'database-unreachable' })]);
});
