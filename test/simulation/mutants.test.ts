import { expect, test } from 'vitest';
import { caughtBy, mutants } from './mutants.ts';
import { catches } from './proof.ts';

/** Some bugs repair themselves at the next read, unless much comes together. */
const runs = 1_000;

for (const [name, mutant] of Object.entries(mutants)) {
  const rule = caughtBy[name as keyof typeof mutants];
  test(`an engine that ${name} is caught by rule ${rule}`, async () => {
    for (let seed = 1; seed <= runs; seed++) if (await catches(seed, mutant, rule)) return;
    expect.unreachable(`in ${runs} runs rule ${rule} did not find that the engine ${name}`);
  });
}
