import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';

/** The history that an account with this id had is being deleted: until that is done it can't be linked. */
export class BeingErased extends Error {
  override readonly name = 'BeingErased';

  constructor(accountId: string) {
    super(`Account ${accountId} is being erased. Link it again once that is done.`);
  }
}

export async function isBeingErased(kysely: Kysely<Tables>, accountId: string): Promise<boolean> {
  const { rows } = await sql`select from erasure where account_id = ${accountId} and rows_gone_at is null`.execute(
    kysely,
  );
  return rows.length > 0;
}

/** To be asked when the account's row is there: an erasure that begins later deletes it again. */
export async function requireNotBeingErased(transaction: Kysely<Tables>, accountId: string): Promise<void> {
  if (await isBeingErased(transaction, accountId)) throw new BeingErased(accountId);
}
