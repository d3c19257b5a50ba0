import { expect, test } from 'vitest';
import { createBudget, readStream } from '../../src/history/read-stream.ts';
import type { Stream } from '../../src/history/stream.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { Random } from '../simulation/random.ts';
import { simulatedStream } from '../simulation/streams.ts';
import { type Order, World } from '../simulation/world.ts';
import { dayMs, nowMs, settings } from './pages.ts';

const cap = 45;

async function requestsFor(stream: Stream, order: Order, times: readonly number[]) {
  const random = new Random(7);
  const switches = {
    order,
    includesStart: true,
    includesEnd: true,
    reachMs: 90 * dayMs,
    beyondReach: 'empty' as const,
    cap,
    lastRecordsOnly: null,
    boundsIgnored: false,
  };
  const world = new World([stream], random, switches, nowMs);
  for (const [i, at] of times.entries()) {
    world.records.push({
      id: `${i}`,
      part: stream.parts[0] as string,
      at,
      visibleFromMs: at,
      symbol: 'A',
      mode: 'spot',
      finalFromMs: at,
      unreadable: false,
    });
  }
  const store = new MemoryStore();
  const read = async () => {
    const before = world.requests;
    const budget = createBudget({ pages: 1e9, durationMs: 1e12 }, () => 0);
    const signal = new AbortController().signal;
    await readStream({ exchange: world, reader: world.open(), store, settings, budget, signal }, 'account', stream);
    return world.requests - before;
  };
  return {
    first: await read(),
    again: await read(),
    rows: store.part({ accountId: 'account', stream, part: stream.parts[0] as string }).rows.size,
  };
}

const evenly = Array.from({ length: 6_000 }, (_, i) => Math.floor(nowMs - 85 * dayMs + (85 * dayMs * i) / 6_000));

for (const [order, atMost] of [
  ['newest-first', 1.5],
  ['oldest-first', 1.5],
  ['shuffled', 1.8],
] as const) {
  test(`evenly spread rows cost at most ${atMost} times rows/cap requests where the exchange answers ${order}`, async () => {
    const { first, rows } = await requestsFor(simulatedStream('spot', cap), order, evenly);
    expect(rows).toBe(evenly.length);
    expect(first / (evenly.length / cap)).toBeLessThan(atMost);
  });
}

test('an account without records costs two requests over the reach, and one for what lies beyond', async () => {
  const { first, again } = await requestsFor(simulatedStream('spot', cap), 'newest-first', []);
  expect(first).toBe(3);
  expect(again).toBe(1);
});

test('a steady account costs one request a part and sync', async () => {
  const { again } = await requestsFor(simulatedStream('spot', cap), 'newest-first', [
    nowMs - 20 * dayMs,
    nowMs - dayMs / 2,
  ]);
  expect(again).toBe(1);
});
