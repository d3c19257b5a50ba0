import type { Range } from '../history/range-set.ts';
import type { RecordTable, Stream } from '../history/stream.ts';
import type { Database } from './database.ts';
import { instantText } from './instants.ts';
import { columnOf, heldNames, identifier, isBeyond, keyColumns, type NamedColumn } from './record-statements.ts';

/** One stored record: its columns by name, times as Date, amounts as texts of every digit, `raw` as served. */
export type StoredRow = Readonly<Record<string, string | number | Date | null>>;

/** The position of a record among those of its account: by time, then by part, then by identity. */
export type RecordPosition = readonly string[];

export interface RecordQuestion {
  readonly accountId: string;
  readonly stream: Stream;
  /** Half-open, as every range. */
  readonly range: Range;
  /** Null: from the beginning. */
  readonly after: RecordPosition | null;
  readonly limit: number;
}

/** For a stream whose parts depend on the account. */
async function storedParts(database: Database, accountId: string, stream: Stream): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ part: string }>({
    text: 'select part from coverage where account_id = $1 and stream = $2',
    values: [accountId, stream.name],
  });
  return rows.map(({ part }) => part);
}

/** The columns of a record in answers, in this order. */
export function readableColumns(table: RecordTable): readonly string[] {
  return [...(table.hasPart ? ['part'] : []), ...table.columns.map((column) => column.name), 'page_id', 'raw'];
}

/**
 * The next records of an account after a position, oldest first. A page at the end of a million rows costs as much as one at
 * the beginning: the index by time finds the position, and only rows of the same instant are sorted.
 */
export async function readRecords(database: Database, question: RecordQuestion): Promise<readonly StoredRow[]> {
  const { accountId, stream, range, after, limit } = question;
  const parts = stream.pairsOf === undefined ? stream.parts : await storedParts(database, accountId, stream);
  const { rows } = await database.pool.query<StoredRow>({
    // Unnamed, so that it is planned for these bounds and this limit.
    text: recordPageStatement(stream.table, after !== null),
    values: [
      accountId,
      instantText(range.from),
      instantText(range.to),
      limit,
      ...(stream.table.hasPart ? [parts] : []),
      ...(after ?? []),
    ],
  });
  return rows;
}

export function positionOf(table: RecordTable, row: StoredRow): RecordPosition {
  return orderColumns(table).map(({ name }) => {
    const value = row[name];
    return value instanceof Date ? value.toISOString() : String(value);
  });
}

/** How many texts a position in this table has. */
export function positionLength(table: RecordTable): number {
  return orderColumns(table).length;
}

/**
 * Parameters: account, from, to, limit, the parts if the table has any, the position if there is one. Parts are read side by
 * side, because the index by time is per part.
 */
export function recordPageStatement(table: RecordTable, hasPosition: boolean): string {
  const order = orderColumns(table);
  const columns = readableColumns(table).map((name) => `held.${identifier(name)}`);
  const time = `held.${identifier(table.timeColumn)}`;
  const positionAt = table.hasPart ? 6 : 5;
  const conditions = [
    'held.account_id = $1::text',
    ...(table.hasPart ? ['held.part = each_part.part'] : []),
    `${time} >= $2::timestamptz and ${time} < $3::timestamptz`,
    // The first column lets the index by time find the position.
    ...(hasPosition ? [isBeyond(order, positionAt)] : []),
  ];
  const page = `select ${columns.join(', ')}
from ${identifier(table.name)} as held
where ${conditions.join('\n  and ')}
order by ${heldNames(order)}
limit $4`;
  if (!table.hasPart) return page;
  return `select held.* from unnest($5::text[]) as each_part (part)
cross join lateral (${page}) as held
order by ${heldNames(order)}
limit $4`;
}

function orderColumns(table: RecordTable): readonly NamedColumn[] {
  return [columnOf(table, table.timeColumn), ...keyColumns(table)];
}

/** How many records of a stream are stored for each day (UTC, by their own time) that has any, oldest first. */
export async function rowsPerDay(
  database: Database,
  accountId: string,
  stream: Stream,
): Promise<readonly { readonly day: string; readonly rows: number }[]> {
  const { rows } = await database.pool.query<{ day: string; rows: number }>({
    text: `select (${identifier(stream.table.timeColumn)} at time zone 'UTC')::date::text as day, count(*)::integer as rows
from ${identifier(stream.table.name)}
where account_id = $1::text
group by day
order by day`,
    values: [accountId],
  });
  return rows;
}
