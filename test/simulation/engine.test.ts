import { expect, test } from 'vitest';
import { necessaryEvents } from './events.ts';
import { planOf } from './plan-run.ts';
import { proveInMemory, proveInMemoryOnce } from './proof.ts';
import { addVerdict, neverHappened, newTally } from './tally.ts';

/** Beyond those that are run every time: each of them found something once. */
const foundOnce = [
  161, 204, 217, 292, 312, 356, 374, 430, 584, 674, 706, 744, 908, 1017, 1085, 2412, 4536, 4687, 4759, 7245, 7338, 8847,
  12414, 40880, 50453, 60598, 60618, 101053, 101719, 102138, 103400, 106724, 108735, 109070, 109305, 121012, 121448,
  200632, 409621, 603192, 603667, 604099, 720073, 720888, 831958, 861734, 863433,
];
/** The same, with the streams that were added to plans later. */
const foundWithAll = [
  529, 902856, 964248, 987017, 1010164, 1084471, 1084547, 1103700, 1105734, 1141313, 1146981, 1160266, 1179472, 1181312,
  1181787, 1191593, 1213134, 1219109, 1241067, 1277701, 1284075,
];

const seeds = Number(process.env.SIMULATION_SEEDS ?? 20);

test(`nothing is lost, doubled, falsely claimed or wrongly explained in ${seeds} simulated runs`, async () => {
  const tally = newTally();
  for (let seed = 1; seed <= seeds; seed++) {
    const verdict = await proveInMemory(planOf(seed));
    addVerdict(tally, seed, verdict);
    expect(verdict.findings, `seed ${seed}; again with: npm run simulate -- --seed ${seed}`).toEqual([]);
  }
  expect(tally.compared).toBeGreaterThan(seeds);
  expect(tally.fates.stored).toBeGreaterThan(20 * seeds);
  if (seeds >= 300) expect(neverHappened(tally, necessaryEvents)).toEqual([]);
});

test.each([
  ...foundOnce.map((seed) => ({ seed, asFirst: true })),
  ...foundWithAll.map((seed) => ({ seed, asFirst: false })),
])('run $seed, which found something once, finds nothing', async ({ seed, asFirst }) => {
  expect((await proveInMemoryOnce(planOf(seed, { asFirst }))).findings).toEqual([]);
});
