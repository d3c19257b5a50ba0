import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { streamOrder, wakesAtMs } from '../../src/activities/stream-order.ts';
import { streams } from '../../src/bitmart/streams/index.ts';
import { knownTimetable } from '../../src/bitmart/timetable.ts';
import { createClient } from '../../src/client/index.ts';
import { createPostgresStore, fleetFigures, fleetStreams, loadParts } from '../../src/database/index.ts';
import type { PartState } from '../../src/history/part-state.ts';
import { restMs } from '../../src/history/rest.ts';
import type { Stream } from '../../src/history/stream.ts';
import { fleetTimetable } from '../../src/worker/fleet-timetable.ts';
import { linkedAccount, migratedDatabase, type TestDatabase } from '../database/support.ts';

/** What the records of one account show of the exchange holds for every account. */
let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase({ role: undefined });
});
afterAll(() => database.close());
beforeEach(() => database.pool.query('truncate account, coverage, gap cascade'));

const dayMs = 86_400_000;
const { spotTradingEndMs, platformEndMs } = knownTimetable;
const nowMs = spotTradingEndMs + 95 * dayMs;
const [spotTrades] = streams as readonly [Stream, ...Stream[]];

async function accountWith(accountId: string, more: Partial<PartState>, stream = spotTrades): Promise<string> {
  await linkedAccount(database, accountId);
  const store = createPostgresStore(database, { gapsOf: () => [] });
  for (const part of stream.parts) {
    const reference = { accountId, stream, part };
    const { fence } = await store.openPart(reference);
    await store.changePart(reference, fence, (state) => ({ ...state, ...more }));
  }
  return accountId;
}

/** Spot trades that were requested back to their origin, and read until a moment ago, without a record. */
const emptyAndRead: Partial<PartState> = {
  claimedFromMs: nowMs - 91 * dayMs,
  covered: [{ from: nowMs - 91 * dayMs, to: nowMs }],
  requested: [{ from: spotTrades.originMs, to: nowMs }],
  walkedWith: 'key',
  lastReadEndMs: nowMs,
  settledThroughMs: nowMs - dayMs,
  sweptMs: nowMs,
  readThrough: true,
};

function worker() {
  const lines: object[] = [];
  const log = { warn: (fields: object, event: string) => void lines.push({ ...fields, event }) };
  const troubles = { warn: vi.fn() };
  const options = { database, exchange: { streams }, log: log as never, troubles };
  return { lines, troubles, start: () => fleetTimetable(knownTimetable, options) };
}

test('a record of one account dated after an end disproves it for the whole fleet, with one warning', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { lines, start, troubles } = worker();
  const timetable = await start();
  try {
    expect(timetable.current).toEqual(knownTimetable);
    await accountWith('quiet', { newestRowMs: spotTradingEndMs - 1 });
    await accountWith('trades', { newestRowMs: spotTradingEndMs + dayMs });
    vi.advanceTimersByTime(300_000);
    await vi.waitFor(() => expect(timetable.current).toEqual({ ...knownTimetable, spotTradingEndMs: null }));
    const refreshed = vi.waitFor(() => expect(timetable.current?.platformEndMs).toBeNull());
    await accountWith('later', { newestRowMs: platformEndMs });
    vi.advanceTimersByTime(300_000);
    await refreshed;
    expect(lines).toEqual([
      {
        stream: 'spot-trades',
        announcedEnd: new Date(spotTradingEndMs),
        newestRecord: new Date(spotTradingEndMs + dayMs),
        event: expect.stringContaining('dated after the end that BITMART_TIMETABLE announces'),
      },
    ]);
    expect(troubles.warn).not.toHaveBeenCalled();
  } finally {
    timetable.stop();
    vi.useRealTimers();
  }
});

test('a worker that starts later knows it at once, and reads every account as if the end were unknown', async () => {
  const accountId = await accountWith('rests', emptyAndRead);
  const store = createPostgresStore(database, { gapsOf: () => [] });
  const order = async () => {
    const timetable = await worker().start();
    timetable.stop();
    const settings = { rereadWindowMs: dayMs, settleLagMs: 10_000, timetable: timetable.current };
    const exchange = { streams, clockMs: () => nowMs + 1_000 };
    const dependencies = { database, store, exchange, settings } as unknown as Dependencies;
    const request = { accountId, streams: ['spot-trades'] } as unknown as Parameters<typeof streamOrder>[1];
    const { due, resting } = await streamOrder(dependencies, request);
    return { due: due.map(({ name }) => name), resting: resting.map(({ name }) => name) };
  };
  expect(await order()).toEqual({ due: [], resting: ['spot-trades'] });
  await accountWith('trades', { newestRowMs: spotTradingEndMs });
  expect(await order()).toEqual({ due: ['spot-trades'], resting: [] });
});

test('an account of which everything rests sleeps until the first rest ends, and then reads along what is half a day old', async () => {
  const [deposits] = streams.filter(({ name }) => name === 'deposits') as [Stream];
  const hourMs = dayMs / 24;
  const readMs = (ms: number) => ({ ...emptyAndRead, lastReadEndMs: ms, walkedWith: 'key' }) as const;
  const accountId = 'sleeps';
  await accountWith(accountId, readMs(nowMs - 14 * hourMs));
  const store = createPostgresStore(database, { gapsOf: () => [] });
  for (const part of deposits.parts) {
    const reference = { accountId, stream: deposits, part };
    const { fence } = await store.openPart(reference);
    await store.changePart(reference, fence, (state) => ({ ...state, ...readMs(nowMs - 4 * hourMs) }));
  }
  const at = (clockMs: number) => {
    const settings = { rereadWindowMs: dayMs, settleLagMs: 10_000, timetable: knownTimetable };
    const exchange = { streams: [spotTrades, deposits], clockMs: () => clockMs };
    return { database, store, exchange, settings } as unknown as Dependencies;
  };
  const parts = await loadParts(database, accountId);
  const wakesMs = nowMs - 14 * hourMs + restMs;
  expect(await wakesAtMs(at(nowMs), accountId, parts)).toBe(wakesMs);
  expect(await wakesAtMs(at(wakesMs), accountId, parts)).toBeNull();
  const request = { accountId, streams: ['spot-trades', 'deposits'] } as unknown as Parameters<typeof streamOrder>[1];
  const dueAt = async (clockMs: number) => (await streamOrder(at(clockMs), request)).due.map(({ name }) => name);
  expect(await dueAt(wakesMs - 1)).toEqual([]);
  expect(await dueAt(wakesMs)).toEqual(['spot-trades', 'deposits']);
});

test('a client computes coverage by it too, whosever record it was', async () => {
  const accountId = await accountWith('late', emptyAndRead);
  const spot = async (options: Omit<Parameters<typeof createClient>[0], 'databaseUrl'> = {}) => {
    const client = createClient({ databaseUrl: database.url, ...options });
    const { streams: reported } = await client.forOwner('owner of late').coverage(accountId);
    await client.close();
    return reported.find(({ stream }) => stream === 'spot-trades')?.complete;
  };
  expect(await spot()).toBe(false);
  expect(await spot({ timetable: null })).toBe(true);
  // The names that were there before: one end for all trading, and the end of the platform alone.
  expect(await spot({ timetable: { tradingEndMs: spotTradingEndMs } })).toBe(false);
  expect(await spot({ timetable: {} })).toBe(true);
  expect(await spot({ platformEndMs })).toBe(false);
  expect(await spot({ platformEndMs: null })).toBe(true);
  await accountWith('trades', { newestRowMs: spotTradingEndMs });
  expect(await spot()).toBe(true);
});

test('the greatest age at which a record of a stream was ever served is known for the fleet', async () => {
  const [withdrawals] = streams.filter(({ name }) => name === 'withdrawals') as [Stream];
  await accountWith('shallow', { provedReachMs: 3 * dayMs });
  await accountWith('deep', { provedReachMs: 270.5 * dayMs });
  await accountWith('without records', { newestRowMs: null }, withdrawals);
  expect(await fleetStreams(database)).toEqual([
    { stream: 'spot-trades', newestRowMs: null, shownReachMs: 270.5 * dayMs },
    { stream: 'withdrawals', newestRowMs: null, shownReachMs: null },
  ]);
  const { shownReachDays } = await fleetFigures(database, { timetable: null });
  expect(shownReachDays).toEqual({ 'spot-trades': 270.5 });
});
