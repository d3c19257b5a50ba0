import { hash } from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import { isoTime } from '../history/iso-time.ts';
import { quarantineReason } from '../history/quarantine-reason.ts';
import { comparableAmount, recordKeyOf } from '../history/record-key.ts';
import type { ColumnValues, MappedRow, RecordTable, ServedRow } from '../history/stream.ts';
import type { BitmartStream, ColumnRecord, MappingContext } from './bitmart-stream.ts';
import { instantMs, UnreadableField } from './fields.ts';
import type { RowFields, SourceRow } from './rows.ts';

/**
 * The rows of an answer for the engine: mapped, or quarantined with the reason and, if readable, their time. In slices of time,
 * because other work waits.
 */
export async function servedRows(
  sources: readonly SourceRow[],
  bitmart: BitmartStream,
  context: MappingContext,
): Promise<readonly ServedRow[]> {
  const slice = new TimeSlice();
  const rows: ServedRow[] = [];
  for (const source of sources) {
    rows.push(servedRow(source, bitmart, context));
    await slice.pause();
  }
  return rows;
}

export function servedRow(source: SourceRow, bitmart: BitmartStream, context: MappingContext): ServedRow {
  const { raw, fields } = source;
  if (fields === null) {
    const reason = quarantineReason(raw.startsWith('{') ? 'too-large' : 'not-an-object');
    return { kind: 'unreadable', reason, at: null, raw };
  }
  try {
    const atMs = servedAtMs(fields, bitmart, context);
    return mappedRow({ ...bitmart.mapRow(fields, context), atMs }, bitmart.stream.table, raw);
  } catch (error) {
    if (!(error instanceof UnreadableField)) throw error;
    return { kind: 'unreadable', reason: error.reason, at: timeOf(fields, bitmart, context), raw };
  }
}

function mappedRow(
  { part, atMs, columns }: ColumnRecord & { readonly atMs: number },
  table: RecordTable,
  raw: string,
): MappedRow {
  const record: ColumnRecord['columns'] = { ...columns, [table.timeColumn]: isoTime(atMs) };
  const values: ColumnValues = table.columns.map((column) => record[column.name] ?? null);
  const status = table.final && record[table.final.column];
  return {
    kind: 'row',
    key: recordKeyOf(table, values),
    at: atMs,
    part,
    digest: digestOf(table, values, raw),
    fixedDigest: hashOf(table.fixed.map((name) => comparable(record[name] ?? null, name, table))),
    final: table.final === null || table.final.values.includes(String(status)),
    values,
    raw,
  };
}

/** The same amount written differently is a change, not a conflict. */
function comparable(value: string | number | null, name: string, table: RecordTable): string | number | null {
  const isAmount = table.columns.some((column) => column.name === name && column.type === 'numeric');
  return isAmount && typeof value === 'string' ? comparableAmount(value) : value;
}

/** Another digest under the same key is a change. */
export function digestOf(table: RecordTable, values: ColumnValues, raw: string): string {
  // A snapshot (the size of a contract) is ours, not the row's, so it does not count as a change.
  const own = table.columns.flatMap((column, i) => {
    const value = values[i] ?? null;
    return column.snapshot || (column.isAdded && value === null) ? [] : [value];
  });
  return hashOf([...own, raw]);
}

function hashOf(values: ColumnValues): string {
  return hash('sha256', JSON.stringify(values), 'base64url');
}

function servedAtMs(fields: RowFields, { timeField, timeForm }: BitmartStream, { part }: MappingContext): number {
  return instantMs(fields, typeof timeField === 'string' ? timeField : timeField(part), timeForm);
}

function timeOf(...[fields, bitmart, context]: Parameters<typeof servedAtMs>): number | null {
  try {
    return servedAtMs(fields, bitmart, context);
  } catch {
    return null;
  }
}

/**
 * Works on one answer in slices, so that other work on the event loop (a probe, another account, a heartbeat) runs in between.
 * 10 ms leave room for the longest step in a slice, so 50 ms are never reached. A worker thread took 24 ms instead of 17 for an
 * answer of 860 kB and half as much processor time again, held the loop for 13 ms instead of 26, and needs a copy of every row
 * (2026-11-30): slices are simpler, and stay below 50 ms.
 */
const sliceMs = 10;

class TimeSlice {
  #sinceMs = performance.now();

  /** Yields if the slice is used up. */
  async pause(): Promise<void> {
    if (performance.now() - this.#sinceMs < sliceMs) return;
    await otherWork();
    this.#sinceMs = performance.now();
  }
}
