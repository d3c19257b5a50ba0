import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresStore, type Database, pagesBehind, unprovedCoverage } from '../../src/database/index.ts';
import type { PartReference } from '../../src/history/ports.ts';
import type { Page, ServedRow } from '../../src/history/stream.ts';
import { claiming, pageOf, partOf, spotTrades, startMs, trade } from './records.ts';
import { migratedDatabase } from './support.ts';

/** Answers of an account in which nothing happens take each other's place; what they prove stays proved. */

const hourMs = 3_600_000;
let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

async function commit(part: PartReference, page: Page) {
  const store = createPostgresStore(database, { gapsOf: () => [] });
  const { fence } = await store.openPart(part);
  return store.commitPage(
    part,
    fence,
    page,
    claiming(page, (state) => ({ ...state, readThrough: true, claimedFromMs: startMs })),
  );
}

/** An answer of that hour, which looks back a day. */
function lookBack(hour: number, rows: readonly ServedRow[] = [], backHours = 24): Page {
  const to = startMs + hour * hourMs;
  const core = { from: to - backHours * hourMs, to };
  const asked = { askedFromMs: core.from - 1, askedToMs: core.to, clockMs: to + 10_000 };
  return pageOf(rows, { question: { part: 'all', core }, ...asked, bytes: Buffer.from(`{"of hour":${hour}}`) });
}

async function pagesOf(part: PartReference): Promise<number> {
  const { rows } = await database.pool.query<{ pages: number }>(
    'select count(*)::int as pages from page where account_id = $1',
    [part.accountId],
  );
  return rows[0]?.pages ?? 0;
}

test('a week of hours without news leaves a page a day, and every hour of it is proved by a page that is kept', async () => {
  const part = partOf('quiet', spotTrades);
  await commit(part, lookBack(24));
  for (let hour = 25; hour <= 7 * 24; hour++) {
    const { pageId } = await commit(part, lookBack(hour));
    expect(pageId).not.toBeNull();
    expect(await unprovedCoverage(database, 'quiet')).toEqual([]);
  }
  expect(await pagesOf(part)).toBeLessThanOrEqual(8);
  const range = { from: startMs, to: startMs + 7 * 24 * hourMs };
  const pages = await pagesBehind(database, 'quiet', 'spot-trades', range);
  for (const page of pages)
    expect(page.claim).toEqual([{ from: page.askedFrom.getTime() + 1, to: page.askedTo.getTime() }]);
  expect(pages.at(-1)?.answeredAt.getTime()).toBe(range.to + 10_000);
});

test('a page that brings a record keeps a row of its own, and so does the quiet one before it', async () => {
  const part = partOf('lively', spotTrades);
  await commit(part, lookBack(24));
  const quiet = await commit(part, lookBack(25));
  const news = await commit(part, lookBack(26, [trade(25.5 * 3_600)]));
  const quietAgain = await commit(part, lookBack(27, [trade(25.5 * 3_600)]));
  expect(news.pageId).not.toBe(quiet.pageId);
  expect(quietAgain.pageId).toBe(quiet.pageId);
  expect(await pagesOf(part)).toBe(3);
  const { rows } = await database.pool.query(
    'select 1 from spot_trade join page using (account_id, page_id) where account_id = $1 and page.inserted = 1',
    [part.accountId],
  );
  expect(rows).toHaveLength(1);
  expect(await unprovedCoverage(database, 'lively')).toEqual([]);
});

test('an answer that looks back less far than the tail reaches does not take its place', async () => {
  const part = partOf('short-sighted', spotTrades);
  await commit(part, lookBack(24));
  const quiet = await commit(part, lookBack(30, [], 8));
  const next = await commit(part, lookBack(31, [], 3));
  expect(next.pageId).not.toBe(quiet.pageId);
  expect(await unprovedCoverage(database, 'short-sighted')).toEqual([]);
});

test('where the page to replace is gone, a new one is kept', async () => {
  const part = partOf('thinned', spotTrades);
  await commit(part, lookBack(24));
  const quiet = await commit(part, lookBack(25));
  await database.pool.query('delete from page where page_id = $1', [quiet.pageId]);
  const next = await commit(part, lookBack(26));
  expect(next.pageId).not.toBe(quiet.pageId);
  expect(await pagesOf(part)).toBe(2);
  expect(await unprovedCoverage(database, 'thinned')).toEqual([]);
});
