import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { streams } from '../../src/bitmart/index.ts';
import { FenceLost, type HistoryStore, type Reader } from '../../src/history/ports.ts';
import type { Stream } from '../../src/history/stream.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { CountingExchange } from './counting-exchange.ts';
import { dayMs, nowMs, settings } from './pages.ts';
import { createBudget, readStream } from './read-stream.ts';

/** The next request is under way while a page is being committed. */

const stream = streams.find((candidate) => candidate.name === 'spot-trades') as Stream;
const times = Array.from({ length: 3_000 }, (_, i) => Math.floor(nowMs - 80 * dayMs + (80 * dayMs * i) / 3_000));

const reference = { accountId: 'account', stream, part: 'all' };

interface Trace {
  readonly events: string[];
  readonly store: MemoryStore;
}

/** Reads with a store whose commits end when `ending` says, and writes down what happens in which order. */
async function readWith(ending: (page: number, judged: () => Promise<unknown>) => Promise<unknown>, reported: Trace) {
  const exchange = new CountingExchange(stream, 'newest-first', times, []);
  const reader = exchange.open();
  let asked = 0;
  let committed = 0;
  const noting: Reader = {
    ...reader,
    ask: async (of, question, signal) => {
      const number = ++asked;
      reported.events.push(`ask ${number}`);
      signal.addEventListener('abort', () => reported.events.push(`discard ${number}`));
      await sleep(1);
      return reader.ask(of, question, signal);
    },
  };
  const store: HistoryStore = {
    openPart: (part) => reported.store.openPart(part),
    changePart: (part, fence, change) => reported.store.changePart(part, fence, change),
    knownValues: (part, column) => reported.store.knownValues(part, column),
    changingRecords: (part) => reported.store.changingRecords(part),
    commitPage: async (part, fence, page, decide) => {
      const number = ++committed;
      const outcome = await ending(number, async () => {
        const stored = await reported.store.commitPage(part, fence, page, decide);
        reported.events.push(`judged ${number}`);
        return stored;
      });
      reported.events.push(`stored ${number}`);
      return outcome as Awaited<ReturnType<HistoryStore['commitPage']>>;
    },
  };
  const budget = createBudget({ pages: 1_000, durationMs: 1e12 }, () => 0);
  const signal = new AbortController().signal;
  return await readStream({ exchange, reader: noting, store, settings, budget, signal }, 'account', stream, []);
}

function fresh(): Trace {
  return { events: [], store: new MemoryStore() };
}

test('the next request is sent as soon as a page is judged, and its answer waits until the page is stored', async () => {
  const reported = fresh();
  const result = await readWith(async (_page, judged) => {
    const outcome = await judged();
    await sleep(8);
    return outcome;
  }, reported);
  expect(result).toMatchObject({ done: true, inserted: 3_000 });
  const at = (event: string) => reported.events.indexOf(event);
  for (let page = 2; page < 10; page++) {
    expect(at(`ask ${page + 1}`)).toBeGreaterThan(at(`judged ${page}`));
    expect(at(`ask ${page + 1}`)).toBeLessThan(at(`stored ${page}`));
    expect(at(`judged ${page + 1}`)).toBeGreaterThan(at(`stored ${page}`));
  }
});

test('a page that is not stored after all takes the next answer with it, and nothing of either is claimed', async () => {
  const reported = fresh();
  const lost = new FenceLost(reference);
  await expect(
    readWith(async (page, judged) => {
      if (page < 5) return judged();
      // Judged as every other, but rolled back.
      const part = reported.store.part(reference);
      const before = { state: part.state, rows: new Map(part.rows) };
      await judged();
      Object.assign(part, before);
      await sleep(8);
      throw lost;
    }, reported),
  ).rejects.toBe(lost);
  expect(reported.events.slice(-2)).toEqual(['ask 6', 'discard 6']);

  const again = await readWith((_page, judged) => judged(), reported);
  expect(again.done).toBe(true);
  expect(reported.store.part(reference).rows.size).toBe(3_000);
});

test('when a page has to be judged anew, the next request is planned anew as well', async () => {
  const reported = fresh();
  const result = await readWith(async (page, judged) => {
    if (page !== 5) return judged();
    // As where a stored record turns up only while rows are inserted: first judged, rolled back, and judged again.
    const part = reported.store.part(reference);
    const before = { state: part.state, rows: new Map(part.rows) };
    await judged();
    Object.assign(part, before);
    await sleep(4);
    return judged();
  }, reported);
  expect(result).toMatchObject({ done: true, inserted: 3_000 });
  // Sent for what was judged first.
  expect(reported.events).toContain('discard 6');
  expect(reported.store.part(reference).rows.size).toBe(3_000);
});
