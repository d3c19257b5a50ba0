import { describe, expect, test } from 'vitest';
import { check } from './checker.ts';
import type { Outcome } from './convergence.ts';
import type { Plan } from './plan.ts';
import { planOf } from './plan-run.ts';
import { outcomeInMemory } from './proof.ts';
import { undisturbed } from './simulated-run.ts';
import type { StoredPart, StoredStream } from './stored-history.ts';
import type { Rule } from './watch.ts';

const dayMs = 86_400_000;

/** A quiet account: nothing goes wrong, so that whatever the checker finds was planted. */
function quietPlan(seed: number): Plan {
  const plan = planOf(seed);
  return {
    ...plan,
    reaches: plan.reaches.map((reach) => ({
      ...reach,
      steps: [{ fromMs: 0, reachMs: 180 * dayMs }],
      edge: 'empty' as const,
      jumpMs: 0,
    })),
    records: plan.records.filter(({ flaw, goneFromMs }) => flaw === null && goneFromMs === null),
    troubles: [],
    failures: [],
    delistings: [],
    rotations: [],
    timetable: null,
    duplicate: null,
    syncs: plan.syncs.map(({ atMs }) => ({ atMs, attempts: [undisturbed], isCutShort: false, range: null })),
  };
}

type Planted = (part: StoredPart) => StoredPart;

const [rowOf, gapOf] = [
  ({ rows }: StoredPart) => rows[Math.floor(rows.length / 2)],
  ({ gaps }: StoredPart) => gaps.find(({ reason }) => reason === 'expired-before-link'),
];

/** What is planted in a part, and the rule that has to report it. */
const planted: Readonly<Record<string, readonly [Rule, Planted]>> = {
  'a row that is lost': ['a', (part) => ({ ...part, rows: part.rows.slice(1), rowCount: part.rowCount - 1 })],
  'a row that is lost, with a gap over it': [
    'a',
    (part) => ({
      ...part,
      rows: part.rows.slice(1),
      gaps: [...part.gaps, { from: 0, to: 9e12, reason: 'expired-unread' }],
    }),
  ],
  'a row that is stored twice': ['b', (part) => ({ ...part, rows: [...part.rows, ...part.rows.slice(0, 1)] })],
  'a row of no record': [
    'b',
    (part) => ({
      ...part,
      rows: part.rows.map((row) =>
        row === rowOf(part) ? { ...row, columns: { ...row.columns, symbol: 'NONE' } } : row,
      ),
    }),
  ],
  'a digit that is not as served': [
    'd',
    (part) => ({
      ...part,
      rows: part.rows.map((row) => (row === rowOf(part) ? { ...row, columns: { ...row.columns, price: '1.5' } } : row)),
    }),
  ],
  'bytes that are not as served': [
    'd',
    (part) => ({ ...part, rows: part.rows.map((row) => (row === rowOf(part) ? { ...row, raw: `${row.raw} ` } : row)) }),
  ],
  'coverage of what was never asked': [
    'c',
    (part) => ({ ...part, covered: [...part.covered, { from: 9e11, to: 9e11 + dayMs }] }),
  ],
  'coverage of a gap': ['c', (part) => ({ ...part, covered: [...part.covered, ...part.gaps.slice(0, 1)] })],
  'coverage that leaves its end out': [
    'a',
    (part) => ({ ...part, covered: part.covered.map(({ from, to }) => ({ from, to: to - dayMs })) }),
  ],
  'a gap that was left out': ['a', (part) => ({ ...part, gaps: part.gaps.filter((gap) => gap !== gapOf(part)) })],
  'time that had expired called unread': ['f', relabelled('expired-before-link', 'not-yet-read')],
  'time that had expired called too dense': ['f', relabelled('expired-before-link', 'too-dense')],
  'time that had expired called refused': ['f', relabelled('expired-before-link', 'refused')],
  'time that had expired called quarantined': ['f', relabelled('expired-before-link', 'quarantined')],
  'time that had expired called unanswered': ['f', relabelled('expired-before-link', 'unanswered')],
  'time within the reach called expired': [
    'f',
    (part) => ({
      ...part,
      covered: part.covered.map(({ from, to }) => ({ from, to: to - dayMs })),
      gaps: [...part.gaps, ...part.covered.map(({ to }) => ({ from: to - dayMs, to, reason: 'expired-before-link' }))],
    }),
  ],
};

function relabelled(from: string, to: string): Planted {
  return (part) => ({ ...part, gaps: part.gaps.map((gap) => (gap.reason === from ? { ...gap, reason: to } : gap)) });
}

async function quietOutcome(): Promise<Outcome> {
  for (let seed = 1; ; seed++) {
    const plan = quietPlan(seed);
    const [stream] = plan.streams;
    if (stream?.name !== 'spot-trades' || plan.streams.length > 1 || plan.records.length < 20) continue;
    return await outcomeInMemory(plan);
  }
}

describe('the checker', () => {
  test('finds nothing in a quiet account', async () => {
    const { run, stored } = await quietOutcome();
    const { findings, fates } = check(run, stored);
    expect(findings).toEqual([]);
    expect(fates.get('stored')).toBeGreaterThan(10);
  });

  test.each(Object.entries(planted))('reports %s', async (_name, [rule, plant]) => {
    const { run, stored } = await quietOutcome();
    const spoiled = stored.map((stream): StoredStream => ({ ...stream, parts: stream.parts.map(plant) }));
    expect(check(run, spoiled).findings.map((finding) => finding.rule)).toContain(rule);
  });

  test('reports a stream that is called complete without one of its parts', async () => {
    const { run, stored } = await quietOutcome();
    const holes = stored.map(
      (stream): StoredStream => ({
        ...stream,
        summary: { ...stream.summary, complete: true },
        parts: stream.parts.map((part) => ({ ...part, covered: [] })),
      }),
    );
    expect(check(run, holes).findings).toContainEqual({
      rule: 'c',
      what: expect.stringContaining('says that it is complete'),
    });
  });
});
