import { sql } from 'kysely';
import { accountTables } from './account-tables.ts';
import type { Database } from './database.ts';

/** Rows of an account that there is not. */
export interface Orphan {
  readonly table: string;
  readonly accountId: string;
}

/** Tables whose rows outlive the account: what was reported of it, where it was merged into, and how far its erasure is. */
const outlive = ['account', 'account_event', 'merged_account', 'erasure'];

/**
 * Accounts that have rows but are none, between two ids; `through` null is the end. No foreign key holds the rows to their
 * account, because it would cost every page a look and a lock, so the audit looks. A table costs one look into its primary key
 * for each account. What is being erased is not a finding.
 */
export async function orphansBetween(
  database: Database,
  { after, through, limit }: { readonly after: string; readonly through: string | null; readonly limit: number },
): Promise<readonly Orphan[]> {
  const orphans: Orphan[] = [];
  for (const { name: table, key } of await accountTables(database)) {
    // Without an index that begins with the account all rows would be read.
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
