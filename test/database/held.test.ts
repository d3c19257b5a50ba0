import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresStore, type Database } from '../../src/database/index.ts';
import type { HeldRow, PartReference } from '../../src/history/ports.ts';
import type { Page } from '../../src/history/stream.ts';
import { claiming, futuresTrades, hour, pageOf, partOf, row, spotTrades, startMs, trade } from './records.ts';
import { migratedDatabase } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

async function commit(part: PartReference, page: Page, decide = claiming(page)) {
  const store = createPostgresStore(database, { gapsOf: () => [] });
  const { fence } = await store.openPart(part);
  return store.commitPage(part, fence, page, decide);
}

async function heldOf(part: PartReference, page: Page): Promise<readonly HeldRow[]> {
  let seen: readonly HeldRow[] = [];
  await commit(part, page, (state, held) => {
    seen = held;
    return claiming(page)(state, held);
  });
  return seen;
}

test('rows held are those inside the core and those with an identity that is served, each once', async () => {
  const part = partOf('held', spotTrades);
  const outside = trade(4000);
  const farOutside = trade(5000);
  const wide = { from: startMs, to: startMs + 7_200_000 };
  await commit(part, pageOf([trade(1), trade(2), outside, farOutside], { question: { part: 'all', core: wide } }));

  const held = await heldOf(part, pageOf([trade(2), outside]));

  expect(held.map((each) => each.key).sort()).toEqual([trade(1), trade(2), outside].map((each) => each.key).sort());
  expect(held.find((each) => each.key === outside.key)).toEqual({
    key: outside.key,
    at: outside.at,
    digest: outside.digest,
    fixedDigest: outside.fixedDigest,
    splitValue: null,
    changedAtMs: pageOf([]).clockMs,
  });
});

test('rows held come with the value of the column by which a unit was divided', async () => {
  const part = partOf('held-split', spotTrades);
  await commit(part, pageOf([trade(1)]));
  const split = { column: 'order_mode', value: 'spot' };
  const [held] = await heldOf(part, pageOf([], { question: { part: 'all', core: hour, split } }));
  expect(held?.splitValue).toBe('spot');
});

test('rows held never come from another account or another part', async () => {
  const future = (part: string) =>
    row(
      futuresTrades,
      startMs + 5,
      { symbol: 'BTCUSDT', trade_id: '1', order_id: '2', side_code: 1, side: 'buy', price: '1', contracts: '1' },
      part,
    );
  const page = (part: string) => pageOf([future(part)], { question: { part, core: hour } });
  await commit(partOf('parts', futuresTrades, 'futures'), page('futures'));
  expect(await heldOf(partOf('parts', futuresTrades, 'copy_trading'), page('copy_trading'))).toEqual([]);
  expect(await heldOf(partOf('parts-other', futuresTrades, 'futures'), page('futures'))).toEqual([]);
  const { rows } = await sql`select 1 from futures_trade where account_id = 'parts'`.execute(database.kysely);
  expect(rows).toHaveLength(2);
});

test('a record that comes back with another time is quarantined, however far from the window it is stored', async () => {
  const part = partOf('moved', spotTrades);
  const longAgo = startMs - 30 * 86_400_000;
  const wide = { from: longAgo, to: longAgo + 3_600_000 };
  const moved = trade(1).values.map((value, i) => (i === 8 ? new Date(longAgo).toISOString() : value));
  const first = { ...trade(1), at: longAgo, fixedDigest: 'as first served', values: moved };
  await commit(part, pageOf([first], { question: { part: 'all', core: wide } }));

  const { decision, pageId } = await commit(part, pageOf([trade(1), trade(2)]));

  expect(pageId).not.toBeNull();
  expect(decision.insert.map((each) => each.key)).toEqual([trade(2).key]);
  expect(decision.quarantine.map((each) => each.key)).toEqual([trade(1).key]);
  const { rows } = await sql`select traded_at from spot_trade where account_id = 'moved' order by 1`.execute(
    database.kysely,
  );
  expect(rows).toEqual([{ traded_at: new Date(longAgo) }, { traded_at: new Date(trade(2).at) }]);
  const { rows: revisions } = await sql<{ pages: number }>`
    select count(distinct page_id)::int as pages from page where account_id = 'moved'`.execute(database.kysely);
  expect(revisions).toEqual([{ pages: 2 }]);
});

test('a row of a window that was never asked for is known by its identity', async () => {
  const part = partOf('elsewhere', spotTrades);
  await commit(
    part,
    pageOf([trade(4000)], { question: { part: 'all', core: { from: startMs, to: startMs + 7_200_000 } } }),
  );
  const { decision } = await commit(part, pageOf([trade(4000), trade(1)]));
  expect(decision).toMatchObject({ unchanged: 1, insert: [{ key: trade(1).key }] });
});

test('a page that changes one row and holds another that is stored under another time stores what it can', async () => {
  const part = partOf('poison', spotTrades);
  const far = trade(5_000);
  await commit(
    part,
    pageOf([trade(1), far], { question: { part: 'all', core: { from: startMs, to: startMs + 7_200_000 } } }),
  );

  const changed = trade(1, { fee: '0.7' });
  const values = far.values.map((value, i) => (i === 8 ? new Date(trade(2).at).toISOString() : value));
  const moved = { ...far, at: trade(2).at, fixedDigest: 'of another time', values };
  const outcome = await commit(part, pageOf([changed, moved, trade(3)]));

  expect(outcome.decision.change.map(({ key }) => key)).toEqual([changed.key]);
  expect(outcome.decision.insert.map(({ key }) => key)).toEqual([trade(3).key]);
  expect(outcome.decision.quarantine.map(({ key }) => key)).toEqual([far.key]);
});

test('an answer that is older than the one which last changed a row leaves the row unchanged', async () => {
  const part = partOf('older', spotTrades);
  await commit(part, pageOf([trade(1, { fee: '0.1' })]));
  await commit(part, pageOf([trade(1, { fee: '0.2' })], { clockMs: hour.to + 600_000 }));
  const cached = pageOf([trade(1, { fee: '0.1' })], { clockMs: hour.to + 700_000, ageSeconds: 600 });
  expect((await commit(part, cached)).decision).toMatchObject({ change: [], unchanged: 1 });
  const fresh = pageOf([trade(1, { fee: '0.3' })], { clockMs: hour.to + 800_000 });
  expect((await commit(part, fresh)).decision.change).toHaveLength(1);
});

test('what a cache kept is as old as its content: an answer made after it changes the row, although it came before', async () => {
  const part = partOf('kept', spotTrades);
  const cached = pageOf([trade(1, { fee: '0.1' })], { clockMs: hour.to + 700_000, ageSeconds: 600 });
  await commit(part, cached);
  const between = pageOf([trade(1, { fee: '0.2' })], { clockMs: hour.to + 600_000 });
  expect((await commit(part, between)).decision.change).toHaveLength(1);
});
