import type { StoredStream } from './checker.ts';
import { happenedAfterAll, identityOfRow } from './checker.ts';
import type { Life } from './life.ts';
import type { PlannedRecord } from './plan.ts';
import { describe, type Finding, identitiesOf } from './watch.ts';
import { isTrade } from './wire.ts';

const dayMs = 86_400_000;

export interface Outcome {
  readonly life: Life;
  readonly stored: readonly StoredStream[];
}

/**
 * e: the same truth, read under other crashes, faults, orders and page budgets, gives the same records. Not compared is
 * what depends on when somebody looked: records that expired, or were listed, while the two lives went different ways.
 */
export function divergence(one: Outcome, other: Outcome): { readonly findings: Finding[]; readonly compared: number } {
  const [ours, theirs] = [rawsOf(one), rawsOf(other)];
  const identities = [...identitiesOf(one.life.plan.records)];
  const keptIn = (raws: ReadonlyMap<string, string>) =>
    identities.flatMap(([identity, record]) => (raws.has(identity) ? [record] : []));
  const [ourKept, theirKept] = [keptIn(ours), keptIn(theirs)];
  const findings: Finding[] = [];
  let compared = 0;
  for (const [identity, record] of identities) {
    if (!isCertain(record, one, ourKept) || !isCertain(record, other, theirKept)) continue;
    compared++;
    const [a, b] = [ours.get(identity), theirs.get(identity)];
    if (a !== b)
      findings.push({ rule: 'e', what: `${describe(record)} ends as ${a} in one life and as ${b} in another` });
  }
  return { findings, compared };
}

/** Whatever went wrong on the way, the calm at the end brings it into its last state. */
function isCertain(record: PlannedRecord, { life, stored }: Outcome, kept: readonly PlannedRecord[]): boolean {
  const { plan, exchange } = life;
  if (happenedAfterAll(record, plan, kept)) return false;
  if (!life.isReadToTheEnd || (plan.manner.lastMovementsOnly !== null && !isTrade(record))) return false;
  const last = record.states.at(-1)?.fromMs ?? record.at;
  if (record.flaw !== null || record.at > plan.calmFromMs + 3 * dayMs || last > exchange.nowMs - 5 * dayMs)
    return false;
  if (record.delayMs > dayMs || record.at < Math.max(exchange.nowMs, plan.linkedAtMs) - 88 * dayMs) return false;
  // A trade that changes after it was read at a settled age keeps what it had.
  if (isTrade(record) && record.states.length > 1) return false;
  const part = stored.find(({ stream }) => stream === record.stream)?.parts.find((each) => each.part === record.part);
  return !part?.gaps.some((gap) => gap.from <= record.at && record.at < gap.to);
}

function rawsOf({ stored }: Outcome): Map<string, string> {
  const raws = new Map<string, string>();
  for (const { parts } of stored) {
    for (const part of parts) for (const row of part.rows) raws.set(identityOfRow(part, row), row.raw);
  }
  return raws;
}
