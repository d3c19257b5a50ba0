import { expect, test } from 'vitest';
import type { GapReason, StreamCoverage } from '../../src/answers/index.ts';
import { sentenceOf, verdictsOf } from '../../src/report/verdict.ts';

const nowMs = Date.UTC(2026, 10, 24, 12);
const origin = '2017-01-01T00:00:00.000Z';
const last = '2026-11-24T11:31:00.000Z';

type Gap = readonly [GapReason, from: string, to: string];

function stream(name: string, covered: readonly (readonly [string, string])[], gaps: readonly Gap[]): StreamCoverage {
  const ranges = covered.map(([from, to]) => [iso(from), iso(to)] as const);
  return {
    stream: name as StreamCoverage['stream'],
    rows: 1,
    complete: true,
    from: ranges[0]?.[0] ?? origin,
    through: ranges.at(-1)?.[1] ?? null,
    settledThrough: null,
    covered: ranges,
    gaps: gaps.map(([reason, from, to]) => ({ reason, from: iso(from), to: iso(to) })),
    atRiskAt: null,
    lastReadAt: null,
    servedBack: null,
    requestedAt: null,
  };
}

function iso(text: string): string {
  return new Date(text).toISOString();
}

function said(streams: readonly StreamCoverage[]): readonly string[] {
  return verdictsOf(streams, nowMs).map((verdict) => `${verdict.years}${sentenceOf(verdict)}`);
}

test('a year is complete for what is covered, and says from when the rest is there', () => {
  const late: Gap = ['expired-before-link', origin, '2026-08-28'];
  expect(
    said([
      stream('deposits', [['2026-01-01', last]], []),
      stream('withdrawals', [['2026-01-01', last]], []),
      stream('spot-trades', [['2026-08-28', last]], [late]),
      stream('futures-trades', [['2026-08-28', last]], [late]),
    ])[0],
  ).toBe(
    '2026 is complete for deposits and withdrawals through 24 November, 11:31 UTC; spot trades and futures trades before 28 August are not available from BitMart.',
  );
});

test('a day of which only a part is covered is said with its time', () => {
  const before: Gap = ['reach-unknown', origin, '2026-08-28T12:34:00Z'];
  expect(said([stream('deposits', [['2026-08-28T12:34:00Z', last]], [before])])).toEqual([
    '2026 is not complete; BitMart returned no deposits before 28 August, 12:34 UTC, and does not say how far back it keeps them.',
    'Everything before 2026 is not complete; BitMart returned no deposits, and does not say how far back it keeps them.',
  ]);
});

test('years of which the same can be said stand together, the latest first', () => {
  const verdicts = verdictsOf(
    [stream('deposits', [['2022-03-01', last]], [['reach-unknown', origin, '2022-03-01']])],
    nowMs,
  );
  expect(verdicts.map(({ years, complete }) => [years, complete])).toEqual([
    ['2026', true],
    ['2023 to 2025', true],
    ['2022', false],
    ['Everything before 2022', false],
  ]);
});

test('nothing is complete that no answer covers, whatever the stream says of itself', () => {
  const [read] = said([stream('deposits', [], [])]);
  expect(read).toBe('2026 is not complete; deposits have not been read yet.');
  const holes: readonly Gap[] = [
    ['quarantined', '2026-02-01', '2026-02-02'],
    ['quarantined', '2026-05-01', '2026-05-02'],
  ];
  const covered = [
    ['2026-01-01', '2026-02-01'],
    ['2026-02-02', '2026-05-01'],
    ['2026-05-02', last],
  ] as const;
  expect(said([stream('deposits', covered, holes)])).toEqual([
    '2026 is not complete; deposits from 1 February to 2 May (2 stretches) hold records that could not be understood yet.',
  ]);
  // Covered once is not covered now.
  const old = stream(
    'deposits',
    [['2025-01-01', '2025-06-01']],
    [['not-yet-read', '2025-06-01', '2026-11-24T12:00:00Z']],
  );
  expect(said([old])).toEqual([
    '2026 is not complete; deposits have not been read yet.',
    '2025 is not complete; deposits from 1 June on have not been read yet.',
  ]);
  const unlinked = verdictsOf([stream('deposits', [['2026-01-01', '2026-06-01']], [])], nowMs);
  expect(unlinked).toMatchObject([{ complete: false, head: ' is complete for deposits through 1 June' }]);
  expect(said([stream('deposits', [['2025-01-01', '2025-06-01']], [])])[0]).toBe(
    '2026 is not complete; deposits have not been read yet.',
  );
});

test('an account that does not exist at BitMart lacks nothing', () => {
  const verdicts = verdictsOf(
    [
      stream('deposits', [['2026-01-01', last]], []),
      stream('futures-trades', [], [['not-opened', '2026-01-01', '2026-11-24T12:00:00Z']]),
    ],
    nowMs,
  );
  expect(verdicts[0]).toMatchObject({
    complete: true,
    clauses: ['BitMart shows no account for futures trades'],
  });
});

test('what a key lacks the right for is said once, and never that it is still to be read', () => {
  const deposits = stream('deposits', [['2026-01-01', last]], []);
  const transfers: StreamCoverage = {
    ...stream(
      'transfers',
      [],
      [
        ['not-yet-read', origin, '2026-09-01'],
        ['refused', '2026-09-01', last],
      ],
    ),
    missingRight: 'Future-Trade',
  };
  const [year, before] = said([deposits, transfers]);
  expect(year).toBe(
    '2026 is complete for deposits through 24 November, 11:31 UTC; BitMart shows transfers between spot and futures only to keys with the right “Future-Trade”.',
  );
  expect(before).toBe('Everything before 2026 is not complete; deposits have not been read yet.');
});

test('histories that need different rights are not said to need the same one', () => {
  const lacking = (name: string, missingRight: string) => ({
    ...stream(name, [], [['refused', origin, last]]),
    missingRight,
  });
  const [sentence] = said([lacking('transfers', 'Future-Trade'), lacking('sub-account-transfers', 'Inter-Account')]);
  expect(sentence).toContain('transfers between spot and futures only to keys with the right “Future-Trade”');
  expect(sentence).toContain('transfers with sub-accounts only to keys with the right “Inter-Account”');
});
