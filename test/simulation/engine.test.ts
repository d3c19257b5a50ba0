import { expect, test } from 'vitest';
import { necessaryEvents } from './events.ts';
import { planOf } from './plan-life.ts';
import { proveInMemory } from './proof.ts';
import { addVerdict, neverHappened, newTally } from './tally.ts';

/** Far beyond those that are lived every time: each of them found something once. */
const foundOnce = [11_701, 26_627, 28_377, 31_217, 31_617, 38_722, 47_326, 50_132, 62_255, 67_758, 75_292];

const seeds = Number(process.env.SIMULATION_SEEDS ?? 500);

test(`nothing is lost, doubled or falsely claimed in ${seeds} simulated lives`, async () => {
  const tally = newTally();
  for (let seed = 1; seed <= seeds; seed++) {
    const verdict = await proveInMemory(planOf(seed));
    addVerdict(tally, seed, verdict);
    expect(verdict.findings, `seed ${seed}; again with: npm run simulate -- --seed ${seed}`).toEqual([]);
  }
  expect(tally.compared).toBeGreaterThan(seeds);
  if (seeds >= 300) expect(neverHappened(tally, necessaryEvents)).toEqual([]);
});

test.each(foundOnce)('nor in life %i any more', async (seed) => {
  expect((await proveInMemory(planOf(seed))).findings).toEqual([]);
});
