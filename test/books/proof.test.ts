import { expect, test } from 'vitest';
import { streams } from '../../src/bitmart/streams/index.ts';
import { proofIn } from '../../src/books/proof.ts';
import type { GapReason } from '../../src/history/gap.ts';
import { newPartState, type PartState } from '../../src/history/part-state.ts';

const hourMs = 3_600_000;
const nowMs = Date.UTC(2026, 5, 30);
const claimedFromMs = nowMs - 80 * 24 * hourMs;
const readEndMs = nowMs - hourMs;
const interval = { from: nowMs - 30 * hourMs, to: nowMs - 6 * hourMs };
const quarantined = { from: interval.from + hourMs, to: interval.from + hourMs + 1, reason: 'quarantined' as const };

const read: PartState = {
  ...newPartState,
  claimedFromMs,
  covered: [{ from: claimedFromMs, to: readEndMs }],
  lastReadEndMs: readEndMs,
  readThrough: true,
};

const unreadable: PartState = {
  ...read,
  covered: [
    { from: claimedFromMs, to: quarantined.from },
    { from: quarantined.to, to: readEndMs },
  ],
  marks: [quarantined],
};

/** Never answered with records, for this reason. */
function unansweredAs(reason: GapReason, to = readEndMs): PartState {
  return { ...newPartState, claimedFromMs, readThrough: true, marks: [{ from: claimedFromMs, to, reason }] };
}

/** What can't be vouched for in the spot wallet where everything is read, and some parts are in other states. */
function obstacles(states: Readonly<Record<string, PartState>>, range = interval) {
  const parts = streams
    .filter(({ name }) => name !== 'margin-loans')
    .flatMap(({ name, parts: of }) =>
      of.map((part) => ({ stream: name, state: states[`${name}/${part}`] ?? states[name] ?? read })),
    );
  return proofIn(streams, parts, { nowMs, timetable: null })('spot', range);
}

test.each(['spot-trades', 'deposits', 'withdrawals', 'futures-flows', 'earn-records'])(
  'a quarantined row of %s keeps the spot wallet from being compared',
  (stream) => {
    expect(obstacles({})).toEqual([]);
    expect(obstacles({ [stream]: unreadable })).toEqual(['gap']);
  },
);

test('savings that the key may not read keep no wallet from being compared', () => {
  const refused = { 'earn-records': unansweredAs('refused') };
  expect(obstacles(refused)).toEqual([]);
  expect(obstacles({ deposits: unansweredAs('refused') })).toEqual(['gap']);
  // They are requested once a day, and refused then as well.
  expect(obstacles({ 'earn-records': unansweredAs('refused', interval.from + hourMs) })).toEqual([]);
});

test('savings that were never requested keep the spot wallet from being compared', () => {
  const parts = streams
    .filter(({ name }) => name !== 'earn-records')
    .flatMap(({ name, parts: of }) => of.map((part) => ({ stream: name, state: read, part })));
  for (const { from, to } of [interval, { from: claimedFromMs, to: claimedFromMs + hourMs }]) {
    expect(proofIn(streams, parts, { nowMs: nowMs + 30 * 24 * hourMs, timetable: null })('spot', { from, to })).toEqual(
      ['not-read-yet'],
    );
  }
});

test('what is readable of savings counts beside what is refused', () => {
  const refused = unansweredAs('refused');
  expect(obstacles({ 'earn-records': refused, 'earn-records/flexible-redeem': unreadable })).toEqual(['gap']);
  const soFar = { ...read, covered: [{ from: claimedFromMs, to: interval.from }], lastReadEndMs: interval.from };
  const until = unansweredAs('refused', interval.from);
  expect(obstacles({ 'earn-records': until, 'earn-records/flexible-redeem': soFar })).toEqual(['not-read-yet']);
});

test('a part that was never opened hides no gap of another one', () => {
  const states = { 'futures-flows/copy_trading': unansweredAs('not-opened') };
  expect(obstacles(states)).toEqual([]);
  expect(obstacles({ ...states, 'futures-flows/futures': unreadable })).toEqual(['gap']);
});
