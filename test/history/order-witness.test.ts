import { describe, expect, test } from 'vitest';
import { comparable, readOrders, witnessed } from '../../src/history/order-witness.ts';
import type { ClosedOrder } from '../../src/history/ports.ts';
import type { Range } from '../../src/history/range-set.ts';

const order = (from: number, to = from + 1): ClosedOrder => ({
  orderId: String(from),
  symbol: 'BTC_USDT',
  filled: '1',
  filledNotional: null,
  from,
  to,
});

/** An exchange that lists so many orders at most, the newest or any of them. */
function listing(orders: readonly ClosedOrder[], { cap = 200, oldestFirst = false } = {}) {
  const windows: Range[] = [];
  return {
    windows,
    ask: async (window: Range) => {
      windows.push(window);
      const found = orders.filter(({ from }) => window.from <= from && from < window.to);
      const served = oldestFirst ? found.slice(0, cap) : found.slice(-cap);
      return { orders: served, isFull: served.length === cap };
    },
  };
}

describe('reading orders', () => {
  test('an account with few orders costs one request', async () => {
    const { ask, windows } = listing([order(10), order(90)]);
    expect(await readOrders(ask, { from: 0, to: 100 }, 40)).toHaveLength(2);
    expect(windows).toEqual([{ from: 0, to: 100 }]);
  });

  test.each([false, true])(
    'every order is found, in about one request for each 150 (oldest first: %s)',
    async (oldestFirst) => {
      const orders = Array.from({ length: 3_000 }, (_, i) => order(i * 1_000));
      const { ask, windows } = listing(orders, { oldestFirst });
      expect(await readOrders(ask, { from: 0, to: 3_000_000 }, 40)).toHaveLength(3_000);
      expect(windows.length).toBeLessThan(30);
    },
  );

  test('more than the requests reach are left, the oldest ones', async () => {
    const orders = Array.from({ length: 3_000 }, (_, i) => order(i * 1_000));
    const { ask, windows } = listing(orders);
    const found = (await readOrders(ask, { from: 0, to: 3_000_000 }, 5)).map(({ from }) => from);
    expect(windows).toHaveLength(5);
    expect(Math.min(...found)).toBe(3_000_000 - found.length * 1_000);
  });

  test('an instant that is full, and an answer that ignores the window, end', async () => {
    const full = Array.from({ length: 300 }, (_, i) => ({ ...order(50), orderId: `full ${i}` }));
    const { ask } = listing([order(10), ...full]);
    expect((await readOrders(ask, { from: 0, to: 100 }, 100)).length).toBe(201);
    const ignoring = async () => ({ orders: [order(5_000)], isFull: true });
    expect(await readOrders(ignoring, { from: 0, to: 100 }, 8)).toHaveLength(1);
  });
});

describe('what orders can prove', () => {
  const provable = {
    covered: [
      { from: 100, to: 200 },
      { from: 300, to: 400 },
    ],
    settledThroughMs: 380,
  };

  test('only within the reach, where trades are vouched for, and once those are settled', () => {
    expect(witnessed(provable, 150)).toEqual([
      { from: 150, to: 200 },
      { from: 300, to: 380 },
    ]);
    expect(witnessed({ ...provable, settledThroughMs: null }, 150)).toEqual([]);
  });

  test.each([
    ['before what is vouched for', 90, 110],
    ['across a gap', 190, 310],
    ['until now', 370, 390],
  ])('an order that was open %s proves nothing', (_when, from, to) => {
    expect(comparable([order(from, to), order(310, 320)], provable)).toEqual([order(310, 320)]);
    expect(comparable([order(310, 320)], { ...provable, settledThroughMs: null })).toEqual([]);
  });
});
