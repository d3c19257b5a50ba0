import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/streams/index.ts';
import { migrations } from '../../src/database/migrations/index.ts';
import type { RecordTable } from '../../src/history/stream.ts';
import { migratedDatabase, type TestDatabase } from './support.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

describe.each(streams.map(({ table }) => [table.name, table] as const))('the table %s', (name, table) => {
  test('has the declared columns, and those that every record has', async () => {
    const { rows } = await sql<{ column: string; type: string; nullable: boolean }>`
      select column_name as column, data_type as type, is_nullable = 'YES' as nullable
      from information_schema.columns where table_schema = ${database.schema} and table_name = ${name}`.execute(
      database.kysely,
    );
    expect(byName(rows)).toEqual(byName(columnsOf(table)));
  });

  test('is keyed by the account, the part and the declared identity', async () => {
    expect(await indexedColumns(name, { isPrimary: true })).toEqual([[...scopeOf(table), ...table.identity]]);
  });

  test('finds the rows of a window by an index of account, part and time', async () => {
    const byTime = [...scopeOf(table), table.timeColumn];
    const indexes = await indexedColumns(name, {});
    expect(indexes.map((columns) => columns.slice(0, byTime.length))).toContainEqual(byTime);
  });

  test('numbers its changes, so that the change feed tells them', async () => {
    expect(await indexedColumns(name, {})).toContainEqual(['account_id', 'revision']);
    const { rows } = await sql<{ name: string }>`
      select tgname as name from pg_trigger where tgrelid = ${`${database.schema}.${name}`}::regclass
      order by 1`.execute(database.kysely);
    expect(rows.map((row) => row.name)).toEqual(expect.arrayContaining(['number_changed', 'number_inserted']));
  });

  test('declares only columns of its own as identity, fixed, time and status', () => {
    const declared = table.columns.map((column) => column.name);
    const named = [...table.identity, ...table.fixed, table.timeColumn, ...(table.final ? [table.final.column] : [])];
    expect(declared).toEqual(expect.arrayContaining(named));
    for (const column of table.columns) expect(column.nullable && table.identity.includes(column.name)).toBeFalsy();
  });
});

test('no two migrations share a number, but for the two that always did', () => {
  const numbers = Object.keys(migrations).map((name) => name.slice(0, 4));
  expect(numbers.filter((number, place) => numbers.indexOf(number) !== place)).toEqual(['0007']);
  expect(Object.keys(migrations).filter((name) => name.startsWith('0007'))).toEqual([
    '0007-futures-flows',
    '0007-replays',
  ]);
});

const typeNames = {
  text: 'text',
  numeric: 'numeric',
  integer: 'integer',
  timestamptz: 'timestamp with time zone',
} as const;

function columnsOf(table: RecordTable) {
  const implied = [
    ...scopeOf(table).map((column) => ({ column, type: 'text' })),
    { column: 'page_id', type: 'uuid' },
    { column: 'digest', type: 'text' },
    { column: 'fixed_digest', type: 'text' },
    { column: 'raw', type: 'json' },
    { column: 'revision', type: 'bigint' },
    { column: 'version', type: 'integer' },
  ].map((column) => ({ ...column, nullable: false }));
  const declared = table.columns.map(({ name, type, nullable = false }) => ({
    column: name,
    type: typeNames[type],
    nullable,
  }));
  return [...implied, ...declared];
}

function scopeOf({ hasPart }: RecordTable): readonly string[] {
  return hasPart ? ['account_id', 'part'] : ['account_id'];
}

function byName<Named extends { readonly column: string }>(columns: readonly Named[]): readonly Named[] {
  return columns.toSorted((a, b) => (a.column < b.column ? -1 : 1));
}

async function indexedColumns(table: string, { isPrimary = null }: { readonly isPrimary?: boolean | null }) {
  const { rows } = await sql<{ columns: string[] }>`
    select array(
      select attname::text from unnest(indkey) with ordinality as indexed (number, place)
      join pg_attribute on attrelid = indrelid and attnum = number order by place
    ) as columns
    from pg_index where indrelid = ${`${database.schema}.${table}`}::regclass
      and (${isPrimary}::boolean is null or indisprimary = ${isPrimary}::boolean)`.execute(database.kysely);
  return rows.map((row) => row.columns);
}
