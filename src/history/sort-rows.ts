import type { HeldRow } from './ports.ts';
import { type QuarantineReason, quarantineReason } from './quarantine-reason.ts';
import { type MappedRow, madeAtMs, type Page, type UnreadableRow } from './stream.ts';

/** Every served row, as exactly one of inserted, changed, unchanged, quarantined. */
export interface SortedRows {
  readonly insert: readonly MappedRow[];
  readonly change: readonly MappedRow[];
  readonly unchanged: number;
  readonly quarantine: readonly QuarantinedRow[];
  /** Keys of all readable rows of the page. */
  readonly keys: ReadonlySet<string>;
  /** A part that was not requested, if its rows were served. */
  readonly foreignPart: string | null;
}

export type QuarantinedRow = UnreadableRow & { readonly key: string | null };

export function sortRows(page: Page, held: readonly HeldRow[]): SortedRows {
  const known = new Map(held.map((row) => [row.key, row]));
  const insert = new Map<string, MappedRow>();
  const change = new Map<string, MappedRow>();
  const seen = new Map<string, MappedRow>();
  const quarantine: QuarantinedRow[] = [];
  let unchanged = 0;
  let foreignPart: string | null = null;

  for (const row of page.rows) {
    if (row.kind === 'unreadable') {
      quarantine.push({ ...row, key: null });
      continue;
    }
    if (row.part !== page.question.part) {
      foreignPart = row.part;
      quarantine.push(setAside(row, quarantineReason('other-part', row.part)));
      continue;
    }
    const before = seen.get(row.key) ?? known.get(row.key);
    if (before && before.fixedDigest !== row.fixedDigest) {
      quarantine.push(setAside(row, quarantineReason('identity-conflict')));
      continue;
    }
    if (seen.has(row.key)) {
      // The same record twice in one answer is one row; the later version is kept.
      unchanged++;
      if (insert.has(row.key)) insert.set(row.key, row);
      else if (known.get(row.key)?.digest === row.digest) {
        // The page reverts its own change: the stored row is right.
        if (change.delete(row.key)) unchanged++;
      } else {
        if (!change.has(row.key)) unchanged--;
        change.set(row.key, row);
      }
    } else if (!before) insert.set(row.key, row);
    else if (before.digest === row.digest || isOlder(page, known.get(row.key))) unchanged++;
    else change.set(row.key, row);
    seen.set(row.key, row);
  }
  return {
    insert: [...insert.values()],
    change: [...change.values()],
    unchanged,
    quarantine,
    keys: new Set(seen.keys()),
    foreignPart,
  };
}

/** Whether the page may hold an earlier state of a record than the stored one: from a cache, or read again. */
function isOlder(page: Page, held: HeldRow | undefined): boolean {
  const changedAtMs = held?.changedAtMs ?? null;
  return changedAtMs !== null && madeAtMs(page) < changedAtMs;
}

function setAside(row: MappedRow, reason: QuarantineReason): QuarantinedRow {
  return { kind: 'unreadable', reason, at: row.at, raw: row.raw, key: row.key };
}
