import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { incompleteIn } from '../../src/history/completeness.ts';
import { horizonMs } from '../../src/history/horizon.ts';
import { newPartState, type PartState } from '../../src/history/part-state.ts';
import { rangeSet } from '../../src/history/range-set.ts';
import type { Stream } from '../../src/history/stream.ts';
import { summariseStream } from '../../src/history/summary.ts';
import { type Timetable, unknownTimetable } from '../../src/history/timetable.ts';
import { futuresTrades, spotTrades, withdrawals } from '../database/records.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 5, 30);
const linkedMs = nowMs - 40 * dayMs;
const claimedFromMs = horizonMs(spotTrades, linkedMs);
const readEndMs = nowMs - 3_600_000;
const settledThroughMs = readEndMs - dayMs;

const read: PartState = {
  ...newPartState,
  claimedFromMs,
  covered: [{ from: claimedFromMs, to: readEndMs }],
  requested: [{ from: spotTrades.originMs, to: readEndMs }],
  lastReadEndMs: readEndMs,
  settledThroughMs,
  readThrough: true,
};

function reasons(stream: Stream, states: readonly PartState[], from: number, to: number, ends?: Partial<Timetable>) {
  const found = incompleteIn(
    stream,
    states,
    { from, to },
    { nowMs, timetable: ends ? { ...unknownTimetable, ...ends } : null },
  );
  return found.map((gap) => [gap.reason, gap.from, gap.to]);
}

describe('a range is complete', () => {
  test('when every instant of it is proved and settled', () => {
    expect(reasons(spotTrades, [read], claimedFromMs, settledThroughMs)).toEqual([]);
  });

  test('and is not one instant further on either side', () => {
    expect(reasons(spotTrades, [read], claimedFromMs - 1, settledThroughMs)).toEqual([
      ['expired-before-link', claimedFromMs - 1, claimedFromMs],
    ]);
    expect(reasons(spotTrades, [read], claimedFromMs, settledThroughMs + 1)).toEqual([
      ['not-settled', settledThroughMs, settledThroughMs + 1],
    ]);
  });

  test('not up to now, and not beyond', () => {
    expect(reasons(spotTrades, [read], claimedFromMs, nowMs + dayMs)).toEqual([
      ['not-settled', settledThroughMs, readEndMs],
      ['not-yet-read', readEndMs, nowMs],
      ['in-the-future', nowMs, nowMs + dayMs],
    ]);
    expect(reasons(spotTrades, [read], nowMs + dayMs, nowMs + 2 * dayMs)).toEqual([
      ['in-the-future', nowMs + dayMs, nowMs + 2 * dayMs],
    ]);
  });

  test('not where one of several parts was never read', () => {
    expect(reasons(futuresTrades, [read], settledThroughMs - dayMs, settledThroughMs)).toEqual([
      ['not-yet-read', settledThroughMs - dayMs, settledThroughMs],
    ]);
  });

  test('not where nothing was ever read, however old it is: nothing was requested', () => {
    const horizon = horizonMs(spotTrades, nowMs);
    expect(reasons(spotTrades, [], horizon - dayMs, horizon + dayMs)).toEqual([
      ['not-yet-read', horizon - dayMs, horizon + dayMs],
    ]);
    expect(reasons(withdrawals, [], horizon - dayMs, horizon)).toEqual([['not-yet-read', horizon - dayMs, horizon]]);
  });

  test('not where a stretch was marked or left unread in between', () => {
    const from = claimedFromMs + dayMs;
    const holed: PartState = {
      ...read,
      covered: [
        { from: claimedFromMs, to: from },
        { from: from + 3 * dayMs, to: readEndMs },
      ],
      marks: [{ from: from + dayMs, to: from + 2 * dayMs, reason: 'quarantined' }],
    };
    expect(reasons(spotTrades, [holed], claimedFromMs, settledThroughMs)).toEqual([
      ['expired-unread', from, from + dayMs],
      ['quarantined', from + dayMs, from + 2 * dayMs],
      ['expired-unread', from + 2 * dayMs, from + 3 * dayMs],
    ]);
  });

  test('before the exchange existed, and once its platform has ended', () => {
    expect(reasons(spotTrades, [], Date.UTC(2010, 0, 1), Date.UTC(2017, 0, 1))).toEqual([]);
    expect(reasons(spotTrades, [read], readEndMs, nowMs + dayMs, { platformEndMs: readEndMs })).toEqual([]);
    expect(reasons(spotTrades, [read], nowMs, nowMs + dayMs, { platformEndMs: nowMs + 1 })).toEqual([
      ['in-the-future', nowMs, nowMs + dayMs],
    ]);
  });

  test('after the end of trading, once that was read beyond and nothing was there', () => {
    const trades: Stream = { ...spotTrades, ending: 'spot-trading' };
    const ends = { spotTradingEndMs: settledThroughMs - dayMs };
    expect(reasons(trades, [read], claimedFromMs, nowMs + dayMs, ends)).toEqual([]);
    // What was out of reach when it was linked was never looked at, whatever the timetable says.
    const soon = { spotTradingEndMs: claimedFromMs - 2 * dayMs };
    expect(reasons(trades, [read], claimedFromMs - dayMs, nowMs, soon)).toEqual([
      ['expired-before-link', claimedFromMs - dayMs, claimedFromMs],
    ]);
    const after = [ends.spotTradingEndMs + 1, settledThroughMs + 1, ends] as const;
    const unread = { ...read, lastReadEndMs: ends.spotTradingEndMs - 1 };
    expect(reasons(trades, [unread], ...after)).toEqual([['not-settled', settledThroughMs, settledThroughMs + 1]]);
    const disproved = { ...read, newestRowMs: ends.spotTradingEndMs };
    expect(reasons(trades, [disproved], ...after)).toEqual([['not-settled', settledThroughMs, settledThroughMs + 1]]);
  });
});

describe('complete means the same of a stream and of a range', () => {
  const reasonsOfMarks = ['quarantined', 'unanswered', 'too-dense', 'expired-before-link', 'refused'] as const;
  const days = fc.integer({ min: -200, max: 39 }).map((day) => linkedMs + day * dayMs);
  const ranges = fc.tuple(days, days).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) + dayMs }));
  const partStates = fc
    .record({
      claimed: fc.integer({ min: 0, max: 3 }),
      covered: fc.array(ranges, { maxLength: 3 }),
      marks: fc.array(fc.tuple(ranges, fc.constantFrom(...reasonsOfMarks)), { maxLength: 2 }),
    })
    .map(
      ({ claimed, covered, marks }): PartState => ({
        ...read,
        claimedFromMs: claimedFromMs + claimed * dayMs,
        covered: rangeSet(
          [{ from: claimedFromMs + claimed * dayMs, to: readEndMs }, ...covered].slice(covered.length > 2 ? 1 : 0),
        ),
        marks: marks.map(([range, reason]) => ({ ...range, reason })),
      }),
    );

  test.each([spotTrades, futuresTrades, withdrawals])('for $name, whatever lies before what is claimed', (stream) => {
    let complete = 0;
    const isSame = (states: readonly PartState[]) => {
      const context = { nowMs, timetable: null };
      const summary = summariseStream(stream, states, { ...context, linked: true });
      const { fromMs: from, throughMs } = summary;
      const missing = throughMs === null ? [] : incompleteIn(stream, states, { from, to: throughMs }, context);
      const isProved =
        throughMs !== null && throughMs > from && missing.every(({ reason }) => reason === 'not-settled');
      complete += Number(isProved);
      return summary.complete === isProved;
    };
    fc.assert(fc.property(fc.tuple(...stream.parts.map(() => partStates)), isSame), { numRuns: 500 });
    expect(complete).toBeGreaterThan(20);
  });
});
