import { expect, test } from 'vitest';
import { caughtBy, mutants } from './mutants.ts';
import { catches } from './proof.ts';

/** The runs that found a bug late in the list: tried first. If one no longer finds it, all runs are tried. */
const foundBefore: Partial<Record<string, number>> = {
  'believes an answer that a default window could have given': 9,
  'ignores rows outside the window asked': 31,
  'takes a cached answer for a fresh one': 9,
  'takes rows of another part for none': 9,
  'never reads the whole reach again': 7,
  'counts no equal records': 5,
  'covers a stream where any of its parts is covered': 5,
  'leaves the oldest ten days of the documented reach unread': 5,
  'finds the edge three days too late': 12,
  'gives up a window as a whole when it is refused': 12,
  'says of time that it never requested that it had expired': 49,
  'claims by an old answer what was too young in it': 5,
  'sees nothing in exactly a hundred movements': 30,
  'takes nothing back when bounds turn out to be ignored': 7,
  'reads nothing again before the exchange closes': 51,
  'marks one millisecond where a row could not be read': 9,
  'takes a pair that BitMart does not know for one without loans': 15,
  'reads the loans of one pair for those of every pair': 15,
  'claims of a list more than lies between its records': 110,
  'believes a list that omits a record': 186,
  'judges a page by the time at which its read began': 7,
};
/** Some bugs repair themselves at the next read, unless much comes together. */
const runs = 1_000;

for (const [name, mutant] of Object.entries(mutants)) {
  const rule = caughtBy[name as keyof typeof mutants];
  test(`an engine that ${name} is caught by rule ${rule}`, async () => {
    const seeds = [foundBefore[name] ?? 1, ...Array.from({ length: runs }, (_, i) => i + 1)];
    for (const seed of seeds) if (await catches(seed, mutant, rule)) return;
    expect.unreachable(`in ${runs} runs rule ${rule} did not find that the engine ${name}`);
  });
}
