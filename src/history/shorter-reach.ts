import { alignDown } from './horizon.ts';
import type { HeldRow, ShorterReach } from './ports.ts';
import type { Page } from './stream.ts';

/** How many records must be missing at the old end, and served at the new one: a single omission never looks like this. */
const witnessesAtLeast = 5;
const servedAtLeast = 3;
const hourMs = 3_600_000;
/** Nearer than this the reach can't end: what is missing there is missing for another reason. */
const leastReachMs = 7 * 24 * hourMs;

/**
 * What an answer shows of the reach when records that we hold are missing from it: all of them up to an age, and none of the
 * younger ones. Null when it may as well be an omission.
 */
export function shorterReachOf(page: Page, held: readonly HeldRow[]): ShorterReach | null {
  const served = new Set(page.rows.flatMap((row) => (row.kind === 'row' ? [row.key] : [])));
  const missing = held.filter((row) => within(page, row.at) && !served.has(row.key)).map((row) => row.at);
  if (missing.length < witnessesAtLeast) return null;
  const newestMissingMs = Math.max(...missing);
  const servedTimes = page.rows.flatMap((row) => (row.at !== null && within(page, row.at) ? [row.at] : []));
  if (servedTimes.some((at) => at <= newestMissingMs) || servedTimes.length < servedAtLeast) return null;
  const reachMs = alignDown(page.clockMs - newestMissingMs, hourMs);
  if (reachMs < leastReachMs) return null;
  return { reachMs, witnesses: missing.length, oldestMissingMs: Math.min(...missing), newestMissingMs };
}

function within({ question: { core } }: Page, instantMs: number): boolean {
  return instantMs >= core.from && instantMs < core.to;
}
