import { expect, test } from 'vitest';
import { ClientError } from '../../src/client/client-error.ts';
import type { Client } from '../../src/client/index.ts';
import type { StoredLinkSession } from '../../src/database/index.ts';
import { linkPageConfig } from '../../src/link-page/configuration.ts';
import { LinkPageMetrics } from '../../src/link-page/metrics.ts';
import { linkPageRoutes } from '../../src/link-page/routes.ts';

/** Fetches a path of a session, which each call finds anew. */
async function fetched(path: string, find: () => Promise<StoredLinkSession>) {
  const config = linkPageConfig({});
  const logs: unknown[] = [];
  const linkSessions = { find, streams: [], platformEnd: async () => null };
  const routes = linkPageRoutes({
    client: { linkSessions } as unknown as Client,
    config,
    metrics: new LinkPageMetrics(),
    log: (_level, event, fields) => logs.push({ event, ...fields }),
    stopping: new AbortController().signal,
  });
  const url = `${config.publicUrl.origin}/link/${'t'.repeat(43)}${path}`;
  const incoming = { socket: { remoteAddress: '127.0.0.1' } };
  const answer = await routes.request(url, { headers: { host: config.publicUrl.host } }, { incoming });
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
