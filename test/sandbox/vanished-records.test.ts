import { expect, test } from 'vitest';
import { baseMs, opened } from './opened.ts';

/** Three trades of each kind, of which two share a second, and two deposits. */
async function withRecords() {
  const all = await opened();
  const { exchange, client } = all;
  const trades = [
    { atMs: baseMs, symbols: ['ADA_USDT', 'XRPUSDT'] },
    { atMs: baseMs + 500, symbols: ['BTC_USDT', 'BTCUSDT'] },
    { atMs: baseMs + 1_000, symbols: ['BTC_USDT', 'BTCUSDT'] },
  ] as const;
  exchange.add(
    'anna',
    'spot-trades',
    trades.map(({ atMs, symbols }, i) => ({ createTime: atMs, symbol: symbols[0], tradeId: `s${i}` })),
  );
  exchange.add(
    'anna',
    'futures-trades',
    trades.map(({ atMs, symbols }, i) => ({ create_time: atMs, symbol: symbols[1], trade_id: `f${i}` })),
  );
  exchange.add('anna', 'deposits', [
    { apply_time: baseMs, currency: 'BTC', deposit_id: 'd0' },
    { apply_time: baseMs, currency: 'BMX', deposit_id: 'd1' },
  ]);
  const served = async () => {
    const window = { startTime: baseMs - 1, endTime: baseMs + 2_000 };
    const spot = (await client.spotTrades(window)).body.data;
    const seconds = { start_time: baseMs / 1_000, end_time: baseMs / 1_000 + 2 };
    const futures = (await client.futuresTrades(seconds)).body.data;
    const { records } = (await client.movements({ operation_type: 'deposit', ...window })).body.data;
    const ids = [...spot, ...futures, ...records].map((row) => row.tradeId ?? row.trade_id ?? row.deposit_id);
    return ids.sort();
  };
  return { ...all, served };
}

const all = ['d0', 'd1', 'f0', 'f1', 'f2', 's0', 's1', 's2'];

test.each([
  ['ids', { ids: ['s1', 'd0'] }, ['d0', 's1']],
  ['symbol', { symbol: 'BTCUSDT' }, ['f1', 'f2']],
  ['currency', { symbol: 'BMX' }, ['d1']],
  ['instant, in the unit of the stream', { instantMs: baseMs + 500 }, ['f0', 'f1', 's1']],
  ['instant of one stream', { stream: 'spot-trades', instantMs: baseMs + 500 }, ['s1']],
  ['symbol and instant', { symbol: 'BTC_USDT', instantMs: baseMs + 1_000 }, ['s2']],
] as const)('records vanish from answers by %s, and come back', async (_by, which, ids) => {
  const { exchange, served } = await withRecords();
  expect(await served()).toEqual(all);
  expect(
    exchange
      .vanish('anna', which)
      .map((row) => row.id)
      .sort(),
  ).toEqual(ids);
  expect(await served()).toEqual(all.filter((id) => !ids.some((vanished) => vanished === id)));
  expect(exchange.truth('anna')).toHaveLength(all.length);
  exchange.restore('anna', which);
  expect(await served()).toEqual(all);
});

test('the truth says until when a record that has vanished could be served; an older answer still holds it', async () => {
  let nowMs = baseMs + 3_600_000;
  const { exchange, client } = await opened({ now: () => nowMs });
  exchange.add('anna', 'deposits', [{ apply_time: baseMs, deposit_id: 'd0' }]);
  exchange.vanish('anna', { ids: ['d0'] });
  expect(exchange.served('anna')[0]?.servableUntilMs).toBe(nowMs);
  nowMs += 60_000;
  const deposits = async () =>
    (await client.movements({ operation_type: 'deposit', startTime: baseMs - 1, endTime: baseMs + 1 })).body.data;
  expect((await deposits()).records).toHaveLength(0);
  exchange.inject({ fault: 'cached', ageSeconds: 120, times: 1 });
  expect((await deposits()).records).toHaveLength(1);
  exchange.setSwitches({ movementsReachMs: 1_800_000 });
  expect(exchange.served('anna')[0]?.servableUntilMs).toBe(baseMs + 1_800_000);
});

test('a choice of no record, or of nothing at all, is refused', async () => {
  const { exchange } = await withRecords();
  expect(() => exchange.vanish('anna', { ids: ['s9'] })).toThrow('no such record');
  expect(() => exchange.vanish('anna', { stream: 'deposits' })).toThrow('ids, symbol or instantMs');
});

test('another process makes records vanish and come back', async () => {
  const { served, url } = await withRecords();
  const post = async (path: string) => {
    const body = JSON.stringify({ account: 'anna', stream: 'spot-trades', symbol: 'BTC_USDT' });
    return (await fetch(`${url}/_sandbox/${path}`, { method: 'POST', body })).json();
  };
  expect(await post('vanish')).toMatchObject([{ id: 's1' }, { id: 's2' }]);
  expect(await served()).not.toContain('s1');
  expect(await post('restore')).toHaveLength(2);
  expect(await served()).toEqual(all);
});
