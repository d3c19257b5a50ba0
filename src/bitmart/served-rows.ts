import { createHash } from 'node:crypto';
import { recordKey } from '../history/record-key.ts';
import type { ColumnValues, RecordTable, ServedRow } from '../history/stream.ts';
import type { BitmartStream, ColumnRecord, MappingContext } from './bitmart-stream.ts';
import { instantMs, UnreadableField } from './fields.ts';
import type { RowFields, SourceRow } from './rows.ts';

/** A served row as the engine knows it: mapped, or set aside with the reason and, where it can be read, its time. */
export function servedRow(source: SourceRow, bitmart: BitmartStream, context: MappingContext): ServedRow {
  const { raw, fields } = source;
  if (fields === null) return { kind: 'unreadable', reason: 'the row is no object', at: null, raw };
  try {
    return mappedRow(bitmart.mapRow(fields, context), bitmart.stream.table, raw);
  } catch (error) {
    if (!(error instanceof UnreadableField)) throw error;
    return { kind: 'unreadable', reason: error.message, at: timeOf(fields), raw };
  }
}

function mappedRow(record: ColumnRecord, table: RecordTable, raw: string): ServedRow {
  const values: ColumnValues = table.columns.map((column) => record.columns[column.name] ?? null);
  // A snapshot (the size of a contract) is ours, not the row's: it makes no row a changed one.
  const own = table.columns.flatMap((column, i) => (column.snapshot ? [] : [values[i] ?? null]));
  const status = table.final && record.columns[table.final.column];
  return {
    kind: 'row',
    key: recordKey(table.identity.map((name) => String(record.columns[name]))),
    at: record.atMs,
    part: record.part,
    digest: digestOf([...own, raw]),
    fixedDigest: digestOf(table.fixed.map((name) => comparable(record.columns[name] ?? null, name, table))),
    final: table.final === null || table.final.values.includes(String(status)),
    values,
    raw,
  };
}

/** "1.0" and "1.00" are the same amount: another way of writing it is a change, not a conflict. */
function comparable(value: string | number | null, name: string, table: RecordTable): string | number | null {
  const isAmount = table.columns.some((column) => column.name === name && column.type === 'numeric');
  if (!isAmount || typeof value !== 'string') return value;
  const short = value.includes('.') ? value.replace(/\.?0+$/, '') : value;
  return short.replace(/^(-?)0+(?=\d)/, '$1').replace(/^-0$/, '0');
}

function digestOf(values: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url');
}

const timeFields = ['createTime', 'create_time', 'apply_time', 'time'];

function timeOf(fields: RowFields): number | null {
  for (const name of timeFields) {
    try {
      return instantMs(fields, name);
    } catch {
      // Not this field, or not readable either.
    }
  }
  return null;
}
