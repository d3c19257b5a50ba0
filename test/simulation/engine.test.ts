import { expect, test } from 'vitest';
import { mutants } from './mutants.ts';
import { runSeed } from './run.ts';

const seeds = Number(process.env.SIMULATION_SEEDS ?? 500);

test(`nothing is lost, doubled or falsely claimed in ${seeds} simulated lives`, { timeout: 120_000 }, async () => {
  const fired = new Map<string, number>();
  for (let seed = 1; seed <= seeds; seed++) {
    const verdict = await runSeed(seed);
    expect(verdict.findings, `seed ${seed}; again with: npm run simulate -- --seed ${seed}`).toEqual([]);
    for (const [name, times] of [...verdict.life.world.fired, ...verdict.life.events]) {
      fired.set(name, (fired.get(name) ?? 0) + times);
    }
  }
  for (const name of [
    'transient',
    'omits-rows',
    'cached',
    'bounds-ignored',
    'foreign-part',
    'crash',
    'zombie',
    'outage',
  ]) {
    expect(fired.get(name) ?? 0, `the fault "${name}" never fired`).toBeGreaterThan(0);
  }
});

/** Some mistakes heal by themselves at the next read, unless much comes together. */
const lives = 2_000;

for (const [name, mutant] of Object.entries(mutants)) {
  test(`the checker finds an engine that ${name}`, { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= lives; seed++) {
      const caught = await runSeed(seed, mutant).then(
        (verdict) => verdict.findings.length > 0,
        () => false,
      );
      if (caught) return;
    }
    expect.unreachable(`${lives} lives, and nobody noticed that the engine ${name}`);
  });
}
