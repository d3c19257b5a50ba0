import type { Verdict } from './proof.ts';
import type { Finding } from './watch.ts';

export interface Failure {
  readonly seed: number;
  readonly findings: readonly Finding[];
}

/** What many seeds came to. Plain data, so that a process can send it to another. */
export interface Tally {
  seeds: number;
  records: number;
  requests: number;
  compared: number;
  readonly events: Record<string, number>;
  /** What became of the records of the first run of every seed. */
  readonly fates: Record<string, number>;
  readonly failures: Failure[];
}

export function newTally(): Tally {
  return { seeds: 0, records: 0, requests: 0, compared: 0, events: {}, fates: {}, failures: [] };
}

export function addVerdict(tally: Tally, seed: number, verdict: Verdict): void {
  tally.seeds++;
  tally.records += verdict.records;
  tally.requests += verdict.requests;
  tally.compared += verdict.compared;
  add(tally.events, verdict.events);
  add(tally.fates, verdict.fates);
  if (verdict.findings.length > 0) tally.failures.push({ seed, findings: verdict.findings.slice(0, 5) });
}

export function addTally(sum: Tally, other: Tally): void {
  sum.seeds += other.seeds;
  sum.records += other.records;
  sum.requests += other.requests;
  sum.compared += other.compared;
  add(sum.events, Object.entries(other.events));
  add(sum.fates, Object.entries(other.fates));
  sum.failures.push(...other.failures);
}

function add(sums: Record<string, number>, counts: Iterable<readonly [string, number]>): void {
  for (const [name, count] of counts) sums[name] = (sums[name] ?? 0) + count;
}

/** Names of what should have happened and never did. */
export function neverHappened(tally: Tally, necessary: readonly string[]): string[] {
  return necessary.filter((event) => !tally.events[event]);
}
