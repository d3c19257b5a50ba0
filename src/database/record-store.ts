import type pg from 'pg';
import type { HeldRow, PageDecision, PartReference } from '../history/ports.ts';
import type { MappedRow, Page } from '../history/stream.ts';
import { instantText } from './instants.ts';
import { recordScopeOf } from './part-store.ts';
import { heldStatement, insertStatement, mergeStatement, withinStatement } from './record-statements.ts';
import { identityArrays, rowArrays, storedKey } from './record-values.ts';

export interface AnsweredPage {
  readonly part: PartReference;
  readonly page: Page;
  /**
   * How stored rows are found. A record is stored under its time, so those of the requested window are nearly always all. If
   * they are not, a stored row looks new, and inserting it fails.
   */
  readonly held: 'by-time' | 'by-identity';
}

/** The stored rows of the records that a page contains, or should contain. */
export async function heldRows(client: pg.PoolClient, { part, page, held }: AnsweredPage): Promise<readonly HeldRow[]> {
  const { table } = part.stream;
  const { core, split } = page.question;
  const splitColumn = split?.column ?? null;
  const scope = recordScopeOf(part);
  const { rows } = await client.query<StoredRecord>(
    held === 'by-time'
      ? { ...withinStatement(table, splitColumn), values: [...scope, ...stretchOf(part, page).map(instantText)] }
      : {
          ...heldStatement(table, splitColumn),
          values: [...scope, instantText(core.from), instantText(core.to), ...identityArrays(table, mappedRows(page))],
        },
  );
  const found = rows.map((row) => ({
    key: storedKey(table, row),
    at: row.held_at.getTime(),
    digest: row.digest,
    fixedDigest: row.fixed_digest,
    changedAtMs: row.changed_at?.getTime() ?? null,
    splitValue: row.split_value,
  }));
  const served = new Set(mappedRows(page).map((row) => row.key));
  return found.filter((row) => (row.at >= core.from && row.at < core.to) || served.has(row.key));
}

/** The range of the page's rows if it answers the question: its core and one unit on each side. */
function stretchOf({ stream }: PartReference, { question: { core }, askedFromMs, askedToMs }: Page): [number, number] {
  return [Math.min(core.from, askedFromMs), Math.max(core.to, askedToMs + stream.unitMs)];
}

export function mappedRows(page: Page): readonly MappedRow[] {
  return page.rows.filter((row) => row.kind === 'row');
}

interface StoredRecord {
  readonly held_at: Date;
  readonly digest: string;
  readonly fixed_digest: string;
  readonly split_value: string | null;
  readonly changed_at: Date | null;
  readonly [identityColumn: string]: unknown;
}

/**
 * The table holds other rows than those that the page was judged by: usually a record that is stored under another time.
 * Nothing of the page was stored; every row has to be looked up by its identity.
 */
export class OtherRowsStored extends Error {
  override readonly name = 'OtherRowsStored';
}

/** Stores the decision about a page's rows, all of it or nothing: the counts are compared. Throws OtherRowsStored. */
export async function mergeRows(
  client: pg.PoolClient,
  part: PartReference,
  pageId: string,
  decision: PageDecision,
): Promise<void> {
  if (decision.change.length === 0) return insertRows(client, part, pageId, decision.insert);
  const merged = [...decision.insert, ...decision.change];
  const { table } = part.stream;
  const { rows } = await client.query<{ inserted: number; changed: number; kept: number }>({
    ...mergeStatement(table),
    values: [
      ...recordScopeOf(part),
      pageId,
      part.stream.name,
      part.part,
      ...rowArrays(table, merged),
      decision.change.map((row) => row.key),
      ...identityArrays(table, decision.change),
    ],
  });
  const counts = rows[0];
  if (counts?.inserted !== decision.insert.length || counts.changed !== decision.change.length) {
    throw new OtherRowsStored(
      `Merging a page into ${table.name} inserted ${counts?.inserted} and changed ${counts?.changed} rows where ` +
        `${decision.insert.length} and ${decision.change.length} were decided; nothing of the page was stored.`,
    );
  }
  if (counts.kept !== decision.change.length) {
    throw new OtherRowsStored(
      `${decision.change.length} rows of ${table.name} were to change, and of ${counts.kept} the earlier version could ` +
        'be kept; nothing of the page was stored.',
    );
  }
}

async function insertRows(
  client: pg.PoolClient,
  part: PartReference,
  pageId: string,
  rows: readonly MappedRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const { table } = part.stream;
  const { rowCount } = await client.query({
    ...insertStatement(table),
    values: [...recordScopeOf(part), pageId, ...rowArrays(table, rows)],
  });
  if (rowCount === rows.length) return;
  throw new OtherRowsStored(
    `A page brought ${rows.length} rows that are new to ${table.name}, and ${rowCount} were inserted; nothing of the ` +
      'page was stored.',
  );
}
