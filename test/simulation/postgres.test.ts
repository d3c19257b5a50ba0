import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { planOf } from './plan-life.ts';
import { PostgresStages } from './postgres-stage.ts';
import { proveInPostgres } from './proof.ts';
import { addVerdict, newTally } from './tally.ts';

const seeds = Math.min(50, Number(process.env.SIMULATION_SEEDS ?? 50));

let database: FreshDatabase;
let stages: PostgresStages;
beforeAll(async () => {
  database = await freshDatabase();
  stages = await PostgresStages.open(database.url);
});
afterAll(async () => {
  await stages.close();
  await database.drop();
});

test(`nor in ${seeds} lives kept in Postgres, with a crash at any statement`, { timeout: 240_000 }, async () => {
  const tally = newTally();
  for (let seed = 1; seed <= seeds; seed++) {
    const verdict = await proveInPostgres(planOf(seed, { short: true }), stages);
    addVerdict(tally, seed, verdict);
    expect(verdict.findings, `seed ${seed}; again with: npm run simulate -- --seed ${seed} --postgres`).toEqual([]);
  }
  if (seeds < 50) return;
  for (const event of ['crash before a step', 'crash after a step', 'fence lost', 'streams side by side']) {
    expect(tally.events[event] ?? 0, `"${event}" never happened`).toBeGreaterThan(0);
  }
});
