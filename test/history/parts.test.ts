import { expect, test } from 'vitest';
import { marginLoans } from '../../src/bitmart/streams/margin-loans.ts';
import { newPartState, type PartState } from '../../src/history/part-state.ts';
import { pairOf, streamsOf } from '../../src/history/parts.ts';
import { restOf } from '../../src/history/rest.ts';
import type { Stream } from '../../src/history/stream.ts';
import { summariseStream, summariseStreams } from '../../src/history/summary.ts';
import { isOver } from '../../src/history/timetable.ts';
import { dayMs, nowMs, settings } from './pages.ts';

const stream: Stream = marginLoans.stream;
const timetable = { depositsEndMs: null, spotTradingEndMs: null, futuresTradingEndMs: null, platformEndMs: nowMs };
const summary = (...states: readonly PartState[]) =>
  summariseStream(stream, states, { nowMs, linked: true, timetable: null });
const rest = (...states: readonly PartState[]) =>
  restOf(stream, states, { accountId: 'account', clockMs: nowMs, settings, isChanging: false });

const whole = [{ from: nowMs - 89 * dayMs, to: nowMs - 60_000 }];
const read: PartState = {
  ...newPartState,
  claimedFromMs: nowMs - 89 * dayMs,
  covered: whole,
  answered: whole,
  requested: [{ from: stream.originMs, to: nowMs }],
  lastReadEndMs: nowMs - 60_000,
  lastReadAtMs: nowMs,
  sweptMs: nowMs,
  walkedWith: 'key',
  walkedAtMs: nowMs,
  readThrough: true,
};

test('an account without pairs has nothing to read, nothing at risk and nothing that keeps it from being complete', () => {
  const { gaps, ...result } = summary();
  expect(result).toMatchObject({
    readThrough: true,
    complete: false,
    unreadable: 'not-opened',
    atRiskAtMs: null,
    covered: [],
  });
  expect(gaps.map(({ reason }) => reason)).toEqual(['not-opened']);
  expect(rest()).toBe('resting');
  expect(isOver([stream], [], { timetable, nowMs, syncIntervalMs: 0, rereadWindowMs: dayMs })).toBe(true);
});

test('a stream is not called empty before the trades that name its pairs are read', () => {
  const context = { nowMs, linked: true, timetable: null };
  const summaryOf = (...parts: readonly { stream: string; state: PartState }[]) =>
    summariseStreams([stream], parts, context)[0];
  // Its trades are stored, and the sync that read them may not have noted their pairs yet.
  const trades = [{ stream: 'spot-trades', state: read }];
  const [backfilling] = summariseStreams([stream], trades, { ...context, isBackfilling: true });
  expect(backfilling).toMatchObject({ readThrough: false, unreadable: null, complete: false });
  expect(summaryOf()).toMatchObject({ readThrough: false, unreadable: null });
  expect(summaryOf({ stream: 'spot-trades', state: newPartState })).toMatchObject({ readThrough: false });
  expect(summaryOf({ stream: 'spot-trades', state: read })).toMatchObject({
    readThrough: true,
    unreadable: 'not-opened',
  });
});

test('a pair that is new is due, and until it is read the stream vouches for nothing, whatever was read of others', () => {
  expect(summary(read)).toMatchObject({ complete: true, readThrough: true, unreadable: null });
  expect(rest(read)).toBe('resting');
  const result = summary(read, newPartState);
  expect(result).toMatchObject({ complete: false, readThrough: false, unreadable: null, covered: [] });
  expect(result.gaps.map(({ reason }) => reason)).toContain('not-yet-read');
  expect(rest(read, newPartState)).toBe('due');
  const parts = [{ stream: stream.name, state: newPartState }];
  expect(isOver([stream], parts, { timetable, nowMs, syncIntervalMs: 0, rereadWindowMs: dayMs })).toBe(false);
});

test('each account has the parts that were opened for it, and pairs keep their dashes', () => {
  const opened = [
    { stream: stream.name, part: 'borrow-A-B_USDT' },
    { stream: 'spot-trades', part: 'all' },
  ];
  const [own] = streamsOf([stream], opened);
  expect(own?.parts).toEqual(['borrow-A-B_USDT']);
  expect(pairOf('borrow-A-B_USDT')).toEqual({ kind: 'borrow', pair: 'A-B_USDT' });
});
