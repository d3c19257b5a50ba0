import { expect, test } from 'vitest';
import { gapNewsOf } from '../../src/history/gaps.ts';
import type { Gap, GapReason } from '../../src/history/part-state.ts';

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
