import { expect, test } from 'vitest';
import { SandboxExchange } from '../../sandbox/exchange.ts';
import { baseMs, dayMs, opened } from './opened.ts';

function exchangeOf(seed: number): SandboxExchange {
  const exchange = new SandboxExchange({ seed, now: () => baseMs, switches: {} });
  exchange.addAccount({ name: 'anna' });
  return exchange;
}

const many = { spotTrades: 14_000, futuresTrades: 5_600, withdrawals: 200, deposits: 200 };

test('the same seed makes the same keys and records; another seed makes others', () => {
  const made = (seed: number) => {
    const exchange = exchangeOf(seed);
    exchange.generate('anna', { spotTrades: 300, futuresTrades: 80, withdrawals: 20, deposits: 20 });
    exchange.addCaptured('anna');
    return JSON.stringify([...exchange.keys.keys(), ...exchange.truth('anna').map((row) => row.servedText)]);
  };
  expect(made(7)).toBe(made(7));
  expect(made(7)).not.toBe(made(8));
});

test('20,000 records are made within the days asked for, none twice', () => {
  const exchange = exchangeOf(1);
  expect(exchange.generate('anna', { ...many, days: 60 })).toEqual({
    'spot-trades': 14_000,
    'futures-trades': 5_600,
    withdrawals: 200,
    deposits: 200,
  });
  const truth = exchange.truth('anna');
  expect(truth).toHaveLength(20_000);
  expect(new Set(truth.map((row) => `${row.stream} ${row.id}`)).size).toBe(20_000);
  for (const row of truth) {
    expect(row.timeMs).toBeGreaterThan(baseMs - 60 * dayMs - 1_000);
    expect(row.timeMs).toBeLessThanOrEqual(baseMs);
  }
});

test('a history can be as old as any reach, and end long ago with nothing still under way', () => {
  const exchange = exchangeOf(1);
  const endMs = baseMs - 100 * dayMs;
  exchange.generate('anna', { spotTrades: 800, futuresFlows: 400, days: 400, endMs });
  exchange.generate('anna', { withdrawals: 400, days: 4, endMs });
  const ages = exchange.truth('anna').map((row) => (baseMs - row.timeMs) / dayMs);
  expect(ages).toHaveLength(1_600);
  expect(Math.min(...ages)).toBeGreaterThan(100);
  expect(Math.min(...ages)).toBeLessThan(110);
  expect(Math.max(...ages)).toBeGreaterThan(490);
  expect(Math.max(...ages)).toBeLessThan(500.1);
  const underWay = exchange
    .truth('anna')
    .filter(({ stream, row }) => stream === 'withdrawals' && Number(row.status) < 3);
  expect(underWay).toEqual([]);
  exchange.generate('anna', { withdrawals: 400, days: 2 });
  expect(exchange.truth('anna').some(({ row }) => Number(row.status) < 3)).toBe(true);
});

test('bursts put up to 150 spot trades into one millisecond and futures trades into one second', () => {
  const exchange = exchangeOf(1);
  exchange.generate('anna', { spotTrades: 1_000, futuresTrades: 1_600, bursts: 4 });
  const most = (stream: string, part: string, unitMs: number) => {
    const counts = new Map<number, number>();
    for (const row of exchange.truth('anna')) {
      if (row.stream !== stream || row.part !== part) continue;
      const unit = Math.floor(row.timeMs / unitMs);
      counts.set(unit, (counts.get(unit) ?? 0) + 1);
    }
    return [...counts.values()].sort((a, b) => b - a).slice(0, 5);
  };
  expect(most('spot-trades', 'all', 1)).toEqual([150, 150, 150, 150, 1]);
  expect(most('futures-trades', 'futures', 1_000)).toEqual([150, 150, 150, 150, 1]);
});

test('evenly spread, records keep the same distance', () => {
  const exchange = exchangeOf(1);
  exchange.generate('anna', { spotTrades: 901, days: 90, evenly: true });
  const times = exchange.truth('anna').map((row) => row.timeMs);
  const distances = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  expect(Math.max(...distances) - Math.min(...distances)).toBeLessThanOrEqual(1);
});

test('amounts are decimal texts that fit together: the notional is price times size, cut at 8 digits', () => {
  const exchange = exchangeOf(3);
  exchange.generate('anna', { spotTrades: 500 });
  for (const { row } of exchange.truth('anna')) {
    expect(row.notional).toMatch(/^\d+\.\d{8}$/);
    const off = Number(row.price) * Number(row.size) - Number(row.notional);
    expect(off).toBeGreaterThan(-1e-6);
    expect(off).toBeLessThan(1e-6 + 1e-8);
    expect(String(row.tradeId)).toMatch(/^\d{18}$/);
  }
});

test('what is given stays, digit for digit; numbers beyond 2^53 are served as digits', async () => {
  const { exchange, client } = await opened();
  const [row] = exchange.add('anna', 'spot-trades', [
    { createTime: baseMs, tradeId: 182342999769370687n, price: '0.000000000000012300', symbol: 'ODD_COIN' },
  ]);
  expect(row).toMatchObject({ id: '182342999769370687', symbol: 'ODD_COIN', timeMs: baseMs });
  const { text } = await client.spotTrades({ startTime: baseMs - 1, endTime: baseMs + 1 });
  expect(text).toContain(row?.servedText);
  expect(text).toContain('"tradeId":182342999769370687,');
  expect(text).toContain('"price":"0.000000000000012300"');
});

test('a record that goes on is served in its latest state, and its other fields stay', async () => {
  const { exchange, client } = await opened();
  const [before] = exchange.add('anna', 'withdrawals', [{ apply_time: baseMs, status: 1, tx_id: '' }]);
  const after = exchange.change('anna', 'withdrawals', before?.id ?? '', { status: 3, tx_id: 'abc' });
  expect(after.row).toEqual({ ...before?.row, status: 3, tx_id: 'abc' });
  const { data } = (await client.movements({ startTime: baseMs - 1, endTime: baseMs + 1 })).body;
  expect(data.records).toEqual([after.row]);
});

test('late records are true before they are visible, and future ones not yet', async () => {
  let nowMs = baseMs;
  const { exchange, client } = await opened({ now: () => nowMs });
  exchange.add('anna', 'spot-trades', [
    { createTime: baseMs - 5, visibleFromMs: baseMs + 60_000 },
    { createTime: baseMs + 10 },
  ]);
  const served = async () =>
    (
      await client.post(
        '/spot/v4/query/trades',
        { startTime: baseMs - 9, endTime: baseMs + 99 },
        { timestampMs: nowMs },
      )
    ).body.data.length;
  expect([exchange.truth('anna').length, await served()]).toEqual([1, 0]);
  nowMs = baseMs + 10;
  expect([exchange.truth('anna').length, await served()]).toEqual([2, 1]);
  nowMs = baseMs + 60_000;
  expect([exchange.truth('anna').length, await served()]).toEqual([2, 2]);
});

test('captured records keep everything but their times, which lie within the reach', () => {
  const exchange = exchangeOf(1);
  const rows = exchange.addCaptured('anna', baseMs);
  expect(rows.map((row) => [row.stream, row.id])).toEqual([
    ['spot-trades', '182342999769370687'],
    ['spot-trades', '125277182593091639'],
    ['futures-trades', '6212604014'],
    ['futures-trades', '6212603360'],
    ['futures-trades', '1141853921'],
    ['withdrawals', '1679952'],
    ['deposits', '14233682'],
  ]);
  for (const row of rows) {
    expect(row.timeMs).toBeGreaterThan(baseMs - 89 * dayMs);
    expect(row.timeMs).toBeLessThan(baseMs);
  }
  expect(rows[0]?.row).toMatchObject({ price: '0.245948', notional: '5.09358308', createTime: rows[0]?.timeMs });
  expect(rows[0]?.row).not.toHaveProperty('stpMode');
  expect((rows[2]?.timeMs ?? 0) - (rows[3]?.timeMs ?? 0)).toBe(1_695_961_596_692 - 1_695_961_589_332);
  expect((rows[6]?.timeMs ?? 1) % 1_000).toBe(0);
});

test('what was served to which key is remembered', async () => {
  const { exchange, client, account } = await opened();
  exchange.add('anna', 'spot-trades', [{ createTime: baseMs }, { createTime: baseMs + 5 }]);
  await client.spotTrades({ startTime: baseMs - 1, endTime: baseMs + 1 });
  await client.spotTrades({ startTime: baseMs - 1, endTime: baseMs + 1 });
  const [first, second] = exchange.served('anna');
  expect(first?.servedTo[account.apiKey]?.times).toBe(2);
  expect(first?.servableUntilMs).toBe(baseMs + 90 * dayMs);
  expect(second?.servedTo).toEqual({});
  expect(exchange.counts().rowsByAccount).toEqual({ anna: { 'spot-trades': 2 } });
  expect(exchange.log.at(-1)).toMatchObject({
    endpoint: '/spot/v4/query/trades',
    account: 'anna',
    window: { fromMs: baseMs - 1, toMs: baseMs + 1 },
    httpStatus: 200,
    code: 1000,
    rows: 1,
    fault: null,
  });
});
