import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface AccountTable {
  readonly name: string;
  /** The columns behind the account's in the primary key, with their types; null where the key begins otherwise. */
  readonly key: readonly { readonly name: string; readonly type: string }[] | null;
}

/** Every table with rows of accounts, of whatever version: read from the catalogue, so that none is forgotten. */
export async function accountTables({ kysely, schema }: Database): Promise<readonly AccountTable[]> {
  const { rows } = await sql<{ name: string; names: string[]; types: string[] }>`
    select relname as name, array_agg(key.attname order by place)::text[] as names,
           array_agg(format_type(key.atttypid, key.atttypmod) order by place) as types
    from pg_class
    join pg_index on indrelid = pg_class.oid and indisprimary
    cross join unnest(indkey::int2[]) with ordinality as part (attnum, place)
    join pg_attribute as key on key.attrelid = pg_class.oid and key.attnum = part.attnum
    where relnamespace = ${schema}::regnamespace and relkind in ('r', 'p')
      and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'account_id' and not attisdropped)
    group by relname order by relname`.execute(kysely);
  return rows.map(({ name, names, types }) => ({
    name,
    key:
      names[0] === 'account_id'
        ? names.slice(1).map((column, at) => ({ name: column, type: types[at + 1] as string }))
        : null,
  }));
}
