import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface AccountTable {
  readonly name: string;
  /** The columns after the account's in the primary key, with their types; null if the key begins with another column. */
  readonly key: readonly { readonly name: string; readonly type: string }[] | null;
}

/** Every table with rows of accounts, of any version: read from the catalogue, so that none is forgotten. */
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

/** Rows without an account. */
export interface Orphan {
  readonly table: string;
  readonly accountId: string;
}

/** Tables whose rows outlive the account: events, merges, erasures, and the verdicts on its keys. */
const outlive = ['account', 'account_event', 'merged_account', 'erasure', 'key_verdict'];

/**
 * Ids that have rows but no account, between two ids; `through` null is the end. No foreign key ties the rows to their account,
 * because it would cost every page a lookup and a lock; the audit looks instead, with one lookup in each primary key per
 * account. What is being erased is not a finding.
 */
export async function orphansBetween(
  database: Database,
  { after, through, limit }: { readonly after: string; readonly through: string | null; readonly limit: number },
): Promise<readonly Orphan[]> {
  const orphans: Orphan[] = [];
  for (const { name: table, key } of await accountTables(database)) {
    // Without an index that begins with the account every row would be read.
    if (key === null || outlive.includes(table)) continue;
    const next = (from: ReturnType<typeof sql>) => sql`
      (select account_id from ${sql.id(table)} where account_id > ${from}
       ${through === null ? sql`` : sql`and account_id <= ${through}`} order by account_id limit 1)`;
    const { rows } = await sql<{ account_id: string }>`
      with recursive found as (
        select ${next(sql`${after}`)} as account_id
        union all
        select ${next(sql`found.account_id`)} from found where found.account_id is not null
      )
      select account_id from found
      where account_id is not null
        and not exists (select from account where account.account_id = found.account_id)
        and not exists (select from erasure where erasure.account_id = found.account_id and rows_gone_at is null)
      limit ${limit}`.execute(database.kysely);
    orphans.push(...rows.map((row) => ({ table, accountId: row.account_id })));
  }
  return orphans.slice(0, limit);
}
