import { expect, test } from 'vitest';
import { answerProblem } from '../../src/answers/problem.ts';
import { notSyncedText, unlinkedText } from '../../src/cli/render.ts';
import type { ProblemCode } from '../../src/history/failure.ts';
import { describeProblem } from '../../src/problems/describe-problem.ts';

const problem = (code: ProblemCode) => answerProblem(describeProblem({ code }));
const nextSyncAt = '2026-11-24T12:00:00.000Z';

test('a sync that failed names the first error, not a warning before it', () => {
  const problems = [problem('key-can-trade'), problem('key-frozen'), problem('exchange-unreachable')];
  expect(notSyncedText({ problems, nextSyncAt })).toBe('Not synced: BitMart has frozen this key. It is tried again.');
});

test('where no error is stored, warnings are not called the reason', () => {
  expect(notSyncedText({ problems: [problem('key-can-trade')], nextSyncAt })).toBe(
    'Not synced: BitMart did not answer for everything. It is tried again.',
  );
});

test('a retry is announced only where one is due', () => {
  expect(notSyncedText({ problems: [problem('key-frozen')], nextSyncAt: null })).toBe(
    'Not synced: BitMart has frozen this key.',
  );
});

test('an erasure that a worker has yet to do is not said to be done', () => {
  expect(unlinkedText('abc', true)).toBe(
    'Unlinked abc. Its key is deleted. A worker deletes its history; the event `erased` says when that is done.',
  );
  expect(unlinkedText('abc', false)).toBe('Unlinked abc. Its history stays.');
});
