import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { createBitmartExchange } from '../../src/bitmart/index.ts';
import { createPostgresPace } from '../../src/database/index.ts';
import { createBudget } from '../../src/history/part-reading.ts';
import { readPart } from '../../src/history/read-part.ts';
import { defaultReadSettings as settings } from '../../src/history/settings.ts';
import type { Stream } from '../../src/history/stream.ts';
import { migratedDatabase, type TestDatabase } from '../database/support.ts';
import { MemoryStore } from '../simulation/memory-store.ts';

/** Far more than a slot, so that a busy machine does not look like one request at a time. */
const latencyMs = 500;
const records = 3_000;
/** 12 calls in 2 s, of which nine tenths are used. */
const slotMs = 186;

let database: TestDatabase;
let sandbox: Sandbox;
beforeAll(async () => {
  database = await migratedDatabase();
  sandbox = await startSandbox({ switches: { limits: 'sliding', latencyMs } });
});
afterAll(async () => {
  await sandbox.close();
  await database.close();
});

test('where an answer takes longer than a rate-limit slot, the slots are used all the same, and none is answered 429', async () => {
  const account = sandbox.exchange.addAccount({ name: 'far' });
  const endMs = Date.now() - 60_000;
  sandbox.exchange.generate('far', { spotTrades: records, days: 88, endMs, evenly: true });
  const exchange = createBitmartExchange({
    spotUrl: sandbox.url,
    futuresUrl: sandbox.url,
    limits: 'published',
    rateShare: 0.9,
    pace: createPostgresPace(database, { egressId: 'far' }),
  });
  const stream = exchange.streams.find(({ name }) => name === 'spot-trades') as Stream;
  const store = new MemoryStore();
  const reference = { accountId: 'far', stream, part: 'all' };
  const reader = exchange.open({ credentials: account, fingerprint: 'far' });
  const budget = createBudget({ pages: 1_000, durationMs: 60_000 });
  const { signal } = new AbortController();
  const read = await readPart({ exchange, reader, keyId: 'key', store, settings, budget, signal }, reference);
  expect(read).toMatchObject({ done: true, inserted: records });
  const asked = sandbox.exchange.log.filter(({ endpoint }) => endpoint === stream.endpoint);
  expect(asked.filter(({ httpStatus }) => httpStatus !== 200)).toEqual([]);
  // At the start each answer decides what is asked next. One at a time, a request follows the last one after the latency.
  const pausesMs = asked.map(({ atMs }, i) => atMs - (asked[i - 1]?.atMs ?? atMs)).slice(-14);
  const medianMs = pausesMs.toSorted((a, b) => a - b)[7] as number;
  expect(medianMs).toBeGreaterThan(0.9 * slotMs);
  expect(medianMs).toBeLessThan(latencyMs - 10);
  await exchange.close();
});
