import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresStore, type Database } from '../../src/database/index.ts';
import { claiming, pageOf, partOf, spotTrades, startMs, trade, unreadable } from './records.ts';
import { migratedDatabase } from './support.ts';

const statements: string[] = [];
let database: Database;
beforeAll(async () => {
  database = await migratedDatabase({ poolSize: 1 });
  const client = await database.pool.connect();
  listenTo(client);
  client.release();
});
afterAll(() => database.close());

/** Writes down every statement that goes over the one connection. */
function listenTo(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((...args: unknown[]) => {
    const [given] = args;
    statements.push(typeof given === 'string' ? given : (given as { text: string }).text);
    return query(...args);
  }) as pg.PoolClient['query'];
}

async function statementsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  statements.length = 0;
  await work();
  return [...statements];
}

test('a page of 200 rows with news of every kind is one transaction of five statements', async () => {
  const store = createPostgresStore(database, {
    gapsOf: () => [{ from: startMs, to: startMs + 1, reason: 'not-yet-read' }],
  });
  const part = partOf('five', spotTrades);
  const { fence } = await store.openPart(part);
  const first = pageOf(Array.from({ length: 100 }, (_, i) => trade(i)));
  await store.commitPage(part, fence, first, claiming(first));
  const rows = [
    ...Array.from({ length: 50 }, (_, i) => trade(i)),
    ...Array.from({ length: 50 }, (_, i) => trade(50 + i, { fee: '9' })),
    ...Array.from({ length: 99 }, (_, i) => trade(100 + i)),
    unreadable('{}'),
  ];
  const page = pageOf(rows);

  const ran = await statementsOf(() => store.commitPage(part, fence, page, claiming(page)));

  expect(ran[0]).toBe('begin');
  expect(ran.at(-1)).toBe('commit');
  expect(ran.slice(1, -1)).toHaveLength(5);
  const again = await statementsOf(() =>
    store.commitPage(part, fence, pageOf(rows.slice(0, 9)), claiming(pageOf(rows.slice(0, 9)))),
  );
  expect(again.slice(1, -1)).toHaveLength(3);
});
