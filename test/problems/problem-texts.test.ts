import { describe, expect, test } from 'vitest';
import { answerProblem, problemText, waitingProblem } from '../../src/answers/problem.ts';
import { streams } from '../../src/bitmart/streams/index.ts';
import { knownTimetable } from '../../src/bitmart/timetable.ts';
import type { ProblemCode, ProblemFacts } from '../../src/history/failure.ts';
import { newPartState } from '../../src/history/part-state.ts';
import { summariseStreams } from '../../src/history/summary.ts';
import { describeProblem, endedNotice, expiryProblem } from '../../src/problems/describe-problem.ts';
import { en } from '../../src/texts/en.ts';
import { type Language, textsIn } from '../../src/texts/index.ts';

const languages = Object.keys(textsIn) as Language[];
const codes = Object.keys(en.problems) as ProblemCode[];
const atMs = Date.UTC(2026, 7, 26, 1);
const detail = 'GET https://api-cloud-v2.bitmart.com/contract/private/trades answered with HTTP 403.';
/** Every kind of case that has texts of its own. */
const cases: readonly ProblemFacts[] = [
  {},
  { detail, slips: ['memo-blank'], addresses: ['203.0.113.7'], expiresAtMs: atMs, subAccount: 'trading' },
  { detail, notForSubAccounts: true, isEndpointWithdrawn: true, difference: 'nothing-to-compare' },
  { difference: 'other-records', otherAccountId: 'abc', isRefused: true },
  { expiresAtMs: atMs, hasExpired: true },
  { ended: [{ stream: 'spot-trades', endedAtMs: atMs }], requestedFromMs: Date.UTC(2017, 0), platformEndMs: atMs },
];

describe.each(languages)('in %s', (language) => {
  test('every problem says to its user what happened and what to do, and nothing about our machines', () => {
    for (const code of codes) {
      for (const facts of cases) {
        const { message, remedy } = problemText(answerProblem(describeProblem({ code, facts })), { language });
        for (const text of [message, remedy]) {
          expect(text, code).toMatch(/\S/);
          expect(text, code).not.toMatch(/undefined|null|NaN|Invalid|object Object/);
          expect(text, code).not.toMatch(
            /npm |`|[A-Z]{3,}_[A-Z]|https?:|HTTP|[Tt]emporal|[Pp]ostgres|127\.0|doctor|worker/,
          );
        }
        if (language !== 'en') expect(message, code).not.toBe(describeProblem({ code, facts }).message);
      }
    }
  });

  test('a key that we could not check is not a fault of its user, whose text names no machine', () => {
    const operator = { message: 'No worker polls 127.0.0.1:7233.', remedy: 'Start it (`npm start`).' };
    for (const isStored of [true, false]) {
      const { message, remedy } = problemText(waitingProblem('no-worker', operator, isStored), { language });
      expect(`${message} ${remedy}`).not.toMatch(/npm|127|worker/);
    }
    expect(problemText(waitingProblem('no-worker', operator, true), { language, reader: 'operator' })).toEqual(
      operator,
    );
  });
});

test.each(['en', 'ja'] as const)('an operator reads in %s what exactly went wrong', (language) => {
  expect(Object.keys(textsIn[language].operator ?? {}).sort()).toEqual([...codes].sort());
  for (const code of codes) {
    const problem = answerProblem(describeProblem({ code, facts: { detail } }));
    expect(problemText(problem, { language, reader: 'operator' }).message, code).toContain(detail);
  }
});

test('the severity says whether action is needed', () => {
  const severityOf = (code: ProblemCode, facts: ProblemFacts = {}) =>
    answerProblem(describeProblem({ code, facts })).severity;
  expect(severityOf('wrong-key')).toBe('error');
  expect(severityOf('key-can-trade')).toBe('warning');
  expect(severityOf('key-can-trade', { isRefused: true })).toBe('error');
  expect(severityOf('no-permission', { notForSubAccounts: true })).toBe('notice');
  expect(severityOf('exchange-closed')).toBe('notice');
  expect(severityOf('exchange-closed', { isEndpointWithdrawn: true })).toBe('warning');
});

describe('an expiry', () => {
  const wordsAt = (nowMs: number, language: Language, reader: 'user' | 'operator') => {
    const problem = expiryProblem(atMs, nowMs);
    if (problem === null) throw new Error('It is not reported.');
    return problemText(answerProblem(problem), { language, reader });
  };

  test('that has passed is reported as passed, as far as BitMart said', () => {
    expect(wordsAt(atMs - 1, 'en', 'user')).toEqual({
      message: 'The key expires soon. Its last day is August 26, 2026.',
      remedy: 'Make a new read-only key on BitMart and replace this one before it expires.',
    });
    expect(wordsAt(atMs, 'en', 'user')).toEqual({
      message: 'The key expired on August 26, 2026, as far as BitMart said.',
      remedy: 'Make a new read-only key on BitMart and replace this one.',
    });
    expect(wordsAt(atMs, 'en', 'operator')).toEqual({
      message: 'The key expired on 2026-08-26 01:00 UTC, as far as BitMart said.',
      remedy: 'Ask the user for a new key and replace it (`rotate`).',
    });
  });

  test.each(languages)('reads differently in %s before and after', (language) => {
    for (const reader of ['user', 'operator'] as const) {
      const [before, after] = [wordsAt(atMs - 1, language, reader), wordsAt(atMs, language, reader)];
      expect(after.message).not.toBe(before.message);
      expect(after.remedy).not.toBe(before.remedy);
    }
  });
});

test.each(['en', 'ja'] as const)('of a withdrawn endpoint the operator is asked in %s to get an export', (language) => {
  const remedyOf = (facts: ProblemFacts) =>
    problemText(answerProblem(describeProblem({ code: 'exchange-closed', facts })), { language, reader: 'operator' })
      .remedy;
  const remedy = remedyOf({ isEndpointWithdrawn: true });
  expect(remedy).not.toBe(remedyOf({}));
  expect(remedy).not.toMatch(/No action|対応は不要/);
  if (language === 'en') {
    expect(remedy).toBe(
      'Ask the user to export this history on the BitMart website while it is there. What was read stays stored; another key does not help.',
    );
  }
});

test('streams that had ended are one notice, and only of those that were read to the end without a record', () => {
  const nowMs = Date.UTC(2026, 11, 20);
  const timetable = { ...knownTimetable, futuresTradingEndMs: knownTimetable.spotTradingEndMs };
  const trades = streams.filter(({ name }) => name.endsWith('-trades'));
  const read = trades.flatMap((stream) =>
    stream.parts.map((part) => ({
      stream: stream.name,
      part,
      state: {
        ...newPartState,
        claimedFromMs: nowMs - 80 * 86_400_000,
        covered: [{ from: nowMs - 80 * 86_400_000, to: nowMs }],
        requested: [{ from: stream.originMs, to: nowMs - 80 * 86_400_000 }],
        readThrough: true,
      },
    })),
  );
  const noticeOf = (parts: typeof read) =>
    endedNotice(trades, summariseStreams(trades, parts, { nowMs, linked: true, timetable }), timetable);
  expect(noticeOf(read)?.facts?.ended?.map(({ stream }) => stream)).toEqual(['spot-trades', 'futures-trades']);
  const unread = read.map((part) =>
    part.stream === 'spot-trades' ? { ...part, state: { ...part.state, readThrough: false } } : part,
  );
  expect(noticeOf(unread)?.facts?.ended?.map(({ stream }) => stream)).toEqual(['futures-trades']);
  // An endpoint that is removed during the walk leaves no mark, because the read had ended.
  const stopped = read.map((part) =>
    part.stream === 'spot-trades' ? { ...part, state: { ...part.state, requested: [] } } : part,
  );
  expect(noticeOf(stopped)?.facts?.ended?.map(({ stream }) => stream)).toEqual(['futures-trades']);
  const refusal = { from: 0, to: nowMs, reason: 'refused' as const, sinceMs: nowMs };
  const withdrawn = read.map((part) =>
    part.stream === 'spot-trades' ? { ...part, state: { ...part.state, covered: [], marks: [refusal] } } : part,
  );
  expect(noticeOf(withdrawn)?.facts?.ended?.map(({ stream }) => stream)).toEqual(['futures-trades']);
  const withRows = read.map((part) => ({ ...part, state: { ...part.state, rowCount: 1 } }));
  expect(noticeOf(withRows)).toBeNull();
});
