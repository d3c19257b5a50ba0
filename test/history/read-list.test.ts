import { expect, test } from 'vitest';
import { subAccountTransfers } from '../../src/bitmart/streams/sub-account-transfers.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import { FenceLost } from '../../src/history/ports.ts';
import { restOf } from '../../src/history/rest.ts';
import type { Page, ServedRow, Stream } from '../../src/history/stream.ts';
import { summariseStream } from '../../src/history/summary.ts';
import { type Timetable, unknownTimetable } from '../../src/history/timetable.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { dayMs, hourMs, nowMs, pageOf, rowAt, settings } from './pages.ts';
import { createBudget, readStream } from './read-stream.ts';

const stream: Stream = subAccountTransfers.stream;
const reference = { accountId: 'account', stream, part: 'all' };
const daysAgo = (days: number) => nowMs - days * dayMs;
const rowsOf = (...days: readonly number[]) => days.map((day) => rowAt(daysAgo(day)));

/** An account whose list is what the test says, read as often as it says. */
function account() {
  const store = new MemoryStore();
  let list: readonly ServedRow[] = [];
  let atMs = nowMs;
  let requests = 0;
  const ask = async (_: Stream, { core }: Page['question']) => {
    requests++;
    return pageOf(core.from, core.to, list, stream, atMs);
  };
  const exchange = {
    name: 'lists',
    streams: [stream],
    clockMs: () => atMs,
    measureClock: async () => {},
    open: () => reader,
  };
  const reader = {
    ask,
    check: async () => {
      throw new Error('no key is checked here');
    },
  };
  const read = async (served: readonly ServedRow[]) => {
    list = served;
    atMs += hourMs;
    const before = requests;
    const { signal } = new AbortController();
    const budget = createBudget({ pages: 50, durationMs: 1e12 }, () => 0);
    const result = await readStream({ exchange, reader, store, settings, budget, signal }, 'account', stream);
    return { ...result, requests: requests - before };
  };
  const state = () => store.part(reference).state;
  return {
    read,
    wait: (days: number) => {
      atMs += days * dayMs;
    },
    failStoring: (error: Error) => {
      store.commitPage = () => Promise.reject(error);
    },
    rows: () => store.part(reference).rows.size,
    covered: () => state().covered,
    gaps: () => gapsOf(state(), stream, atMs).map(({ reason }) => reason),
    rest: (timetable: Partial<Timetable> = {}) => {
      const context = { accountId: 'account', clockMs: atMs, isChanging: false };
      const known = { ...settings, timetable: { ...unknownTimetable, ...timetable } };
      return restOf(stream, [state()], { ...context, settings: known });
    },
    summary: () => summariseStream(stream, [state()], { nowMs: atMs, linked: true, timetable: null }),
  };
}

const between = (from: number, to: number) => [{ from: daysAgo(from), to: daysAgo(to) + stream.unitMs }];

test('a list that is not full proves what lies between its oldest and its newest record, and nothing else', async () => {
  const one = account();
  expect(await one.read(rowsOf(3, 20, 50))).toMatchObject({ done: true, requests: 1, inserted: 3 });
  expect(one.covered()).toEqual(between(50, 3));
  expect(one.gaps()).toEqual(['reach-unknown', 'reach-unknown']);
  expect(one.summary()).toMatchObject({ complete: true, fromMs: daysAgo(50), throughMs: daysAgo(3) + stream.unitMs });
});

test('a page that can not be stored ends its read, and nothing else', async () => {
  const one = account();
  const outages: unknown[] = [];
  const note = (error: unknown) => outages.push(error);
  process.on('unhandledRejection', note);
  one.failStoring(new FenceLost(reference));
  await expect(one.read(rowsOf(3))).rejects.toThrow('Another attempt has taken over');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(outages).toEqual([]);
});

test('an empty list proves nothing, and nothing of it is at risk before the next', async () => {
  const one = account();
  await one.read([]);
  expect(one.covered()).toEqual([]);
  const { complete, gaps, atRiskAtMs, unreadable } = one.summary();
  expect(unreadable).toBe('unprovable');
  expect({ complete, reasons: gaps.map(({ reason }) => reason) }).toEqual({
    complete: false,
    reasons: ['reach-unknown'],
  });
  expect(atRiskAtMs).toBeGreaterThan(nowMs + 80 * dayMs);
});

test('a full list is stored and proves nothing, what a shorter one proved before stays, and it is due again at once', async () => {
  const one = account();
  await one.read(rowsOf(3, 50));
  const many = Array.from({ length: 100 }, (_, i) => rowAt(daysAgo(3) + i * 1_000));
  expect(await one.read(many)).toMatchObject({ done: true, inserted: 99 });
  expect(one.rows()).toBe(101);
  expect(one.covered()).toEqual(between(50, 3));
  expect(one.gaps()).toEqual(['too-dense', 'too-dense']);
  expect(one.rest()).toBe('due');
  await one.read(rowsOf(1));
  expect(one.rest()).toBe('resting');
});

test('a full list is closed like any other by a read after the platform has ended', async () => {
  const one = account();
  await one.read(Array.from({ length: 100 }, (_, i) => rowAt(daysAgo(3) + i * 1_000)));
  one.wait(20);
  await one.read(Array.from({ length: 100 }, (_, i) => rowAt(daysAgo(3) + i * 1_000)));
  expect(one.rest({ platformEndMs: nowMs + 2 * dayMs })).toBe('closed');
});

test('a record that rolls off the end of the list stays, and what was proved with it too', async () => {
  const one = account();
  await one.read(rowsOf(3, 88));
  expect(await one.read(rowsOf(1, 3))).toMatchObject({ inserted: 1 });
  expect(one.covered()).toEqual(between(88, 1));
});

test('a list that omits a record between two others is not evidence, and needs attention when it goes on', async () => {
  const one = account();
  await one.read(rowsOf(3, 20, 50));
  const again = await one.read(rowsOf(1, 50));
  expect(again).toMatchObject({ done: false, requests: 3, blocked: { kind: 'unexpected' } });
  expect(one.covered()).toEqual(between(50, 3));
});

test('a record that comes late into a proved time makes the list settle later, until that is long ago', async () => {
  const one = account();
  const settled = () => one.summary().settledThroughMs ?? 0;
  await one.read(rowsOf(3, 20));
  expect(settled()).toBeGreaterThan(daysAgo(4));
  await one.read(rowsOf(3, 9, 20));
  // Twice as late as the latest.
  expect(settled()).toBeLessThan(daysAgo(17));
  one.wait(200);
  await one.read(rowsOf(3, 9, 20));
  expect(settled()).toBeGreaterThan(daysAgo(4));
});

test('answers that prove nothing let the delay of late records fade no sooner', async () => {
  const one = account();
  await one.read(rowsOf(3, 9, 20));
  await one.read(rowsOf(3, 7, 9, 20));
  const settledMs = one.summary().settledThroughMs ?? 0;
  for (let hours = 0; hours < 48; hours++) expect(await one.read(rowsOf(3, 20))).toMatchObject({ done: false });
  await one.read(rowsOf(3, 7, 9, 20));
  // Two days later, and by 3 % a day less of twice the delay.
  expect(one.summary().settledThroughMs).toBeLessThan(settledMs + 3 * dayMs);
});

test('a row that can’t be read is a gap of its second; without a time it leaves nothing proved', async () => {
  const one = account();
  const unreadable = (at: number | null): ServedRow => ({ kind: 'unreadable', reason: 'not-an-id', at, raw: '{}' });
  await one.read([...rowsOf(3, 50), unreadable(daysAgo(20))]);
  expect(one.summary()).toMatchObject({ complete: false });
  expect(one.gaps()).toEqual(['reach-unknown', 'quarantined', 'reach-unknown']);
  const other = account();
  await other.read([...rowsOf(3, 50), unreadable(null)]);
  expect(other.covered()).toEqual([]);
  await other.read(rowsOf(3, 50));
  expect(other.covered()).toEqual(between(50, 3));
});
