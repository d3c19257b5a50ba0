import { expect, test } from 'vitest';
import type { FaultOptions } from '../../sandbox/server.ts';
import { baseMs, opened } from './opened.ts';
import type { SigningClient } from './signing-client.ts';

/** An account with a record of each of two streams a second before, at and a second after an instant. */
async function withRecords() {
  const all = await opened();
  const around = [-1_000, 0, 1_000].map((offsetMs) => baseMs + offsetMs);
  all.exchange.add(
    'anna',
    'spot-trades',
    around.map((createTime) => ({ createTime, symbol: 'ADA_USDT' })),
  );
  all.exchange.add(
    'anna',
    'futures-trades',
    around.map((create_time) => ({ create_time, symbol: 'XRPUSDT' })),
  );
  return all;
}

const spot = (client: SigningClient, fromMs: number, toMs: number) =>
  client.spotTrades({ startTime: baseMs + fromMs, endTime: baseMs + toMs });
const futures = (client: SigningClient, from: number, to: number) =>
  client.futuresTrades({ start_time: baseMs / 1_000 + from, end_time: baseMs / 1_000 + to });

test.each([
  [{ fault: 'server-error', httpStatus: 500 }, 500, { code: 60051 }],
  [{ fault: 'error', code: 40012 }, 400, { code: 40012 }],
  [{ fault: 'null-data' }, 200, { code: 1000, data: null }],
] as const satisfies readonly (readonly [FaultOptions, number, object])[])(
  '%o at an instant fails every window that holds it until it is removed',
  async (fault, status, body) => {
    const { exchange, client } = await withRecords();
    const id = exchange.inject({ ...fault, instantMs: baseMs + 1 });
    for (let i = 0; i < 3; i++) {
      const failed = await spot(client, -2_000, 2_000);
      expect(failed.status).toBe(status);
      expect(failed.body).toMatchObject(body);
    }
    // The smallest window that holds it holds no record at all.
    expect((await spot(client, 1, 2)).body).toMatchObject(body);
    expect((await spot(client, -2_000, 0)).body.data).toHaveLength(2);
    expect((await spot(client, 2, 2_000)).body.data).toHaveLength(1);
    expect((await futures(client, -2, 2)).body).toMatchObject(body);
    exchange.clearFaults(id);
    expect((await spot(client, -2_000, 2_000)).body.data).toHaveLength(3);
  },
);

test('an instant is held by a window as a record of that time would be', async () => {
  const { exchange, client } = await withRecords();
  exchange.inject({ fault: 'server-error', instantMs: baseMs });
  expect((await spot(client, -5, 0)).status).toBe(503);
  expect((await spot(client, 0, 5)).status).toBe(503);
  // Bounds of futures are whole seconds.
  expect((await futures(client, -1, 0)).status).toBe(503);
  exchange.setSwitches({ includesStart: false, includesEnd: false });
  expect((await spot(client, -5, 0)).status).toBe(200);
  expect((await spot(client, 0, 5)).status).toBe(200);
  expect((await spot(client, -1, 1)).status).toBe(503);
});

test('a fault is limited to a stream, also where two share an endpoint, or to a symbol that is asked for', async () => {
  const { exchange, client } = await withRecords();
  const deposits = () => client.movements({ operation_type: 'deposit' });
  exchange.inject({ fault: 'error', code: 60052, stream: 'deposits' });
  expect((await deposits()).body.code).toBe(60052);
  expect((await client.movements({})).body.code).toBe(1000);
  exchange.inject({ fault: 'error', code: 40014, symbol: 'XRPUSDT' });
  const window = { start_time: baseMs / 1_000 - 2, end_time: baseMs / 1_000 + 2 };
  expect((await client.futuresTrades({ ...window, symbol: 'XRPUSDT' })).body.code).toBe(40014);
  expect((await client.futuresTrades({ ...window, symbol: 'BTCUSDT' })).body.code).toBe(1000);
  expect((await client.futuresTrades(window)).body.data).toHaveLength(3);
  expect(() => exchange.inject({ fault: 'error', stream: 'trades' as never })).toThrow('There is no stream "trades"');
});

test('the log says what a request asked for that failed or was refused', async () => {
  const { exchange, client } = await withRecords();
  exchange.inject({ fault: 'server-error', instantMs: baseMs, times: 1 });
  await spot(client, -1, 1);
  const asked = { stream: 'spot-trades', part: 'all', window: { fromMs: baseMs - 1, toMs: baseMs + 1 }, rows: 0 };
  expect(exchange.log.at(-1)).toMatchObject({ ...asked, httpStatus: 503, fault: 'server-error' });
  exchange.setSwitches({ tradesReachMs: 60_000, beyondReach: 'error' });
  await spot(client, -1, 1);
  expect(exchange.log.at(-1)).toMatchObject({ ...asked, code: 50041, fault: null });
});

test('the truth says which records a lasting fault withholds', async () => {
  const { exchange } = await withRecords();
  const withheld = () =>
    exchange
      .served('anna')
      .filter((record) => record.isWithheld)
      .map((record) => [record.stream, record.timeMs - baseMs]);
  expect(withheld()).toEqual([]);
  const id = exchange.inject({ fault: 'error', code: 40012, instantMs: baseMs + 999 });
  expect(withheld()).toEqual([['futures-trades', 0]]);
  exchange.clearFaults(id);
  exchange.inject({ fault: 'server-error', stream: 'spot-trades', instantMs: baseMs });
  expect(withheld()).toEqual([['spot-trades', 0]]);
  exchange.clearFaults();
  exchange.inject({ fault: 'reset', endpoint: '/spot/v4/query/trades', times: 3 });
  exchange.inject({ fault: 'omit-rows', stream: 'spot-trades' });
  exchange.inject({ fault: 'error', symbol: 'ADA_USDT' });
  exchange.inject({ fault: 'error', account: 'berta' });
  expect(withheld()).toEqual([]);
});
