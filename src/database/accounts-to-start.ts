import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface AccountToStart {
  readonly accountId: string;
  readonly ownerId: string;
  readonly label: string | null;
  readonly ageMs: number;
}

/** Accounts without a workflow, oldest first: saved, but their workflow was never known to start. */
export async function accountsToStart(database: Database, limit: number): Promise<readonly AccountToStart[]> {
  return database.kysely
    .selectFrom('account')
    .select(['account_id as accountId', 'owner_id as ownerId', 'label'])
    .select(sql<number>`extract(epoch from now() - created_at)::float8 * 1000`.as('ageMs'))
    .where(sql<boolean>`not started`)
    .where('status', '<>', 'unlinked')
    .orderBy('created_at')
    .limit(limit)
    .execute();
}

/** Whether a workflow looks after the account, as far as we know; the starter of workflows goes by it. */
export async function markStarted(database: Database, accountId: string, started = true): Promise<void> {
  await database.kysely.updateTable('account').set({ started }).where('account_id', '=', accountId).execute();
}
