import { expect, test } from 'vitest';
import { nextQuestion, widestCoreMs } from '../../src/history/next-question.ts';
import { newPartState } from '../../src/history/part-state.ts';
import { WindowSizer } from '../../src/history/window-sizer.ts';
import { simulatedStream } from '../simulation/streams.ts';
import { dayMs, nowMs } from './pages.ts';

test('suspect answers that lie side by side are asked for again in windows that the exchange takes', () => {
  const stream = simulatedStream('movements', 60);
  const suspect = [{ from: nowMs - 160 * dayMs, to: nowMs - 60 * dayMs }];
  const state = { ...newPartState, pending: suspect, suspect, readEndMs: nowMs, claimedFromMs: nowMs - 170 * dayMs };
  for (const crowded of [true, false]) {
    const plan = { sizer: new WindowSizer(stream), anchorMs: null, servedFromMs: nowMs - 90 * dayMs, crowded };
    const core = nextQuestion(state, stream, 'all', plan)?.core;
    expect((core?.to ?? 0) - (core?.from ?? 0)).toBeGreaterThan(0);
    expect((core?.to ?? 0) - (core?.from ?? 0)).toBeLessThanOrEqual(widestCoreMs(stream));
  }
});
