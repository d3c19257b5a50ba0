import { setImmediate as tick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { streams } from '../../src/bitmart/index.ts';
import { deceptionFromMs } from '../../src/history/bounds.ts';
import { newPartState } from '../../src/history/part-state.ts';
import type { Reader } from '../../src/history/ports.ts';
import { type Range, rangeSet } from '../../src/history/range-set.ts';
import { SizerMemory } from '../../src/history/sizer-memory.ts';
import type { Question, Stream } from '../../src/history/stream.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { Random } from '../simulation/random.ts';
import { CountingExchange, type Order } from './counting-exchange.ts';
import { readFromAfar } from './distant-exchange.ts';
import { dayMs, hourMs, nowMs, settings } from './pages.ts';
import { createBudget, readStream } from './read-stream.ts';
import { failureOf } from './scripted-exchange.ts';

const stream = streams.find(({ name }) => name === 'spot-trades') as Stream;
const evenly = Array.from({ length: 6_000 }, (_, i) => Math.floor(nowMs - 85 * dayMs + (85 * dayMs * i) / 6_000));

interface Reading {
  readonly readAhead: number;
  readonly times?: readonly number[];
  readonly order?: Order;
  readonly pages?: number;
  /** Called with each question before it is answered. */
  readonly onAsk?: (question: Question, underWay: number) => void;
  readonly store?: MemoryStore;
  readonly stop?: AbortController;
}

/** Reads by an exchange whose answers come in any order. */
function reading({ readAhead, times = evenly, order = 'newest-first', pages = 1_000, onAsk, ...given }: Reading) {
  const exchange = new CountingExchange(stream, order, times);
  exchange.readAhead = readAhead;
  const random = new Random(readAhead);
  const underWay = new Set<{ core: Range; signal: AbortSignal }>();
  const asked: Range[] = [];
  /** Windows that were full while others were under way. */
  const fullBeside: Range[] = [];
  const seen = { most: 0, discarded: 0, overlaps: 0 };
  const answers = exchange.open();
  const reader: Reader = {
    ...answers,
    ask: async (of, question, signal) => {
      const { core } = question;
      const beside = [...underWay].filter((other) => !other.signal.aborted);
      seen.overlaps += beside.filter((other) => other.core.from < core.to && core.from < other.core.to).length;
      const request = { core, signal };
      underWay.add(request);
      asked.push(core);
      seen.most = Math.max(seen.most, underWay.size);
      try {
        onAsk?.(question, underWay.size);
        for (let ticks = random.between(0, 9); ticks > 0; ticks--) await tick(undefined, { signal });
        const page = await answers.ask(of, question, signal);
        if (page.rows.length === stream.cap && underWay.size > 1) fullBeside.push(core);
        return page;
      } finally {
        underWay.delete(request);
      }
    },
  };
  const store = given.store ?? new MemoryStore();
  const { signal } = given.stop ?? new AbortController();
  const budget = createBudget({ pages, durationMs: 1e12 }, () => 0);
  const onDiscarded = (_of: string, requests: number) => {
    seen.discarded += requests;
  };
  const context = { exchange, reader, store, settings, sizers: new SizerMemory(), budget, signal, onDiscarded };
  const part = () => store.part({ accountId: 'account', stream, part: 'all' });
  return { read: () => readStream(context, 'account', stream), exchange, asked, fullBeside, underWay, seen, part };
}

test.each(['newest-first', 'oldest-first', 'shuffled'] as const)(
  'windows asked before their turn and answered in any order leave what one at a time leaves, %s',
  async (order) => {
    const [one, many] = [reading({ readAhead: 0, order }), reading({ readAhead: 7, order })];
    expect((await one.read()).done && (await many.read()).done).toBe(true);
    expect(one.seen).toEqual({ most: 1, discarded: 0, overlaps: 0 });
    expect(many.seen).toMatchObject({ discarded: 0, overlaps: 0 });
    expect(many.seen.most).toBeGreaterThan(5);
    expect(new Set(many.part().rows.keys())).toEqual(new Set(one.part().rows.keys()));
    expect(many.part().state.covered).toEqual(one.part().state.covered);
    expect(many.underWay.size).toBe(0);
  },
);

test('a full window is asked again in pieces, and those after it that are under way stay', async () => {
  // Steady until a day that holds as many rows as three weeks.
  const burst = Array.from({ length: 1_500 }, (_, i) => Math.floor(nowMs - 40 * dayMs + (dayMs * i) / 1_500));
  const times = [...evenly, ...burst];
  const [one, many] = [reading({ readAhead: 0, times }), reading({ readAhead: 7, times })];
  await one.read();
  await many.read();
  expect(many.fullBeside.length).toBeGreaterThan(0);
  expect(many.seen).toMatchObject({ discarded: 0, overlaps: 0 });
  expect(many.part().rows.size).toBe(7_500);
  expect(many.part().state.covered).toEqual(one.part().state.covered);
  expect(many.asked.length).toBeLessThan(1.05 * one.asked.length + 7);
});

test('a full window leaves those after it under way also where a gap elsewhere waits for its retry', async () => {
  const burst = Array.from({ length: 1_500 }, (_, i) => Math.floor(nowMs - 40 * dayMs + (dayMs * i) / 1_500));
  const many = reading({ readAhead: 7, times: [...evenly, ...burst] });
  const from = nowMs - 84 * dayMs;
  const gap = { from, to: from + 3, reason: 'unanswered', rounds: 9, askAgainMs: nowMs + dayMs } as const;
  many.part().state = { ...newPartState, walkedWith: 'key', walkedAtMs: nowMs - dayMs, marks: [gap] };
  await many.read();
  expect(many.fullBeside.length).toBeGreaterThan(0);
  expect(many.seen).toMatchObject({ discarded: 0, overlaps: 0 });
});

test('a failure ends every request under way; the window is asked again at its turn', async () => {
  let fails = 1;
  const failing = reading({
    readAhead: 4,
    onAsk: (_question, underWay) => {
      if (underWay > 4 && fails-- > 0) throw failureOf('transient', stream);
    },
  });
  expect((await failing.read()).done).toBe(true);
  expect(failing.seen.discarded).toBeGreaterThan(0);
  expect(failing.seen.overlaps).toBe(0);
  expect(failing.part().rows.size).toBe(evenly.length);
  expect(failing.part().state.marks).toEqual([]);
});

test('a page that is not stored takes with it what is under way, and nothing outlasts the reading', async () => {
  class FailingStore extends MemoryStore {
    fails = false;
    override commitPage(...page: Parameters<MemoryStore['commitPage']>) {
      return this.fails ? Promise.reject(new Error('no connection')) : super.commitPage(...page);
    }
  }
  const store = new FailingStore();
  const broken = reading({
    readAhead: 4,
    store,
    onAsk: (_question, underWay) => {
      store.fails ||= underWay > 4;
    },
  });
  await expect(broken.read()).rejects.toThrow('no connection');
  expect(broken.underWay.size).toBe(0);
  expect(broken.seen.discarded).toBeGreaterThan(0);
  const covered = rangeSet(broken.part().state.covered);
  for (const { at } of broken.exchange.rows) {
    const isCovered = covered.some(({ from, to }) => from <= at && at < to);
    if (isCovered) expect([...broken.part().rows.values()].some((row) => row.at === at)).toBe(true);
  }
});

test('no request outlasts a reading that has to stop', async () => {
  const stop = new AbortController();
  const stopped = reading({
    readAhead: 4,
    stop,
    onAsk: (_question, underWay) => {
      if (underWay > 4) stop.abort();
    },
  });
  await stopped.read().catch(() => undefined);
  expect(stopped.seen.most).toBe(5);
  expect(stopped.underWay.size).toBe(0);
});

test('no more is asked than the attempt has pages left', async () => {
  const { read, asked } = reading({ readAhead: 7, pages: 20 });
  expect((await read()).done).toBe(false);
  expect(asked).toHaveLength(20);
});

test('a record that came after a window was asked shows nothing of the bounds by which it was answered', () => {
  const known = { ...newPartState, boundsHonoured: false };
  const later = { ...known, oldestRowMs: nowMs - 2 * hourMs, newestRowMs: nowMs - 2 * hourMs };
  const page = { question: { part: 'all', core: { from: nowMs - hourMs, to: nowMs } }, askedFromMs: nowMs - hourMs };
  const empty = {
    ...page,
    askedToMs: nowMs,
    clockMs: nowMs,
    ageSeconds: 0,
    rows: [],
    bytes: new Uint8Array(),
    trace: null,
  };
  expect(deceptionFromMs(empty, later, stream)).toBeNull();
  expect(deceptionFromMs(empty, known, stream)).toBeGreaterThan(0);
});

/** As the bench's part `network` reads it: no rows in the first day of the reach, then evenly. */
const fewMonths = Array.from({ length: 22_000 }, (_, i) => Math.floor(nowMs - 88 * dayMs + (88 * dayMs * i) / 22_000));
const near = { medianMs: 250, p99Ms: 250 };
const oneAtATime = readFromAfar({ times: fewMonths, network: near, isAlone: true });

test.each([
  ['250 ms', near, 0.98],
  ['800 ms', { medianMs: 800, p99Ms: 800 }, 0.9],
  // What was slow may have been counted late: until that is ruled out its place in the limit is not used.
  ['250 ms in the median, 1.5 s at p99', { medianMs: 250, p99Ms: 1_500 }, 0.85],
])('where answers take %s, nearly every slot of the limit is used', async (_, network, least) => {
  const { stored, share, sent } = await readFromAfar({ times: fewMonths, network });
  expect(stored).toBe(fewMonths.length);
  expect(share).toBeGreaterThan(least);
  const alone = await oneAtATime;
  expect(alone.share).toBeLessThan(0.75);
  expect(sent.length).toBeLessThan(1.05 * alone.sent.length);
});
