import { expect, test } from 'vitest';
import { widestCoreMs } from '../../src/history/horizon.ts';
import { nextStep } from '../../src/history/next-question.ts';
import { newPartState } from '../../src/history/part-state.ts';
import type { NextStep } from '../../src/history/plan.ts';
import { WindowSizer } from '../../src/history/window-sizer.ts';
import { simulatedStream } from '../simulation/streams.ts';
import { dayMs, nowMs } from './pages.ts';

test('suspect answers that lie side by side are asked for again in windows that the exchange takes', () => {
  const stream = simulatedStream('movements', 60);
  const suspect = [{ from: nowMs - 160 * dayMs, to: nowMs - 60 * dayMs }];
  const state = { ...newPartState, pending: suspect, suspect, readEndMs: nowMs, claimedFromMs: nowMs - 170 * dayMs };
  for (const crowded of [true, false]) {
    const bounds = { anchorMs: null, servedFromMs: nowMs - 90 * dayMs, clockMs: nowMs };
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
