import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Tables } from './schema.ts';

interface StillThere<Text> {
  readonly lock: Text;
  readonly holds: Text;
}

/**
 * For statements that write rows of an account: `lock` goes among the common table expressions, `holds` among the conditions.
 * Then it writes nothing for an account that was erased or merged into another one, however late it comes: an erasure or merge
 * that begins meanwhile waits for this transaction, and after one that came first the account's row can no longer be locked.
 * With `linked` it writes nothing for an unlinked account either.
 */
export function stillThereText(accountId: string, which: 'any' | 'linked' = 'any'): StillThere<string> {
  const isLinked = which === 'linked' ? 'and unlinked_at is null' : '';
  return {
    lock: `still_there as materialized (select from account where account_id = ${accountId} ${isLinked} for key share)`,
    holds: `(exists (select from still_there) or not exists (
    select from account where account_id = ${accountId} union all select from erasure where account_id = ${accountId}
    union all select from merged_account where account_id = ${accountId}))`,
  };
}

/** The same for Kysely. */
export function stillThere(accountId: string, which?: 'any' | 'linked'): StillThere<RawBuilder<unknown>> {
  const { lock, holds } = stillThereText('?', which);
  const withValue = (text: string) => {
    const [first = '', ...rest] = text.split('?');
    return rest.reduce((whole, part) => sql`${whole}${accountId}${sql.raw(part)}`, sql.raw(first));
  };
  return { lock: withValue(lock), holds: withValue(holds) };
}

/** The former history of this id is being deleted: until that is done it can't be linked. */
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

/** Call it once the account's row exists: an erasure that begins later deletes it again. */
export async function requireNotBeingErased(transaction: Kysely<Tables>, accountId: string): Promise<void> {
  if (await isBeingErased(transaction, accountId)) throw new BeingErased(accountId);
}
