import { sql, type Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { Tables } from './schema.ts';

/**
 * Ends an account. Its sealed keys are deleted at once; its history stays. Pages of a read in progress are refused from then
 * on. Idempotent, even if the account was linked again or got another command since. Throws LinkedSince if another account has
 * the id.
 */
export async function unlinkAccount(database: Database, accountId: string, commanded: Commanded = {}): Promise<void> {
  const { command = null } = commanded;
  await database.kysely.transaction().execute(async (transaction) => {
    if (await isOver(transaction, accountId, commanded)) return;
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
        unlinked_at: sql`case when status = 'unlinked' then unlinked_at else now() end`,
        next_sync_at: null,
        history_at_risk_at: null,
        paused: false,
        started: false,
        // Numbers follow the clock, so an earlier command that is written late changes nothing.
        command: command ?? sql`greatest(command + 1, floor(extract(epoch from clock_timestamp()) * 1000)::bigint)`,
      })
      .where('account_id', '=', accountId)
      .execute();
  });
}

export interface Commanded {
  readonly command?: number | null;
  /** Which of several consecutive accounts with this id is meant; null for the present one. */
  readonly accountCreatedAt?: Date | null;
  /** When the caller saw it linked and unlinked. An account that was unlinked since waits undisturbed for its next link. */
  readonly seen?: { readonly linkedAt: Date | null; readonly unlinkedAt: Date | null };
}

/** The command concerned an account that is gone; another one has its id now. */
export class LinkedSince extends Error {
  override readonly name = 'LinkedSince';

  constructor(accountId: string) {
    super(`Account ${accountId} was linked again since it was to be unlinked; nothing of it was changed.`);
  }
}

/** Whether a command was carried out already, or overtaken by a later one. Throws LinkedSince if it is for another account. */
export async function isOver(
  transaction: Transaction<Tables>,
  accountId: string,
  { command = null, accountCreatedAt = null, seen }: Commanded,
): Promise<boolean> {
  // Locked in the order of a page: its part, then the account; the parts in the order of a merge.
  await sql`select from coverage where account_id = ${accountId} order by stream, part for update`.execute(transaction);
  const account = await transaction
    .selectFrom('account')
    .select(['created_at', 'command', 'linked_at', 'unlinked_at'])
    .where('account_id', '=', accountId)
    .forUpdate()
    .executeTakeFirst();
  // Erased already, or just now: whatever has the id after this transaction is another account.
  if (account === undefined) return command !== null;
  if (accountCreatedAt !== null && account.created_at.getTime() !== accountCreatedAt.getTime()) {
    throw new LinkedSince(accountId);
  }
  if (seen !== undefined) {
    if (account.linked_at?.getTime() !== seen.linkedAt?.getTime()) throw new LinkedSince(accountId);
    if (account.unlinked_at?.getTime() !== seen.unlinkedAt?.getTime()) return true;
  }
  return command !== null && account.command >= command;
}
