import { expect, test } from 'vitest';
import { judgePage } from '../../src/history/judge-page.ts';
import { newPartState, type PartState } from '../../src/history/part-state.ts';
import { beginRead } from '../../src/history/read.ts';
import { dayMs, hourMs, nowMs, pageOf, rowAt, settings, spot } from './pages.ts';

const context = { stream: spot, settings };
const reading: PartState = beginRead(newPartState, {
  accountId: 'a',
  stream: spot,
  clockMs: nowMs,
  settings,
  keyId: 'key',
  changingAtMs: [],
});
const from = nowMs - 30 * dayMs;
const to = nowMs - 20 * dayMs;

function evenly(count: number, first = from, last = to) {
  return Array.from({ length: count }, (_, i) => rowAt(Math.floor(first + ((last - first) * i) / count), `trade-${i}`));
}

test('a short page proves its window', () => {
  const { verdict, claim, insert } = judgePage(pageOf(from, to, evenly(7)), reading, [], context);
  expect(verdict.kind).toBe('proves');
  expect(claim).toEqual([{ from, to }]);
  expect(insert).toHaveLength(7);
});

for (const count of [50, 100, 200]) {
  test(`a page of ${count} rows steers and claims nothing, whatever cap was asked for`, () => {
    const { verdict, claim, insert, state } = judgePage(pageOf(from, to, evenly(count)), reading, [], context);
    expect(verdict.kind).toBe('steers');
    expect(claim).toEqual([]);
    expect(insert).toHaveLength(count);
    expect(state.covered).toEqual([]);
    expect(state.pending).toEqual(reading.pending);
  });
}

test('a claim never reaches beyond the reach, nor up to now', () => {
  const page = pageOf(nowMs - 95 * dayMs, nowMs, [rowAt(nowMs - 50 * dayMs)]);
  const { claim } = judgePage(page, reading, [], context);
  expect(claim).toEqual([{ from: nowMs - 89 * dayMs + hourMs, to: nowMs - settings.settleLagMs }]);
});

test('a cached answer is stored and proves nothing', () => {
  const { verdict, insert } = judgePage({ ...pageOf(from, to, evenly(3)), ageSeconds: 1 }, reading, [], context);
  expect(verdict).toMatchObject({ kind: 'no-evidence' });
  expect(insert).toHaveLength(3);
});

test('a row outside the window asked shows that the bounds were not understood', () => {
  const { verdict } = judgePage(pageOf(from, to, [rowAt(nowMs - hourMs)]), reading, [], context);
  expect(verdict).toMatchObject({ kind: 'no-evidence', reason: expect.stringContaining('outside the window') });
});

test('rows of the one unit that is asked more on each side are welcome', () => {
  const { verdict } = judgePage(pageOf(from, to, [rowAt(from - 1), rowAt(to)]), reading, [], context);
  expect(verdict.kind).toBe('proves');
});

test('a page that lacks a row which we hold is not evidence', () => {
  const held = {
    key: 'trade-x',
    at: from + hourMs,
    digest: 'd',
    fixedDigest: 'f',
    splitValue: null,
    changedAtMs: null,
  };
  const { verdict } = judgePage(pageOf(from, to, evenly(3)), reading, [held], context);
  expect(verdict).toMatchObject({ kind: 'no-evidence', reason: expect.stringContaining('omits') });
});

test('a row that can not be read makes a gap of its unit and withholds no other row', () => {
  const broken = { kind: 'unreadable', reason: 'no id', at: from + hourMs, raw: '{}' } as const;
  const { claim, state, insert, quarantine } = judgePage(
    pageOf(from, to, [...evenly(3), broken]),
    reading,
    [],
    context,
  );
  expect(insert).toHaveLength(3);
  expect(quarantine).toHaveLength(1);
  expect(claim).toEqual([
    { from, to: from + hourMs },
    { from: from + hourMs + 1, to },
  ]);
  expect(state.marks).toEqual([{ from: from + hourMs, to: from + hourMs + 1, reason: 'quarantined' }]);
});

test('a row whose time can not be read makes a gap of the whole window', () => {
  const broken = { kind: 'unreadable', reason: 'no time', at: null, raw: '{}' } as const;
  const { claim, state } = judgePage(pageOf(from, to, [...evenly(3), broken]), reading, [], context);
  expect(claim).toEqual([]);
  expect(state.marks).toEqual([{ from, to, reason: 'quarantined' }]);
});

test('an answer from a cache does not show how far back is served', () => {
  const page = pageOf(from, to, evenly(3));
  const oldestMs = Math.min(...page.rows.map((row) => row.at as number));
  expect(judgePage(page, reading, [], context).state.provedReachMs).toBe(page.clockMs - oldestMs);
  const cached = judgePage({ ...page, ageSeconds: 30 }, reading, [], context);
  expect(cached.insert).toHaveLength(3);
  expect(cached.state.provedReachMs).toBe(reading.provedReachMs);
});

test('a record that is missing may be a row that can not be read; of two, one was left out', () => {
  const broken = { kind: 'unreadable', reason: 'no id', at: from + hourMs, raw: '{}' } as const;
  const heldAtOnce = (key: string) => ({ ...rowAt(from + hourMs, key), splitValue: null, changedAtMs: null });
  const page = pageOf(from, to, [...evenly(3), broken]);
  const one = judgePage(page, reading, [heldAtOnce('a')], context);
  expect(one.verdict.kind).toBe('proves');
  const two = judgePage(page, reading, [heldAtOnce('a'), heldAtOnce('b')], context);
  expect(two.verdict).toMatchObject({ kind: 'no-evidence', reason: expect.stringContaining('omits') });
  expect(two.claim).toEqual([]);
});

test('the same identity with another time is a conflict: both are kept, neither is changed', () => {
  const held = {
    key: 'trade-0',
    at: from + 5,
    digest: 'other',
    fixedDigest: 'other',
    splitValue: null,
    changedAtMs: null,
  };
  const { quarantine, change, insert } = judgePage(pageOf(from, to, evenly(2)), reading, [held], context);
  expect(quarantine).toHaveLength(1);
  expect(change).toHaveLength(0);
  expect(insert.map((row) => row.key)).toEqual(['trade-1']);
});

test('every served row is exactly one of inserted, changed, unchanged and quarantined', () => {
  const twice = rowAt(from + 5, 'twice');
  const known = rowAt(from + 6, 'known');
  const held = [
    {
      key: 'known',
      at: known.at,
      digest: known.digest,
      fixedDigest: known.fixedDigest,
      splitValue: null,
      changedAtMs: null,
    },
  ];
  const rows = [twice, twice, known, rowAt(from + 7, 'new')];
  const outcome = judgePage(pageOf(from, to, rows), reading, held, context);
  expect([outcome.insert.length, outcome.change.length, outcome.unchanged, outcome.quarantine.length]).toEqual([
    2, 0, 2, 0,
  ]);
});

test('an empty first answer is asked for again, cut differently, before it is claimed', () => {
  const whole = pageOf(reading.claimedFromMs as number, reading.readEndMs as number, []);
  const first = judgePage(whole, reading, [], context);
  expect(first.verdict.kind).toBe('unconfirmed');
  const again = pageOf((reading.claimedFromMs as number) - 13 * hourMs, reading.readEndMs as number, []);
  const second = judgePage(again, first.state, [], context);
  expect(second.verdict.kind).toBe('proves');
  expect(second.state.covered).toEqual([{ from: reading.claimedFromMs, to: reading.readEndMs }]);
});

test('rows of the last week alone do not vouch for the months before: an exchange that ignores our bounds answers so', () => {
  const page = pageOf(reading.claimedFromMs as number, reading.readEndMs as number, [rowAt(nowMs - 2 * dayMs)]);
  const { verdict, claim } = judgePage(page, reading, [], context);
  expect(verdict.kind).toBe('unconfirmed');
  expect(claim).toEqual([{ from: nowMs - 7 * dayMs + 10_000, to: reading.readEndMs }]);
});

test('of time that may lie beyond the reach only what a record of this very answer shows is claimed', () => {
  const unknown = { from, to, reason: 'reach-unknown' } as const;
  // A record that was served long ago says nothing of what is served now.
  const state: PartState = { ...reading, boundsHonoured: true, marks: [unknown], oldestRowMs: nowMs - 85 * dayMs };
  const empty = judgePage(pageOf(from, to, []), state, [], context);
  expect(empty.claim).toEqual([]);
  expect(empty.state.marks).toEqual([unknown]);
  const servedMs = from + dayMs;
  const served = judgePage(pageOf(from, to, [rowAt(servedMs)]), state, [], context);
  expect(served.claim).toEqual([{ from: servedMs, to }]);
  expect(served.state.marks).toEqual([{ ...unknown, to: servedMs }]);
});
