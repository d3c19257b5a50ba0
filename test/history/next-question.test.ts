import { describe, expect, test } from 'vitest';
import { widestCoreMs } from '../../src/history/horizon.ts';
import { nextStep } from '../../src/history/next-question.ts';
import { newPartState, type PartState } from '../../src/history/part-state.ts';
import type { NextStep } from '../../src/history/plan.ts';
import { WindowSizer } from '../../src/history/window-sizer.ts';
import { simulatedStream } from '../simulation/streams.ts';
import { dayMs, nowMs } from './pages.ts';

test('suspect answers that lie side by side are asked for again in windows that the exchange takes', () => {
  const stream = simulatedStream('movements', 60);
  const suspect = [{ from: nowMs - 160 * dayMs, to: nowMs - 60 * dayMs }];
  const state = { ...newPartState, pending: suspect, suspect, readEndMs: nowMs, claimedFromMs: nowMs - 170 * dayMs };
  for (const crowded of [true, false]) {
    const bounds = { anchorMs: null, clockMs: nowMs };
    const step = nextStep(state, stream, {
      ...bounds,
      scope: 'reach',
      sizer: new WindowSizer(stream),
      crowded,
    });
    const { core } = step as NextStep & { kind: 'window' };
    expect(core.to - core.from).toBeGreaterThan(0);
    expect(core.to - core.from).toBeLessThanOrEqual(widestCoreMs(stream));
  }
});

describe('a window that is asked wider than what it is for leaves out what is known to fail', () => {
  const stream = { ...simulatedStream('spot', 60), originMs: nowMs - 300 * dayMs };
  const ranges = (from: number, to: number) => [{ from: nowMs - from * dayMs, to: nowMs - to * dayMs }];
  const state = {
    ...newPartState,
    readEndMs: nowMs,
    lastReadEndMs: nowMs,
    claimedFromMs: nowMs - 89 * dayMs,
    boundsHonoured: true,
  };
  const plan = { clockMs: nowMs, crowded: false };
  const failed = (days: number) => {
    const [range] = ranges(days, days) as [{ from: number; to: number }];
    return { from: range.from, to: range.to + 1, reason: 'unanswered', askAgainMs: nowMs + dayMs } as const;
  };

  test.each([
    ['for a record that is held', 'reach', { pending: ranges(10, 9), marks: [failed(11)] }, nowMs - 20 * dayMs],
    ['for a second look', 'reach', { pending: ranges(10, 9), suspect: ranges(10, 9), marks: [failed(10.3)] }, null],
    [
      'for the oldest record',
      'walk',
      { oldestRowMs: nowMs - 80 * dayMs, covered: ranges(89, 0), marks: [failed(85)] },
      null,
    ],
  ] as const)('%s', (_, scope, change, anchorMs) => {
    const step = (marks: PartState['marks']) =>
      nextStep({ ...state, ...change, marks }, stream, {
        ...plan,
        scope,
        anchorMs,
        sizer: new WindowSizer(stream),
      }) as NextStep & { kind: 'window' };
    const { core, target } = step(change.marks);
    const wide = step([]);
    const [mark] = change.marks;
    const isWithin = ({ from, to }: { from: number; to: number }) => from <= mark.from && mark.to <= to;
    expect(isWithin(wide.core)).toBe(true);
    expect(isWithin(core)).toBe(false);
    expect(target).toEqual(wide.target);
    expect(core.from <= (target?.from ?? 0) && core.to >= (target?.to ?? 0)).toBe(true);
  });
});
