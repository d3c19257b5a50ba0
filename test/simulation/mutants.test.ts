import { expect, test } from 'vitest';
import { caughtBy, mutants } from './mutants.ts';
import { runMutant } from './proof.ts';

/** Some mistakes heal by themselves at the next read, unless much comes together. */
const lives = 1_000;

for (const [name, mutant] of Object.entries(mutants)) {
  const expected = caughtBy[name as keyof typeof mutants];
  test(`an engine that ${name} is caught by rule ${expected}`, async () => {
    for (let seed = 1; seed <= lives; seed++) {
      const found = await runMutant(seed, mutant);
      if (found.some(({ rule }) => rule === expected)) return;
    }
    expect.unreachable(`${lives} lives, and rule ${expected} did not find that the engine ${name}`);
  });
}
