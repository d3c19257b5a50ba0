import { expect, test } from 'vitest';
import { runChaos } from './chaos.ts';
import { planOf } from './plan.ts';
import { applies, plantedDefects } from './planted.ts';

/** Longer runs are for the command line: `npm run chaos -- --seed 7 --minutes 10`. */
const shortRunMs = 12_000;

test.concurrent.for([15, 33])(
  'seed %i: what was acknowledged holds, and the records equal the truth',
  async (seed, { expect }) => {
    const lines: string[] = [];
    const { findings } = await runChaos(planOf(seed, shortRunMs), { say: (line) => lines.push(line) });
    expect(findings, lines.join('\n')).toEqual([]);
  },
);

test('the same seed gives the same plan, another seed another one', () => {
  expect(planOf(7, 600_000)).toEqual(planOf(7, 600_000));
  expect(planOf(7, 600_000)).not.toEqual(planOf(8, 600_000));
});

test.for(plantedDefects)('the defect %s can still be planted', (name) => {
  expect(applies(name, undefined, '--check')).toBe(true);
});
