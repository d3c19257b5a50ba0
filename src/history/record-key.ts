import type { ColumnValues, RecordTable } from './stream.ts';

/** No exchange's id holds the unit separator, so that two different identities never join to the same text. */
const separator = '\u001f';

/** The text form of a record's identity: the values of its identity columns, in the order of `RecordTable.identity`. */
export function recordKey(identityValues: readonly (string | number | null)[]): string {
  return identityValues.map((value) => (value === null ? '' : String(value))).join(separator);
}

/** The key of one mapped row of a table. */
export function recordKeyOf(table: RecordTable, values: ColumnValues): string {
  return recordKey(
    table.identity.map((name) => {
      const position = table.columns.findIndex((column) => column.name === name);
      if (position < 0) throw new Error(`Table ${table.name} names ${name} as its identity but has no such column.`);
      return values[position] ?? null;
    }),
  );
}
