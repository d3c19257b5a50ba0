import { identityOfRow } from './checker.ts';
import { Opportunities } from './opportunities.ts';
import type { PlannedRecord } from './plan.ts';
import type { SimulatedRun } from './simulated-run.ts';
import type { StoredStream } from './stored-history.ts';
import { describe, type Finding, identitiesOf } from './watch.ts';
import { isTrade } from './wire.ts';

export interface Outcome {
  readonly run: SimulatedRun;
  readonly stored: readonly StoredStream[];
}

/**
 * e: the same truth, read under other crashes, faults, orders and page budgets, gives the same records. Compared is what
 * both runs had to read in its last state; what is lost in one of them is found by rule a.
 */
export function divergence(one: Outcome, other: Outcome): { readonly findings: Finding[]; readonly compared: number } {
  const [ours, theirs] = [rawsOf(one), rawsOf(other)];
  const certain = [one, other].map(({ run }) => {
    const opportunities = new Opportunities(run);
    return (record: PlannedRecord) => typeof opportunities.of(record, record.states.at(-1)?.fromMs) !== 'string';
  });
  const findings: Finding[] = [];
  let compared = 0;
  for (const [identity, [record, duplicate]] of identitiesOf(one.run.plan.records)) {
    // A trade that changes after it was read at a settled age keeps what it had.
    if (!record || duplicate || (isTrade(record) && record.states.length > 1)) continue;
    const [a, b] = [ours.get(identity), theirs.get(identity)];
    if (a === undefined || b === undefined || !certain.every((isCertain) => isCertain(record))) continue;
    compared++;
    if (a !== b)
      findings.push({ rule: 'e', what: `${describe(record)} ends as ${a} in one run and as ${b} in another` });
  }
  return { findings, compared };
}

function rawsOf({ stored }: Outcome): Map<string, string> {
  const raws = new Map<string, string>();
  for (const { parts } of stored) {
    for (const part of parts) for (const row of part.rows) raws.set(identityOfRow(part, row), row.raw);
  }
  return raws;
}
