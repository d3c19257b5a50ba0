import { recordKey } from '../history/record-key.ts';
import type { Column, MappedRow, RecordTable } from '../history/stream.ts';
import { arrayText, textArrayBytes } from './array-parameters.ts';
import { columnOf } from './record-statements.ts';

/** Postgres also accepts NaN, Infinity and blanks as `numeric`; an amount is none of these. */
const decimalPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

type Value = string | number | null;

/** Rows as parameters of a statement: one array per column of the table, then digests, fixed digests and raw texts. */
export function rowArrays(table: RecordTable, rows: readonly MappedRow[]): readonly (string | Buffer)[] {
  return [
    ...table.columns.map((column, position) => arrayText(rows.map((row) => columnValue(table, column, row, position)))),
    arrayText(rows.map((row) => row.digest)),
    arrayText(rows.map((row) => row.fixedDigest)),
    textArrayBytes(rows.map((row) => row.raw)),
  ];
}

function columnValue(table: RecordTable, column: Column, row: MappedRow, position: number): Value {
  const value = row.values[position] ?? null;
  if (column.type === 'numeric' && value !== null && !decimalPattern.test(String(value))) {
    throw new Error(`A row of ${table.name} has the amount ${JSON.stringify(value)} in ${column.name}: not a decimal.`);
  }
  return value;
}

export function identityArrays(table: RecordTable, rows: readonly MappedRow[]): readonly (readonly Value[])[] {
  const positions = table.identity.map((name) => table.columns.indexOf(columnOf(table, name)));
  return positions.map((position) => rows.map((row) => row.values[position] ?? null));
}

/** The key of a stored row: the same text as `MappedRow.key` of that record. */
export function storedKey(table: RecordTable, stored: Readonly<Record<string, unknown>>): string {
  return recordKey(
    table,
    table.identity.map((name) => {
      const value = stored[name];
      return value instanceof Date ? value.toISOString() : (value as Value);
    }),
  );
}
