import { alignDown } from './horizon.ts';
import { commit, type PartReading } from './part-reading.ts';
import type { ShorterReach } from './ports.ts';
import type { Range } from './range-set.ts';
import type { Page } from './stream.ts';

/** The same edge in a window that begins and ends elsewhere: only then it is believed. */
export async function isConfirmed(reading: PartReading, page: Page, shown: ShorterReach): Promise<boolean> {
  const { stream, part } = reading.reference;
  reading.budget.spend(1);
  const core = cutInside(page.question.core, shown, stream.unitMs);
  const { decision } = await commit(reading, await reading.reader.ask(stream, { part, core }, reading.signal));
  if (decision.verdict.kind !== 'no-evidence') return false;
  return decision.verdict.shorterReach?.newestMissingMs === shown.newestMissingMs;
}

function cutInside(core: Range, { oldestMissingMs, newestMissingMs }: ShorterReach, unitMs: number): Range {
  const from = alignDown((core.from + oldestMissingMs) / 2, unitMs);
  const to = alignDown(core.to - (core.to - newestMissingMs) / 10, unitMs);
  return { from, to };
}
