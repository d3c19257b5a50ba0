import type { Column, RecordTable } from '../history/stream.ts';
import { type Statement, statement } from './statement.ts';

/**
 * The statements of the record tables, from their declarations. $1 is the account; $2 is the part if there are parts. Each is
 * derived once per table and column, not for every page.
 */
function derivedOnce<Columns extends readonly (string | null)[]>(
  derive: (table: RecordTable, ...columns: Columns) => Statement,
): typeof derive {
  const known = new WeakMap<RecordTable, Map<string, Statement>>();
  return (table, ...columns) => {
    const ofTable = known.get(table) ?? new Map<string, Statement>();
    const found = ofTable.get(columns.join()) ?? derive(table, ...columns);
    known.set(table, ofTable.set(columns.join(), found));
    return found;
  };
}

const implied = ['page_id', 'digest', 'fixed_digest', 'raw'];

/**
 * Inserts rows that are not stored yet; fails if one is. This costs half as much as looking first (measured: an upsert takes
 * 1.7 times the time of a plain insert). They take the account's next number as below. Parameters after account and part: page,
 * one array per column, digests, fixed digests, raw texts.
 */
export const insertStatement = derivedOnce((table) => {
  const columns = table.columns.map((column) => identifier(column.name));
  const pageAt = scopeSize(table) + 1;
  return statement(
    `insert-${table.name}`,
    `with taken as (
  update account set revision = revision + 1 where account_id = $1::text returning revision
)
insert into ${identifier(table.name)} (${[...scopeColumns(table), ...columns, ...implied, 'revision'].join(', ')})
select ${scopeParameters(table)}, ${columns.map((name) => `served.${name}`).join(', ')},
       $${pageAt}::uuid, served.digest, served.fixed_digest, served.raw::json, coalesce((select revision from taken), 0)
from unnest(${rowArrays(table, pageAt + 1).join(', ')})
  as served (${[...columns, 'digest', 'fixed_digest', 'raw'].join(', ')})`,
  );
});

function rowArrays(table: RecordTable, firstAt: number): readonly string[] {
  const types = [...table.columns.map((column) => column.type), 'text', 'text', 'text'];
  return types.map((type, position) => `$${firstAt + position}::${type}[]`);
}

/**
 * Stores new rows and rows that changed, one array per column; touches a stored row only if something in it differs, and keeps
 * its former version. All of them take one number, the account's next: its row stays locked until the commit, so numbers become
 * visible in order. (Records of a part are only written by the holder of the part's row of `coverage`, so taking the account's
 * lock before theirs can't deadlock.) Parameters after account and part: page, stream, part, one array per column, digests,
 * fixed digests, raw texts; then, of the changed rows, their keys and one array per identity column.
 */
export const mergeStatement = derivedOnce((table) => {
  const columns = table.columns.map((column) => identifier(column.name));
  const pageAt = scopeSize(table) + 1;
  const arraysAt = pageAt + 3;
  const arrays = rowArrays(table, arraysAt);
  const changedAt = arraysAt + arrays.length;
  const identity = table.identity.map(identifier);
  const changed = ['text', ...table.identity.map((name) => columnOf(table, name).type)].map(
    (type, position) => `$${changedAt + position}::${type}[]`,
  );
  const replaced = [
    ...replacedColumns(table).map(replacement),
    ...[...implied, 'revision'].map((name) => `${name} = excluded.${name}`),
    'version = held.version + 1',
  ];
  return statement(
    `merge-${table.name}`,
    `with taken as (
  update account set revision = revision + 1 where account_id = $1::text returning revision
), kept as (
  insert into record_version (account_id, stream, part, record_key, version, digest, page_id, replaced_by, raw)
  select $1::text, $${pageAt + 1}::text, $${pageAt + 2}::text, served.record_key, held.version, held.digest, held.page_id,
         $${pageAt}::uuid, held.raw
  from unnest(${changed.join(', ')}) as served (${['record_key', ...identity].join(', ')})
  cross join lateral (
    select * from ${identifier(table.name)} as held
    where ${scopeCondition(table)} and ${identity.map((name) => `held.${name} = served.${name}`).join(' and ')}
    limit 1
  ) as held
  returning 1
), merged as (
  insert into ${identifier(table.name)} as held (${[...scopeColumns(table), ...columns, ...implied, 'revision'].join(', ')})
  select ${scopeParameters(table)}, ${columns.map((name) => `served.${name}`).join(', ')},
         $${pageAt}::uuid, served.digest, served.fixed_digest, served.raw::json,
         coalesce((select revision from taken), 0)
  from unnest(${arrays.join(', ')})
    as served (${[...columns, 'digest', 'fixed_digest', 'raw'].join(', ')})
  on conflict (${[...scopeColumns(table), ...identity].join(', ')}) do update
  set ${replaced.join(',\n      ')}
  where held.digest is distinct from excluded.digest
  returning (held.xmax = 0) as inserted
)
select count(*) filter (where inserted) as inserted, count(*) filter (where not inserted) as changed,
       (select count(*) from kept) as kept
from merged`,
  );
});

/** What another version replaces. An amount in the identity may be written differently and still be the same. */
export function replacedColumns({ columns, identity }: RecordTable): readonly Column[] {
  return columns.filter(({ name, type }) => type === 'numeric' || !identity.includes(name));
}

function replacement(column: Column): string {
  const name = identifier(column.name);
  return column.snapshot ? `${name} = coalesce(held.${name}, excluded.${name})` : `${name} = excluded.${name}`;
}

/** Every row between two instants, by the index by time. Parameters after account and part: from, to. */
export const withinStatement = derivedOnce((table, splitColumn: string | null) => {
  return statement(
    `within-${table.name}`,
    `select ${heldColumns(table, splitColumn)}
from ${identifier(table.name)} as held
${changedBy}
where ${scopeCondition(table)} and ${isWithin(table)}`,
  );
});

function isWithin(table: RecordTable): string {
  const time = identifier(table.timeColumn);
  const fromAt = scopeSize(table) + 1;
  return `held.${time} >= $${fromAt}::timestamptz and held.${time} < $${fromAt + 1}::timestamptz`;
}

/** The page that last changed a row: an older answer must not change it. */
const changedBy = `left join page as changed_by
  on changed_by.account_id = held.account_id and changed_by.page_id = held.page_id`;

function heldColumns(table: RecordTable, splitColumn: string | null): string {
  return [
    ...table.identity.map((name) => `held.${identifier(name)}`),
    `held.${identifier(table.timeColumn)} as held_at`,
    'held.digest',
    'held.fixed_digest',
    `${splitColumn === null ? 'null' : `held.${identifier(splitColumn)}::text`} as split_value`,
    'changed_by.exchange_clock as changed_at',
  ].join(', ');
}

/**
 * Every row inside the page's core, and every row with an identity that the page contains: each by its own index. The limit
 * keeps the planner from reading all of an account's rows, which it may think are few. Parameters after account and part: core
 * from, core to, one array per identity column.
 */
export const heldStatement = derivedOnce((table, splitColumn: string | null) => {
  const fromAt = scopeSize(table) + 1;
  const inCore = isWithin(table);
  const identity = table.identity.map(identifier);
  const arrays = table.identity.map((name, position) => `$${fromAt + 2 + position}::${columnOf(table, name).type}[]`);
  const chosen = heldColumns(table, splitColumn);
  return statement(
    `held-${table.name}`,
    `select ${chosen}
from ${identifier(table.name)} as held
${changedBy}
where ${scopeCondition(table)} and ${inCore}
union all
select ${chosen}
from (select distinct * from unnest(${arrays.join(', ')}) as each_served (${identity.join(', ')})) as served
cross join lateral (
  select * from ${identifier(table.name)} as held
  where ${scopeCondition(table)} and ${identity.map((name) => `held.${name} = served.${name}`).join(' and ')}
  limit 1
) as held
${changedBy}
where not (${inCore})`,
  );
});

export const knownValuesStatement = derivedOnce((table, column: string) => {
  const name = identifier(columnOf(table, column).name);
  return statement(
    `known-${table.name}`,
    `select distinct held.${name}::text as value from ${identifier(table.name)} as held
where ${scopeCondition(table)} and held.${name} is not null order by 1`,
  );
});

/**
 * Times of the rows that may still change, by the column of their status, oldest first. The parameter after account and part: the
 * final values.
 */
export const changingStatement = derivedOnce((table, statusColumn: string) => {
  const status = `held.${identifier(statusColumn)}`;
  const time = `held.${identifier(table.timeColumn)}`;
  return statement(
    `changing-${table.name}`,
    `select ${time} as held_at from ${identifier(table.name)} as held
where ${scopeCondition(table)} and (${status} is null or ${status}::text <> all($${scopeSize(table) + 1}::text[]))
order by 1`,
  );
});

export function columnOf(table: RecordTable, name: string): Column {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (!column) throw new Error(`Table ${table.name} declares no column ${name}.`);
  return column;
}

/** A column of a record, or `part`. */
export type NamedColumn = Pick<Column, 'name' | 'type'>;

/** The columns that identify an account's records in one table, in the order of its primary key. */
export function keyColumns(table: RecordTable): readonly NamedColumn[] {
  const part = table.hasPart ? [{ name: 'part', type: 'text' } as const] : [];
  return [...part, ...table.identity.map((name) => columnOf(table, name))];
}

export function heldNames(columns: readonly NamedColumn[]): string {
  return columns.map(({ name }) => `held.${identifier(name)}`).join(', ');
}

/** Whether the row `held` comes after a position in this order, whose texts are the parameters from a number on. */
export function isBeyond(order: readonly NamedColumn[], positionAt: number): string {
  return `(${heldNames(order)}) > (${order.map(({ type }, place) => `$${positionAt + place}::${type}`).join(', ')})`;
}

export function scopeColumns(table: RecordTable): readonly string[] {
  return table.hasPart ? ['account_id', 'part'] : ['account_id'];
}

function scopeSize(table: RecordTable): number {
  return scopeColumns(table).length;
}

function scopeParameters(table: RecordTable): string {
  return table.hasPart ? '$1::text, $2::text' : '$1::text';
}

function scopeCondition(table: RecordTable): string {
  return table.hasPart ? 'held.account_id = $1::text and held.part = $2::text' : 'held.account_id = $1::text';
}

/** Names come from declarations in code, never from outside; this keeps a typing error from becoming SQL. */
export function identifier(name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`"${name}" is not a name of a table or column.`);
  return `"${name}"`;
}
