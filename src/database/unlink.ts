import { sql } from 'kysely';
import type { Database } from './database.ts';

/**
 * Every table with rows of an account; a new stream's table belongs here. Coverage goes first: a page under way holds
 * its row, so that we wait for that page, and every later one finds no fence. The account itself goes last.
 */
const tablesOfAccounts = [
  'coverage',
  'spot_trade',
  'futures_trade',
  'withdrawal',
  'deposit',
  'futures_flow',
  'record_version',
  'quarantined_row',
  'gap',
  'balance_snapshot',
  'page',
  'known_key',
  'api_key',
  'account_problem',
  'account_event',
  'account_label',
  'link_session',
  'merged_account',
  'account',
] as const;

/**
 * Ends an account. Its sealed keys are deleted at once; its history stays unless `erase` is asked for, which leaves no row
 * of it in any table. Pages of a read that is still under way are refused from then on. Doing it again changes nothing, also
 * when the account was linked again or commanded otherwise since.
 */
export async function unlinkAccount(
  database: Database,
  accountId: string,
  { erase, command = null }: { readonly erase: boolean; readonly command?: number | null },
): Promise<void> {
  await database.kysely.transaction().execute(async (transaction) => {
    const { rows } = await sql`
      select from account where account_id = ${accountId} and command >= ${command}::bigint`.execute(transaction);
    if (rows.length > 0) return;
    if (erase) {
      for (const table of tablesOfAccounts) {
        await sql`delete from ${sql.id(table)} where account_id = ${accountId}`.execute(transaction);
      }
      await transaction.deleteFrom('merged_account').where('merged_into', '=', accountId).execute();
      return;
    }
    await transaction.deleteFrom('api_key').where('account_id', '=', accountId).execute();
    await transaction.deleteFrom('account_problem').where('account_id', '=', accountId).execute();
    await transaction
      .updateTable('coverage')
      .set((set) => ({ fence: set('fence', '+', 1) }))
      .where('account_id', '=', accountId)
      .execute();
    await transaction
      .updateTable('account')
      .set({
        status: 'unlinked',
        status_since: sql`case when status = 'unlinked' then status_since else now() end`,
        unlinked_at: sql`coalesce(unlinked_at, now())`,
        next_sync_at: null,
        history_at_risk_at: null,
        paused: false,
        started: false,
        ...(command === null ? {} : { command }),
      })
      .where('account_id', '=', accountId)
      .execute();
  });
}
