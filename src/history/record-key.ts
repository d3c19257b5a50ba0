import type { ColumnValues, RecordTable } from './stream.ts';

/** No exchange's id holds the unit separator, so two different identities never join to the same text. */
const separator = '\u001f';

/** The key of one row of a table: its identity's values as texts, in the order of `RecordTable.identity`. */
export function recordKeyOf(table: RecordTable, values: ColumnValues): string {
  return recordKey(
    table,
    table.identity.map((name) => {
      const position = table.columns.findIndex((column) => column.name === name);
      if (position < 0) throw new Error(`Table ${table.name} names ${name} as its identity but has no such column.`);
      return values[position] ?? null;
    }),
  );
}

/** The same, from the values of the identity's columns. */
export function recordKey(table: RecordTable, identityValues: ColumnValues): string {
  return identityValues
    .map((value, place) => (isAmount(table, table.identity[place]) ? comparableAmount(String(value)) : textOf(value)))
    .join(separator);
}

/** "1.0" and "1.00" are the same amount. */
export function comparableAmount(amount: string): string {
  const short = amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount;
  return short.replace(/^(-?)0+(?=\d)/, '$1').replace(/^-0$/, '0');
}

function isAmount(table: RecordTable, name: string | undefined): boolean {
  return table.columns.some((column) => column.name === name && column.type === 'numeric');
}

function textOf(value: string | number | null): string {
  return value === null ? '' : String(value);
}
