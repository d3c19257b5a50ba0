import { describe, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/index.ts';
import { SizerMemory } from '../../src/history/sizer-memory.ts';
import type { Stream } from '../../src/history/stream.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { Random } from '../simulation/random.ts';
import { CountingExchange, type Order } from './counting-exchange.ts';
import { dayMs, hourMs, nowMs, settings } from './pages.ts';
import { createBudget, readStream } from './read-stream.ts';

/** What reading costs, in requests. The figures stand in docs/performance.md. */

function streamNamed(name: string): Stream {
  const stream = streams.find((candidate) => candidate.name === name);
  if (stream === undefined) throw new Error(`There is no stream ${name}.`);
  return stream;
}

/** Reads through and counts, in attempts of as many pages as an activity has; then once more, an hour later. */
async function requestsFor(
  name: string,
  order: Order,
  times: readonly number[],
  {
    open = [],
    readAhead = 0,
    servedMs = 90 * dayMs,
  }: { readonly open?: readonly number[]; readonly readAhead?: number; readonly servedMs?: number } = {},
) {
  const stream = streamNamed(name);
  const exchange = new CountingExchange(stream, order, times, open);
  exchange.readAhead = readAhead;
  exchange.reachMs = servedMs;
  const store = new MemoryStore();
  const sizers = new SizerMemory();
  const signal = new AbortController().signal;
  const read = async () => {
    const before = exchange.requests;
    const walkedBefore = exchange.walked;
    let finished: readonly string[] = [];
    for (;;) {
      const budget = createBudget({ pages: 50, durationMs: 1e12 }, () => 0);
      const context = { exchange, reader: exchange.open(), store, settings, sizers, budget, signal };
      const result = await readStream(context, 'account', stream, finished);
      expect(result.blocked).toBeNull();
      const walked = exchange.walked - walkedBefore;
      if (result.done) return { within: exchange.requests - before - walked, walked };
      finished = result.finished;
    }
  };
  const { within: first, walked } = await read();
  exchange.atMs += hourMs;
  const again = await read();
  const stored = store.part({ accountId: 'account', stream, part: stream.parts[0] as string }).rows.size;
  return { first, walked, again: again.within + again.walked, stored, ratio: first / (times.length / stream.cap) };
}

const rows = 50_000;
const evenly = Array.from({ length: rows }, (_, i) => Math.floor(nowMs - 85 * dayMs + (85 * dayMs * i) / rows));

function bursts(seed = 1, count = rows): number[] {
  const random = new Random(seed);
  const starts = Array.from({ length: 60 }, () => nowMs - 2 * hourMs - random.next() * 84.8 * dayMs);
  return Array.from({ length: count }, (_, i) => Math.floor((starts[i % 60] as number) + random.next() * hourMs));
}

/** Ten bursts of two days with 3,000 rows each. */
function burstsOfDays(seed: number): number[] {
  const random = new Random(seed);
  const starts = Array.from({ length: 10 }, () => nowMs - 4 * dayMs - random.next() * 78 * dayMs);
  return Array.from({ length: 30_000 }, (_, i) => Math.floor((starts[i % 10] as number) + random.next() * 2 * dayMs));
}

describe('rows spread evenly over 85 days cost little more than rows/cap', () => {
  const cases = [
    ['spot-trades', 'newest-first', 1.4],
    ['spot-trades', 'oldest-first', 1.4],
    ['spot-trades', 'shuffled', 1.8],
    ['futures-trades', 'newest-first', 1.4],
    ['futures-trades', 'oldest-first', 1.4],
    ['futures-trades', 'shuffled', 1.8],
  ] as const;
  test.each(cases)('%s, %s: at most %d times', async (name, order, atMost) => {
    const { ratio, stored } = await requestsFor(name, order, evenly);
    expect(stored).toBe(rows);
    expect(ratio).toBeLessThan(atMost);
  });
});

describe('the same rows in 60 bursts of an hour cost more, but not much', () => {
  const cases = [
    ['spot-trades', 'newest-first', 2.8],
    ['spot-trades', 'oldest-first', 2.8],
    // Without an order a full page tells nothing of where the burst begins.
    ['spot-trades', 'shuffled', 6.5],
    ['futures-trades', 'newest-first', 2.8],
    ['futures-trades', 'oldest-first', 2.8],
  ] as const;
  test.each(cases)('%s, %s: at most %d times', async (name, order, atMost) => {
    const { ratio, stored } = await requestsFor(name, order, bursts());
    expect(stored).toBe(rows);
    expect(ratio).toBeLessThan(atMost);
  });
});

/** Before the documented reach windows are cut back from their end. */
test('short bursts cost few requests, within the documented reach and before it', async () => {
  const most = { within: 80, before: 100 };
  for (const seed of [2, 6, 18]) {
    const random = new Random(seed);
    const shortBursts = Array.from({ length: 6 }, () => {
      const [start, count] = [random.next(), 150 + Math.floor(random.next() * 600)];
      const spanMs = 10 ** (3 + 5 * random.next());
      return Array.from({ length: count }, () => ({ start, afterMs: random.next() * spanMs }));
    }).flat();
    const costOf = async (fromMs: number, lengthMs: number) => {
      const times = shortBursts.map(({ start, afterMs }) => Math.floor(nowMs - fromMs - lengthMs * start + afterMs));
      const { first, walked, stored } = await requestsFor('spot-trades', 'newest-first', times, { servedMs: 9e12 });
      expect(stored).toBe(times.length);
      return first + walked;
    };
    const [within, before] = [await costOf(2 * dayMs, 80 * dayMs), await costOf(100 * dayMs, 600 * dayMs)];
    expect(within).toBeLessThan(most.within);
    expect(before).toBeLessThan(most.before);
  }
});

test('reading ahead costs at most 5 % more requests than one at a time: even, at random, and in bursts', async () => {
  const atRandom = [3, 4, 5].map((seed) => {
    const random = new Random(seed);
    return Array.from({ length: 10_000 }, () => Math.floor(nowMs - 85 * dayMs * random.next()));
  });
  const evenlyFew = evenly.filter((_, i) => i % 5 === 0);
  const inBursts = [1, 2].map((seed) => bursts(seed, 12_000));
  const inLongBursts = [1, 2].map((seed) => burstsOfDays(seed));
  for (const order of ['newest-first', 'oldest-first'] as const) {
    const extra = async (histories: readonly (readonly number[])[], servedMs = 90 * dayMs) => {
      let [one, many] = [0, 0];
      for (const times of histories) {
        const [alone, ahead] = [
          await requestsFor('spot-trades', order, times, { servedMs }),
          await requestsFor('spot-trades', order, times, { servedMs, readAhead: 7 }),
        ];
        expect(ahead.stored).toBe(times.length);
        // What is asked within a day of the reach's edge counts as walked.
        const ofWalk = servedMs > 90 * dayMs ? 0 : alone.walked;
        one += alone.first + alone.walked - ofWalk;
        many += ahead.first + ahead.walked - ofWalk;
      }
      return many / one;
    };
    const before = (histories: readonly (readonly number[])[]) =>
      extra(
        histories.map((times) => times.map((at) => nowMs - 100 * dayMs - 7 * (nowMs - at))),
        Number.POSITIVE_INFINITY,
      );
    expect(await extra([evenlyFew]), `${order}, even`).toBeLessThan(1.05);
    expect(await extra(atRandom), `${order}, at random`).toBeLessThan(1.05);
    expect(await extra(inBursts), `${order}, in bursts`).toBeLessThan(1.05);
    expect(await extra(inLongBursts), `${order}, in long bursts`).toBeLessThan(1.05);
    expect(await before(inBursts), `${order}, in bursts before the documented reach`).toBeLessThan(1.05);
    expect(await before(inLongBursts), `${order}, in long bursts before the documented reach`).toBeLessThan(1.05);
  }
});

test('an idle account is asked once a part, however far ahead is read', async () => {
  const times = [nowMs - 20 * dayMs, nowMs - dayMs / 2];
  expect((await requestsFor('spot-trades', 'newest-first', times, { readAhead: 7 })).again).toBe(1);
  expect((await requestsFor('futures-trades', 'newest-first', times, { readAhead: 7 })).again).toBe(2);
});

/** And back to 2017 one for every 90 days, once. */
test.each([
  ['spot-trades', 1, 2],
  ['futures-trades', 2, 2],
  ['futures-flows', 2, 2],
  // An answer by BitMart's default window would be as long as the reach: one is enough.
  ['withdrawals', 1, 1],
  ['deposits', 1, 1],
] as const)(
  'an account without %s costs %i x %i requests over the reach, and one a window before it',
  async (name, parts, looks) => {
    const { first, walked, again } = await requestsFor(name, 'newest-first', []);
    expect(first).toBe(parts * looks);
    expect(walked).toBe(parts * Math.ceil((nowMs - 89 * dayMs - Date.UTC(2017, 0, 1)) / (90 * dayMs)));
    expect(again).toBe(parts);
  },
);

test('a steady account costs one request a part and sync', async () => {
  const times = [nowMs - 20 * dayMs, nowMs - dayMs / 2];
  expect((await requestsFor('spot-trades', 'newest-first', times)).again).toBe(1);
  expect((await requestsFor('futures-trades', 'newest-first', times)).again).toBe(2);
  expect((await requestsFor('deposits', 'newest-first', times)).again).toBe(1);
});

test('and one more for every window that holds a record which is not final', async () => {
  const times = [nowMs - 20 * dayMs, nowMs - 10 * dayMs, nowMs - dayMs / 2];
  const open = [nowMs - 20 * dayMs, nowMs - 10 * dayMs];
  expect((await requestsFor('withdrawals', 'newest-first', times, { open })).again).toBe(2);
});
