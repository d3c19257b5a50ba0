import type { ShownStream } from '../accounts.ts';
import type { TimeRange } from '../snapshot.ts';
import { type Columns, expectedRecord, identityOf, type ListedContracts, type ServedRow } from './expected-record.ts';
import type { StoredClaim, StoredRecord } from './stored-records.ts';

export interface TrueRecord extends ServedRow {
  readonly timeMs: number;
  /** The exchange could still serve it after the account was linked. */
  readonly wasServable: boolean;
}

export interface StreamEvidence {
  readonly stream: ShownStream;
  readonly truth: readonly TrueRecord[];
  readonly stored: readonly StoredRecord[];
  /** What our tables claim, part by part. */
  readonly claims: readonly StoredClaim[];
  /** What the client reports for all parts together. */
  readonly covered: readonly TimeRange[];
  readonly contracts: ListedContracts;
}

export interface StreamVerdict {
  readonly stream: ShownStream;
  readonly records: number;
  readonly stored: number;
  /** True, servable after linking, and not stored. */
  readonly lost: number;
  /** Stored more often than it happened. */
  readonly doubled: number;
  /** Stored, although it never happened. */
  readonly invented: number;
  /** Stored with a wrong value. */
  readonly different: number;
  /** Not stored, although it lies in a range that is claimed to be complete. */
  readonly falselyClaimed: number;
  /** The first few mistakes in words. */
  readonly examples: readonly string[];
}

/** Compares what is stored of one stream with what happened, row by row and field by field. */
export function compareStream(evidence: StreamEvidence): StreamVerdict {
  const { stream, truth, stored, contracts } = evidence;
  const storedByIdentity = Map.groupBy(stored, (record) => identityOf(stream, record.part, record.columns));
  const examples: string[] = [];
  const counts = { lost: 0, doubled: 0, invented: 0, different: 0, falselyClaimed: 0 };
  const note = (mistake: keyof typeof counts, identity: string, details = '') => {
    counts[mistake]++;
    if (examples.length < examplesShown) examples.push(`${stream} ${identity}: ${mistake}${details}`);
  };
  const expected = truth.map((record) => ({ record, ...expectedRecord(stream, record, contracts) }));
  for (const [identity, happened] of Map.groupBy(expected, (one) => one.identity)) {
    const found = storedByIdentity.get(identity) ?? [];
    storedByIdentity.delete(identity);
    for (let i = happened.length; i < found.length; i++) note('doubled', identity);
    for (const [i, { record, columns }] of happened.entries()) {
      const row = found[i];
      if (row === undefined) {
        if (record.wasServable) note('lost', identity);
        if (isClaimed(record, evidence)) note('falselyClaimed', identity);
        continue;
      }
      const wrong = differingColumns(columns, row.columns);
      if (wrong.length > 0) note('different', identity, ` in ${wrong.join(', ')}`);
    }
  }
  for (const [identity, rows] of storedByIdentity) for (const _ of rows) note('invented', identity);
  return { stream, records: truth.length, stored: stored.length, ...counts, examples };
}

export function mistakesOf(verdict: StreamVerdict): number {
  const { lost, doubled, invented, different, falselyClaimed } = verdict;
  return lost + doubled + invented + different + falselyClaimed;
}

const examplesShown = 3;

function isClaimed({ part, timeMs }: TrueRecord, { claims, covered }: StreamEvidence): boolean {
  const holds = (range: TimeRange) => range.fromMs <= timeMs && timeMs < range.toMs;
  return covered.some(holds) || claims.some((claim) => claim.part === part && holds(claim));
}

/** A column that only one side has counts as different. */
function differingColumns(expected: Columns, stored: Columns): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(stored)]);
  return [...names].filter((name) => expected[name] !== stored[name]);
}
