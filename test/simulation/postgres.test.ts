import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import type { Plan, PlannedCrash } from './plan.ts';
import { planOf } from './plan-run.ts';
import { PostgresEnvironments } from './postgres-environment.ts';
import { followInPostgres, proveAlone, proveInPostgres } from './proof.ts';
import { addVerdict, newTally } from './tally.ts';

const seeds = Math.min(50, Number(process.env.SIMULATION_SEEDS ?? 12));

let database: FreshDatabase;
let environments: PostgresEnvironments;
beforeAll(async () => {
  database = await freshDatabase();
  environments = await PostgresEnvironments.open(database.url);
});
afterAll(async () => {
  await environments.close();
  await database.drop();
});

const statements = seeds < 12 ? 4 : 24;

test(`each of the first ${statements} steps of a read may be the last one`, async () => {
  let died = 0;
  for (let step = 1; step <= statements; step++) {
    for (const after of [false, true]) {
      const { exchange, watch } = await proveAlone(planOfOneRead({ step, after }), environments);
      died += exchange.fired.get(`crash ${after ? 'after' : 'before'} a step`) ?? 0;
      expect(watch.findings, `the process dies ${after ? 'after' : 'before'} step ${step}`).toEqual([]);
    }
  }
  expect(died).toBe(2 * statements);
});

/** A first read of a few pages, which dies at a chosen step, is tried again, and is followed by a calm of one read. */
function planOfOneRead(crash: PlannedCrash): Plan {
  const plan = planOf(7, { short: true });
  const [stream] = plan.streams;
  if (!stream) throw new Error('A run has a stream.');
  const records = plan.records.filter(
    ({ at, flaw, goneFromMs }) => at < plan.linkedAtMs && flaw === null && goneFromMs === null,
  );
  const attempt = { waitMs: 60_000, pages: 50, faults: [], stopAtStep: null, together: 'alone', turnSeed: 1 } as const;
  return {
    ...plan,
    streams: [{ ...stream, cap: 7, servedCap: 7 }],
    manner: { ...plan.manner, lastMovementsOnly: null, latencyMs: [20, 400], replicaLagMs: 0 },
    reaches: plan.reaches.map((reach) => ({ ...reach, edge: 'empty', jumpMs: 0 })),
    records: records.filter((record) => record.stream === stream.name).slice(0, 12),
    troubles: [],
    failures: [],
    delistings: [],
    duplicate: null,
    rotations: [],
    timetable: null,
    syncs: [
      {
        atMs: plan.linkedAtMs,
        isCutShort: false,
        range: null,
        attempts: [
          { ...attempt, crash },
          { ...attempt, crash: null },
        ],
      },
    ],
    calmFromMs: plan.linkedAtMs + 3_600_000,
  };
}

test(`nothing is lost in ${seeds} runs kept in Postgres, with a crash at any statement`, async () => {
  const tally = newTally();
  for (let seed = 1; seed <= seeds; seed++) {
    const verdict = await proveInPostgres(planOf(seed, { short: true }), environments);
    addVerdict(tally, seed, verdict);
    expect(verdict.findings, `seed ${seed}; again with: npm run simulate -- --seed ${seed} --postgres`).toEqual([]);
  }
  if (seeds < 12) return;
  for (const event of ['crash before a step', 'crash after a step', 'fence lost', 'streams side by side']) {
    expect(tally.events[event] ?? 0, `"${event}" never happened`).toBeGreaterThan(0);
  }
});

test('a run goes the same way again, however long Postgres takes for its answers', async () => {
  // In both an attempt waits for what another one commits; in the second, accounts are merged as well.
  for (const seed of [50, 82]) {
    const plan = planOf(seed, { short: true });
    const stories: string[][] = [];
    for (const commitAnswerMs of [0, 25]) {
      environments.commitAnswerMs = commitAnswerMs;
      const story: string[] = [];
      await followInPostgres(plan, environments, (line) => story.push(line));
      stories.push(story);
    }
    expect(stories[1], `seed ${seed}`).toEqual(stories[0]);
  }
  environments.commitAnswerMs = 0;
});
