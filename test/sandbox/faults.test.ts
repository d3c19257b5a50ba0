import { expect, test } from 'vitest';
import type { FaultOptions } from '../../sandbox/server.ts';
import { baseMs, dayMs, opened } from './opened.ts';
import { SigningClient } from './signing-client.ts';

const window = { startTime: baseMs - 1, endTime: baseMs + 10 };
const futuresWindow = { start_time: baseMs / 1_000 - 1, end_time: baseMs / 1_000 + 1 };

/** An account with ten trades of each kind, a withdrawal and a deposit around one moment. */
async function withRecords(fault?: FaultOptions) {
  const all = await opened();
  const { exchange, client } = all;
  exchange.add(
    'anna',
    'spot-trades',
    Array.from({ length: 10 }, (_, i) => ({ createTime: baseMs + i })),
  );
  for (const part of ['futures', 'copy_trading'])
    exchange.add('anna', 'futures-trades', [{ part, create_time: baseMs }]);
  exchange.add('anna', 'withdrawals', [{ apply_time: baseMs }]);
  exchange.add('anna', 'deposits', [{ apply_time: baseMs }]);
  if (fault) exchange.inject(fault);
  const spotTrades = () => client.spotTrades(window);
  return { ...all, spotTrades };
}

for (const [fault, status, body] of [
  [{ fault: 'rate-limited' }, 429, { code: 30013 }],
  [{ fault: 'banned' }, 418, { code: 30017 }],
  [{ fault: 'server-error' }, 503, { code: 30014 }],
  [{ fault: 'server-error', httpStatus: 500 }, 500, { code: 60051 }],
  [{ fault: 'maintenance' }, 200, { code: 30016 }],
  [{ fault: 'service-down' }, 200, { code: 1000, message: 'This service is down', data: {} }],
  [{ fault: 'error-in-200' }, 200, { code: 70003 }],
  [{ fault: 'error-in-200', code: 30019 }, 200, { code: 30019 }],
  [{ fault: 'null-data' }, 200, { code: 1000, message: 'success', data: null }],
  [{ fault: 'null-data', shape: 'object' }, 200, { code: 1000, message: 'success', data: {} }],
] as const satisfies readonly (readonly [FaultOptions, number, object])[]) {
  test(`${Object.values(fault).join(' ')} once: HTTP ${status}, code ${body.code}, and the next answer is right`, async () => {
    const { spotTrades } = await withRecords({ ...fault, times: 1 });
    const reported = await spotTrades();
    expect(reported.status).toBe(status);
    expect(reported.body).toMatchObject(body);
    expect((await spotTrades()).body.data).toHaveLength(10);
  });
}

test('reset: the connection breaks', async () => {
  const { spotTrades, exchange } = await withRecords({ fault: 'reset', times: 1 });
  await expect(spotTrades()).rejects.toThrow();
  expect((await spotTrades()).status).toBe(200);
  expect(exchange.counts().byEndpoint['/spot/v4/query/trades']).toEqual({ reset: 1, ok: 1 });
});

test('hang: no answer comes, and the sandbox can be closed nevertheless', async () => {
  const { client, sandbox } = await withRecords({ fault: 'hang', endpoint: '/account/v1/wallet' });
  const signal = AbortSignal.timeout(150);
  await expect(client.send('/account/v1/wallet', { signal })).rejects.toThrow(/timeout/i);
  const hanging = client.get('/account/v1/wallet').catch(() => 'cut');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await sandbox.close();
  expect(await hanging).toBe('cut');
});

test('truncated: the answer is no JSON', async () => {
  const { spotTrades } = await withRecords({ fault: 'truncated', times: 1 });
  const { status, text } = await spotTrades();
  expect(status).toBe(200);
  expect(text).toMatch(/^\{"code":1000/);
  expect(() => JSON.parse(text)).toThrow();
});

test('cloudflare: a web page instead of JSON', async () => {
  for (const [fault, status] of [['cloudflare-403', 403] as const, ['cloudflare-503', 503] as const]) {
    const { spotTrades } = await withRecords({ fault });
    const reported = await spotTrades();
    expect(reported.status).toBe(status);
    expect(reported.headers.get('content-type')).toContain('text/html');
    expect(reported.text).toMatch(/^<!DOCTYPE html>/);
  }
});

test('banned and rate-limited tell how long to wait and what was used', async () => {
  const { client, exchange } = await withRecords({ fault: 'banned', times: 1 });
  expect((await client.spotTrades(window)).headers.get('retry-after')).toBe('600');
  exchange.inject({ fault: 'rate-limited', times: 1, retryAfterSeconds: 5 });
  const { headers } = await client.spotTrades(window);
  expect([headers.get('retry-after'), headers.get('x-bm-ratelimit-limit')]).toEqual(['5', '12']);
});

test('maintenance can be read in /system/service while it lasts', async () => {
  const { client, exchange } = await withRecords({ fault: 'maintenance', endpoint: '/spot/v4/query/trades' });
  const status = async () => (await client.send('/system/service', {})).body.data.service[0].status;
  expect(await status()).toBe('1');
  exchange.clearFaults();
  expect(await status()).toBe('2');
});

test('clock-wrong: the served time is wrong, and signatures by the right time are refused', async () => {
  const { client } = await withRecords({ fault: 'clock-wrong', offsetMs: -3_600_000, times: 2 });
  const reported = (await client.send('/system/time', {})).body.data.server_time;
  expect(Math.abs(reported - (Date.now() - 3_600_000))).toBeLessThan(2_000);
  expect((await client.spotTrades(window)).body.code).toBe(30007);
  expect((await client.spotTrades(window)).body.code).toBe(1000);
});

test('null-data, omit-rows and malformed-row wait for a page that holds rows', async () => {
  const { client, exchange } = await withRecords({ fault: 'null-data', shape: 'null-list', times: 1 });
  const empty = await client.movements({ startTime: baseMs - 10, endTime: baseMs - 5 });
  expect(empty.body.data).toEqual({ records: [] });
  const full = await client.movements({ startTime: baseMs - 10, endTime: baseMs + 5 });
  expect(full.body.data).toEqual({ records: null });
  exchange.inject({ fault: 'omit-rows', rows: 3, times: 1 });
  expect((await client.spotTrades({ startTime: 1, endTime: 5 })).body.data).toHaveLength(0);
  expect((await client.spotTrades(window)).body.data).toHaveLength(7);
  expect((await client.spotTrades(window)).body.data).toHaveLength(10);
});

test('malformed-row: one row has a field that cannot be read', async () => {
  const { client, exchange } = await withRecords();
  const spoilt = {
    'empty-id': (row: { tradeId: string }) => row.tradeId === '',
    'unreadable-time': (row: { createTime: unknown }) => row.createTime === 'yesterday',
    'unreadable-amount': (row: { size: string }) => row.size === '1,5e',
  } as const;
  for (const malformation of ['empty-id', 'unreadable-time', 'unreadable-amount'] as const) {
    exchange.inject({ fault: 'malformed-row', malformation, times: 1 });
    const { data } = (await client.spotTrades(window)).body;
    expect(data).toHaveLength(10);
    expect(data.filter(spoilt[malformation])).toHaveLength(1);
  }
});

test('ignore-parameters: the last 7 days come, whatever was asked; so they do for misspelt bounds', async () => {
  const { client, exchange } = await withRecords();
  exchange.add(
    'anna',
    'spot-trades',
    [6.9, 7.1].map((days) => ({ createTime: Math.floor(Date.now() - days * dayMs) })),
  );
  const elsewhere = { startTime: baseMs - 20 * dayMs, endTime: baseMs - 10 * dayMs };
  expect((await client.spotTrades(elsewhere)).body.data).toHaveLength(0);
  exchange.inject({ fault: 'ignore-parameters', times: 1 });
  expect((await client.spotTrades({ ...elsewhere, limit: 1 })).body.data).toHaveLength(11);
  const misspelt = { start_time: elsewhere.startTime, end_time: elsewhere.endTime };
  expect((await client.spotTrades(misspelt)).body.data).toHaveLength(11);
});

test('cached: an old answer with its age, in which later records and changes are missing', async () => {
  let nowMs = baseMs + 1_000;
  const { exchange, client } = await opened({ now: () => nowMs });
  const [first] = exchange.add('anna', 'withdrawals', [{ apply_time: baseMs, status: 1 }]);
  nowMs = baseMs + 3_600_000;
  exchange.change('anna', 'withdrawals', first?.id ?? '', { status: 3 });
  exchange.add('anna', 'withdrawals', [{ apply_time: nowMs }]);
  exchange.inject({ fault: 'cached', ageSeconds: 1_800, times: 1 });
  const ask = () => client.movements({ startTime: baseMs - 1, endTime: nowMs + 1 });
  const old = await ask();
  expect(old.headers.get('age')).toBe('1800');
  expect(old.body.data.records.map((row: { status: number }) => row.status)).toEqual([1]);
  const fresh = await ask();
  expect(fresh.headers.get('age')).toBeNull();
  expect(fresh.body.data.records.map((row: { status: number }) => row.status)).toContain(3);
  expect(fresh.body.data.records).toHaveLength(2);
});

test('wrong-part: rows of the other futures account, deposits for withdrawals, trades of any symbol', async () => {
  const { client } = await withRecords({ fault: 'wrong-part' });
  const futures = await client.futuresTrades({ account: 'futures', ...futuresWindow });
  expect(futures.body.data.map((row: { account: string }) => row.account)).toEqual(['copy_trading']);
  const withdrawals = await client.movements(window);
  expect(withdrawals.body.data.records[0].operation_type).toBe('deposit');
  expect((await client.spotTrades({ ...window, symbol: 'BMX_USDT' })).body.data).toHaveLength(10);
});

test('a fault is limited to an endpoint, an account, a number of times, and a time', async () => {
  let nowMs = Date.now();
  const { exchange, client, url } = await opened({ now: () => nowMs });
  const berta = new SigningClient(url, exchange.addAccount({ name: 'berta' }));
  const status = async (of: SigningClient, path = '/account/v1/wallet') => (await of.get(path)).status;
  exchange.inject({
    fault: 'server-error',
    account: 'berta',
    endpoint: '/account/v1/wallet',
    afterRequests: 1,
    times: 2,
  });
  const found = [];
  for (let i = 0; i < 4; i++) found.push(await status(berta));
  expect(found).toEqual([200, 503, 503, 200]);
  const id = exchange.inject({ fault: 'server-error', account: 'berta', endpoint: '/account/v1/wallet' });
  expect([await status(client), await status(berta), await status(berta, '/uapi-key/v1/account/info')]).toEqual([
    200, 503, 200,
  ]);
  exchange.clearFaults(id);
  exchange.inject({ fault: 'server-error', untilMs: nowMs + 5_000 });
  expect(await status(client)).toBe(503);
  nowMs += 5_000;
  expect(await status(client)).toBe(200);
});

test('a fault that does not exist is refused', async () => {
  const { exchange } = await opened();
  expect(() => exchange.inject({ fault: 'earthquake' as never })).toThrow('earthquake');
});
