import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { against, json, key } from './bitmart-server.ts';

const documented = JSON.parse(
  readFileSync(new URL('../fixtures/bitmart-net/Spot__Trading__GetClosedOrders.json', import.meta.url), 'utf8'),
);
const [row] = documented.data;
const window = { from: 1_681_700_000_000, to: 1_681_702_000_000 };
const signal = new AbortController().signal;

async function answered(body: object, headers: Readonly<Record<string, string>> = {}) {
  const { exchange, asked } = await against(json(body, 200, headers));
  return { asked, orders: () => exchange.open(key).closedOrders?.(window, signal) };
}

test('a documented order is read, by a signed request with both bounds one unit wider', async () => {
  const { asked, orders } = await answered(documented);
  const read = {
    orderId: '118100034543076010',
    symbol: 'BTC_USDT',
    filled: '0.10000',
    filledNotional: '3999.90000000',
    from: 1_681_701_557_927,
    to: 1_681_701_559_409,
  };
  expect(await orders()).toEqual({ orders: [read], isFull: false });
  expect(asked[0]?.path).toBe('/spot/v4/query/history-orders');
  expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({
    startTime: window.from - 1,
    endTime: window.to,
    limit: 200,
  });
});

test.each([
  ['not an object', 7],
  ['without an id', { ...row, orderId: '' }],
  ['without an amount', { ...row, filledSize: 'much' }],
  ['that ends before it begins', { ...row, updateTime: row.createTime - 1 }],
  ['in seconds', { ...row, createTime: 1_681_701_557 }],
])('an order %s says nothing', async (_what, bad) => {
  const { orders } = await answered({ ...documented, data: [bad, row] });
  expect((await orders())?.orders).toHaveLength(1);
});

test('no list, far too many rows, or a cached answer are failures; 200 rows and round numbers of them may not be all', async () => {
  const rows = (count: number) => ({ ...documented, data: Array.from({ length: count }, () => row) });
  await expect((await answered({ ...documented, data: {} })).orders()).rejects.toThrow('no list');
  const many = { ...documented, data: Array.from({ length: 2_001 }, () => 0) };
  await expect((await answered(many)).orders()).rejects.toThrow('more than 2000 rows');
  await expect((await answered(documented, { age: '60' })).orders()).rejects.toThrow('cache');
  for (const [count, isFull] of [
    [199, false],
    [200, true],
    [201, true],
    [100, true],
  ] as const)
    expect(await (await answered(rows(count))).orders(), String(count)).toMatchObject({ isFull });
});
