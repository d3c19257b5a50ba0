import { expect, test } from 'vitest';
import type { Gap, GapReason } from '../../src/history/gap.ts';
import { gapNewsOf, gapsOf, mergeGaps } from '../../src/history/gaps.ts';
import { type Mark, newPartState } from '../../src/history/part-state.ts';
import { restOf } from '../../src/history/rest.ts';
import { summariseStream } from '../../src/history/summary.ts';
import { unknownTimetable } from '../../src/history/timetable.ts';
import { simulatedStream } from '../simulation/streams.ts';
import { dayMs, hourMs, nowMs, settings, spot } from './pages.ts';

const linked = nowMs - 88 * dayMs;
const state = { ...newPartState, claimedFromMs: linked, readEndMs: nowMs };

test('what is older than the reach has expired before the link only where it was requested', () => {
  const { originMs } = spot;
  expect(gapsOf(state, spot, nowMs)[0]).toEqual({ from: originMs, to: linked, reason: 'not-yet-read' });
  const requested = [{ from: linked - dayMs, to: linked }];
  expect(gapsOf({ ...state, requested }, spot, nowMs).slice(0, 2)).toEqual([
    { from: originMs, to: linked - dayMs, reason: 'not-yet-read' },
    { from: linked - dayMs, to: linked, reason: 'expired-before-link' },
  ]);
});

test('where no reach is documented, the gap of what was requested says so', () => {
  const movements = simulatedStream('movements', 200);
  const requested = [{ from: movements.originMs, to: linked }];
  expect(gapsOf({ ...state, requested }, movements, nowMs)[0]).toMatchObject({ reason: 'reach-unknown' });
});

test('what the exchange refused as too old has expired before the link, also where no reach is documented', () => {
  const movements = simulatedStream('movements', 200);
  const refused = { from: movements.originMs, to: linked - dayMs, reason: 'expired-before-link' } as const;
  expect(gapsOf({ ...state, marks: [refused] }, movements, nowMs)[0]).toEqual(refused);
});

test('a window that fails is a gap of its own once it is no longer narrowed', () => {
  const failing = { from: linked + dayMs, to: linked + 2 * dayMs, reason: 'unanswered' } as const;
  const reasons = (mark: Mark) => gapsOf({ ...state, marks: [mark] }, spot, nowMs).map(({ reason }) => reason);
  expect(reasons({ ...failing, askAgainMs: nowMs })).toContain('unanswered');
  expect(reasons({ ...failing, narrowing: true })).not.toContain('unanswered');
});

test('what is not covered is not yet read, or has expired unread once it is out of reach', () => {
  const later = nowMs + 30 * dayMs;
  const gaps = gapsOf({ ...state, covered: [{ from: linked + dayMs, to: nowMs - hourMs }] }, spot, later);
  expect(gaps.slice(1)).toEqual([
    { from: linked, to: linked + dayMs, reason: 'expired-unread' },
    { from: nowMs - hourMs, to: nowMs, reason: 'not-yet-read' },
  ]);
});

test('a mark gives its reason to what is not covered, and only to that', () => {
  const mark = { from: nowMs - 2 * hourMs, to: nowMs - hourMs, reason: 'too-dense' } as const;
  const covered = [
    { from: linked, to: nowMs - 1.5 * hourMs },
    { from: nowMs - hourMs, to: nowMs },
  ];
  expect(gapsOf({ ...state, covered, marks: [mark] }, spot, nowMs).slice(1)).toEqual([
    { from: nowMs - 1.5 * hourMs, to: nowMs - hourMs, reason: 'too-dense' },
  ]);
});

test('what is known of a single stretch says more than a refusal of everything', () => {
  const dense = { from: nowMs - 2 * hourMs, to: nowMs - hourMs, reason: 'too-dense' } as const;
  const refused = { from: linked, to: nowMs, reason: 'refused' } as const;
  expect(gapsOf({ ...state, marks: [refused, dense] }, spot, nowMs).slice(1)).toEqual([
    { from: linked, to: dense.from, reason: 'refused' },
    dense,
    { from: dense.to, to: nowMs, reason: 'refused' },
  ]);
});

test('a refusal after the end of a stream that was read to it is no gap, and one that came before it is', () => {
  const endMs = nowMs - 30 * dayMs;
  const readTo = (lastReadEndMs: number | null) => {
    const from = lastReadEndMs ?? linked;
    const covered = from > linked ? [{ from: linked, to: from }] : [];
    const marks = [{ from, to: nowMs, reason: 'refused' as const }];
    return gapsOf({ ...state, readEndMs: null, lastReadEndMs, covered, marks }, spot, nowMs, { endMs });
  };
  const reasons = (gaps: readonly Gap[]) => gaps.filter(({ from }) => from >= linked).map(({ reason }) => reason);
  expect(reasons(readTo(endMs + dayMs))).toEqual([]);
  expect(reasons(readTo(endMs - dayMs))).toEqual(['refused']);
  expect(reasons(readTo(null))).toEqual(['refused']);
});

test('time that a refusal left out between covered time is a gap, also after the end of the stream', () => {
  const endMs = nowMs - 30 * dayMs;
  const lastReadEndMs = endMs + dayMs;
  const covered = [
    { from: linked, to: lastReadEndMs },
    { from: nowMs - dayMs, to: nowMs - hourMs },
  ];
  const marks = [{ from: lastReadEndMs, to: nowMs, reason: 'not-opened' as const }];
  const found = { ...state, readEndMs: null, readThrough: true, lastReadEndMs, covered, marks };
  expect(gapsOf(found, spot, nowMs, { endMs }).filter(({ from }) => from >= linked)).toEqual([
    { from: lastReadEndMs, to: nowMs - dayMs, reason: 'not-opened' },
  ]);
  const timetable = { ...unknownTimetable, spotTradingEndMs: endMs, platformEndMs: nowMs + dayMs };
  const ended = { ...spot, ending: 'spot-trading' as const };
  expect(summariseStream(ended, [found], { nowMs, linked: true, timetable }).complete).toBe(false);
});

test('what no key can read has no deadline, and only a sub-account’s is left out of the verdict', () => {
  const summary = (mark: Pick<Mark, 'ofNoKey'>) =>
    summariseStream(
      spot,
      [
        {
          ...state,
          readEndMs: null,
          readThrough: true,
          marks: [{ from: linked, to: nowMs, reason: 'refused', ...mark }],
        },
      ],
      { nowMs, linked: true, timetable: unknownTimetable },
    );
  const soonMs = nowMs + 2 * dayMs;
  expect(summary({}).atRiskAtMs).toBeLessThan(soonMs);
  expect(summary({ ofNoKey: 'withdrawn' }).atRiskAtMs).toBeGreaterThan(soonMs);
  expect(summary({ ofNoKey: 'sub-account' }).atRiskAtMs).toBeGreaterThan(soonMs);
  expect(summary({ ofNoKey: 'withdrawn' }).unreadable).toBeNull();
  expect(summary({ ofNoKey: 'sub-account' }).unreadable).toBe('sub-account');
});

test('of a stream with a right, what was read before and is removed now is no missing right, and is requested at every sync', () => {
  const rare = { ...spot, right: 'Future-Trade', isRare: true };
  const marks = [{ from: nowMs - dayMs, to: nowMs - hourMs, reason: 'refused' as const }];
  const refused = {
    ...state,
    readEndMs: null,
    readThrough: true,
    walkedWith: 'key',
    covered: [{ from: linked, to: nowMs - dayMs }],
    lastReadEndMs: nowMs - dayMs,
    marks,
  };
  const removed = { ...refused, marks: marks.map((mark) => ({ ...mark, ofNoKey: 'withdrawn' as const })) };
  const context = { nowMs, linked: true, timetable: unknownTimetable };
  expect(summariseStream(rare, [refused], context)).toMatchObject({ missingRight: 'Future-Trade' });
  expect(summariseStream(rare, [removed], context)).toMatchObject({ missingRight: null, unreadable: null });
  const now = { accountId: 'a', clockMs: nowMs, settings, isChanging: false };
  expect(restOf(rare, [refused], now)).toBe('resting');
  expect(restOf(rare, [removed], now)).toBe('due');
});

test('the gaps of several parts are joined per reason', () => {
  const merged = mergeGaps([[{ from: 0, to: 5, reason: 'refused' }], [{ from: 3, to: 9, reason: 'refused' }]]);
  expect(merged).toEqual([{ from: 0, to: 9, reason: 'refused' }]);
});

const context = { nowMs, linked: true, timetable: null };

test('a stream is covered only where every one of its parts is', () => {
  const futures = simulatedStream('futures', 200);
  const left = { ...state, covered: [{ from: linked, to: nowMs - hourMs }], readThrough: true };
  const right = { ...state, covered: [{ from: linked, to: nowMs - 2 * hourMs }], readThrough: true };
  const summary = summariseStream(futures, [left, right], context);
  expect(summary.covered).toEqual([{ from: linked, to: nowMs - 2 * hourMs }]);
  expect(summary.complete).toBe(true);
  expect(summariseStream(futures, [left], context)).toMatchObject({ covered: [], complete: false, readThrough: false });
});

test('a hole between from and through makes a stream incomplete and is what is at risk first', () => {
  const covered = [
    { from: linked, to: nowMs - 9 * dayMs },
    { from: nowMs - 8 * dayMs, to: nowMs },
  ];
  const summary = summariseStream(spot, [{ ...state, covered }], context);
  expect(summary.complete).toBe(false);
  expect(summary.atRiskAtMs).toBe(nowMs - 9 * dayMs + spot.reachMs);
});

test('with all covered, the end of coverage plus the reach is what is at risk, but never after the platform has ended', () => {
  const covered = [{ from: linked, to: nowMs - 10_000 }];
  expect(summariseStream(spot, [{ ...state, covered }], context).atRiskAtMs).toBe(nowMs - 10_000 + spot.reachMs);
  const ending = { ...context, timetable: { ...unknownTimetable, platformEndMs: nowMs + dayMs } };
  expect(summariseStream(spot, [{ ...state, covered }], ending).atRiskAtMs).toBe(nowMs + dayMs);
  expect(summariseStream(spot, [{ ...state, covered }], { ...context, linked: false }).atRiskAtMs).toBeNull();
});

test('what leaves the reach after the last read is a gap as well, though nothing is read, up to the end of the stream', () => {
  const months = nowMs + 100 * dayMs;
  const covered = { ...state, readEndMs: null, lastReadEndMs: nowMs, covered: [{ from: linked, to: nowMs }] };
  const horizon = months - 89 * dayMs + hourMs;
  expect(gapsOf(covered, spot, months).slice(1)).toEqual([{ from: nowMs, to: horizon, reason: 'expired-unread' }]);
  expect(gapsOf(covered, spot, months, { endMs: nowMs + dayMs }).slice(1)).toEqual([
    { from: nowMs, to: nowMs + dayMs, reason: 'expired-unread' },
  ]);
  expect(gapsOf(covered, spot, months, { isOver: true }).slice(1)).toEqual([]);
  const summary = summariseStream(spot, [covered], { ...context, nowMs: months });
  expect(summary.gaps.at(-1)).toMatchObject({ reason: 'expired-unread', to: horizon });
  expect(summary.atRiskAtMs).toBe(horizon + spot.reachMs);
});

const gap = (reason: GapReason, from: number, to: number): Gap => ({ reason, from, to });

test('the first gap of a reason is news, and the end of the last one', () => {
  expect(gapNewsOf([], [gap('quarantined', 1, 2)])).toEqual([
    { kind: 'gap-opened', reason: 'quarantined', from: 1, to: 2 },
  ]);
  expect(gapNewsOf([gap('quarantined', 1, 2)], [gap('quarantined', 1, 2), gap('quarantined', 5, 6)])).toEqual([]);
  expect(gapNewsOf([gap('quarantined', 1, 2), gap('quarantined', 5, 6)], [gap('quarantined', 5, 6)])).toEqual([]);
  expect(gapNewsOf([gap('quarantined', 1, 2), gap('quarantined', 5, 6)], [])).toEqual([
    { kind: 'gap-closed', reason: 'quarantined', from: 1, to: 6 },
  ]);
});

test('a gap that grows, shrinks or falls apart is the same gap', () => {
  expect(gapNewsOf([gap('refused', 0, 5)], [gap('refused', 0, 9)])).toEqual([]);
  expect(gapNewsOf([gap('expired-unread', 0, 5)], [gap('expired-unread', 0, 2), gap('expired-unread', 3, 9)])).toEqual(
    [],
  );
});

test('what expired unread is news each time', () => {
  expect(gapNewsOf([gap('expired-unread', 0, 5)], [gap('expired-unread', 0, 5), gap('expired-unread', 8, 9)])).toEqual([
    { kind: 'gap-opened', reason: 'expired-unread', from: 8, to: 9 },
  ]);
});

test('what is only still to be read, was out of reach before, or is not there at all is not news', () => {
  const quiet: readonly GapReason[] = ['not-yet-read', 'expired-before-link', 'reach-unknown', 'not-opened'];
  for (const reason of quiet) expect(gapNewsOf([], [gap(reason, 0, 1)])).toEqual([]);
});
