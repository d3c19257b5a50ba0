import { expect, test } from 'vitest';
import type { Switches } from '../../sandbox/server.ts';
import { baseMs, dayMs, opened } from './opened.ts';
import type { Reply, SigningClient } from './signing-client.ts';

const orders = ['newest-first', 'oldest-first', 'shuffled', 'any-choice-sorted'] as const;
const times = (reported: Reply): number[] => reported.body.data.map((row: { createTime: number }) => row.createTime);
const isRising = (numbers: readonly number[]) =>
  numbers.every((number, i) => i === 0 || number >= (numbers[i - 1] ?? 0));

async function with500Trades(switches: Partial<Switches> = {}) {
  const all = await opened({ switches });
  const rows = Array.from({ length: 500 }, (_, i) => ({ createTime: baseMs + i }));
  all.exchange.add('anna', 'spot-trades', rows);
  return { ...all, whole: () => all.client.spotTrades({ startTime: baseMs - 1, endTime: baseMs + 500 }).then(times) };
}

test('each order chooses and sorts the rows of a full page in its own way', async () => {
  const { exchange, whole } = await with500Trades();
  const pages: Record<string, number[]> = {};
  for (const order of orders) {
    exchange.setSwitches({ order });
    const page = await whole();
    expect(new Set(page).size).toBe(200);
    expect(await whole()).toEqual(page);
    pages[order] = page;
  }
  const offsets = (order: string) => (pages[order] ?? []).map((time) => time - baseMs);
  expect(offsets('newest-first')).toEqual(Array.from({ length: 200 }, (_, i) => 499 - i));
  expect(offsets('oldest-first')).toEqual(Array.from({ length: 200 }, (_, i) => i));
  expect(isRising(offsets('shuffled'))).toBe(false);
  expect(isRising(offsets('any-choice-sorted'))).toBe(true);
  expect(offsets('any-choice-sorted')).not.toEqual(offsets('oldest-first'));
  expect(Math.max(...offsets('any-choice-sorted')) - Math.min(...offsets('any-choice-sorted'))).toBeGreaterThan(300);
});

test('bounds are included or not, each by its switch; futures compare whole seconds', async () => {
  const { exchange, client } = await opened();
  exchange.add(
    'anna',
    'spot-trades',
    [0, 1, 2].map((i) => ({ createTime: baseMs + i })),
  );
  exchange.add(
    'anna',
    'futures-trades',
    [0, 1_500, 2_999].map((i) => ({ create_time: baseMs + i })),
  );
  const seconds = baseMs / 1_000;
  for (const [includesStart, includesEnd, expected] of [
    [true, true, [0, 1, 2]],
    [true, false, [0, 1]],
    [false, true, [1, 2]],
    [false, false, [1]],
  ] as const) {
    exchange.setSwitches({ includesStart, includesEnd, order: 'oldest-first' });
    const spot = await client.spotTrades({ startTime: baseMs, endTime: baseMs + 2 });
    expect(times(spot).map((time) => time - baseMs)).toEqual(expected);
    const futures = await client.futuresTrades({ start_time: seconds, end_time: seconds + 2 });
    const found = futures.body.data.map((row: { create_time: number }) => row.create_time - baseMs);
    expect(found).toEqual(expected.map((i) => [0, 1_500, 2_999][i]));
  }
});

test('caps may be lower than documented, and only the last 100 movements may be served', async () => {
  const { exchange, client } = await opened();
  exchange.generate('anna', { spotTrades: 150, withdrawals: 130, deposits: 40, days: 5 });
  const window = { startTime: Date.now() - 6 * dayMs, endTime: Date.now() };
  exchange.setSwitches({ caps: { 'spot-trades': 100 } });
  expect(times(await client.spotTrades({ ...window, limit: 200 }))).toHaveLength(100);
  expect((await client.movements(window)).body.data.records).toHaveLength(130);
  exchange.setSwitches({ lastMovementsOnly: true, order: 'oldest-first' });
  const { records } = (await client.movements(window)).body.data;
  const all = exchange.truth('anna').filter((row) => row.stream === 'withdrawals');
  expect(records.map((row: { withdraw_id: string }) => row.withdraw_id)).toEqual(all.slice(-100).map((row) => row.id));
  expect((await client.movements({ ...window, operation_type: 'deposit' })).body.data.records).toHaveLength(40);
});

test('limits count per key and endpoint, tell the calls used, and refuse what passes them', async () => {
  for (const limits of ['fixed', 'sliding'] as const) {
    let nowMs = baseMs;
    const { exchange, client } = await opened({ switches: { limits }, now: () => nowMs });
    const ask = async (one: SigningClient) => {
      const reported = await one.movements({});
      const header = (name: string) => Number(reported.headers.get(`x-bm-ratelimit-${name}`));
      return [reported.status, header('remaining'), header('limit'), header('reset')];
    };
    expect(await ask(client)).toEqual([200, 1, 8, 2]);
    nowMs = baseMs + 1_500;
    for (let used = 2; used <= 8; used++) expect(await ask(client)).toEqual([200, used, 8, 2]);
    expect(await ask(client)).toEqual([429, 9, 8, 2]);
    expect((await client.get('/account/v1/wallet')).status).toBe(200);
    nowMs = baseMs + 2_000;
    // A new fixed window forgets everything; a sliding one still holds the seven calls of half a second ago.
    expect(await ask(client)).toEqual([200, limits === 'fixed' ? 1 : 8, 8, 2]);
    expect((await ask(client))[0]).toBe(limits === 'fixed' ? 200 : 429);
    expect(exchange.counts().byEndpoint['/account/v2/deposit-withdraw/history']?.['30013']).toBeGreaterThan(0);
  }
});

test('the clock of the exchange may differ from ours', async () => {
  const { client } = await opened({ switches: { clockOffsetMs: -90_000 } });
  const reported = (await client.send('/system/time', {})).body.data.server_time;
  expect(Math.abs(reported - (Date.now() - 90_000))).toBeLessThan(2_000);
  expect((await client.spotTrades({})).body.code).toBe(30007);
  const timestampMs = Date.now() - 90_000;
  expect((await client.post('/spot/v4/query/trades', {}, { timestampMs })).body.code).toBe(1000);
});

test('answers take as long as the latency, and records appear as late as the delay', async () => {
  let nowMs = baseMs + 1_000;
  const { exchange, client } = await opened({ switches: { visibilityDelayMs: 60_000 }, now: () => nowMs });
  exchange.add('anna', 'deposits', [
    { apply_time: baseMs },
    { apply_time: baseMs, visibleFromMs: baseMs + 7_200_000 },
    { apply_time: baseMs + 60_000, visibleFromMs: 0 },
  ]);
  const found = async () => (await client.movements({ operation_type: 'deposit' })).body.data.records.length;
  expect(await found()).toBe(0);
  nowMs = baseMs + 59_999;
  expect(await found()).toBe(0);
  nowMs = baseMs + 60_000;
  expect(await found()).toBe(2);
  nowMs = baseMs + 7_200_000;
  expect(await found()).toBe(3);
  exchange.setSwitches({ latencyMs: 120 });
  const startedMs = performance.now();
  await found();
  expect(performance.now() - startedMs).toBeGreaterThan(100);
});

test('a switch that does not exist is refused', async () => {
  const { exchange } = await opened();
  expect(() => exchange.setSwitches({ ordre: 'shuffled' } as never)).toThrow('ordre');
});
