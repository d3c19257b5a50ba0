import { type Kysely, sql } from 'kysely';
import type { MergedAccount } from './accounts.ts';
import type { Tables } from './schema.ts';

export interface IdentityMerge {
  /** The account that is merged into the other one. */
  readonly from: string;
  readonly into: string;
  /** The keys of the merged account, sealed for the surviving one. */
  readonly keys: readonly MovedKey[];
}

export interface MovedKey {
  readonly keyId: string;
  readonly sealed: string;
}

/**
 * The newest key that works becomes the one in use, as when a second key of an account is linked; candidates stay candidates.
 * Keys that the exchange refuses replace none.
 */
export async function moveKeys(kysely: Kysely<Tables>, { from, into, keys }: IdentityMerge): Promise<void> {
  for (const { keyId, sealed } of keys) {
    await kysely
      .updateTable('api_key')
      .set({ sealed })
      .where('account_id', '=', from)
      .where('key_id', '=', keyId)
      .execute();
  }
  const takes = await isKeyTaken(kysely, { from, into });
  await kysely
    .deleteFrom('api_key')
    .where('account_id', '=', takes ? into : from)
    .where('state', '=', 'active')
    .execute();
  await sql`
    update api_key as mine set account_id = ${into}
    where account_id = ${from}
      and not exists (select from api_key as held where held.account_id = ${into} and held.key_id = mine.key_id)`.execute(
    kysely,
  );
  await kysely.deleteFrom('api_key').where('account_id', '=', from).execute();
  if (!takes) return;
  await sql`
    update account as kept
    set read_only = mine.read_only, permissions = mine.permissions, unlinked_at = null,
        status = case when kept.paused then 'paused'
                      when kept.status in ('unlinked', 'needs-attention') then 'backfilling' else kept.status end,
        status_since = case when not kept.paused and kept.status in ('unlinked', 'needs-attention') then now()
                            else kept.status_since end
    from account as mine where kept.account_id = ${into} and mine.account_id = ${from}`.execute(kysely);
}

async function isKeyTaken(
  kysely: Kysely<Tables>,
  { from, into }: Pick<IdentityMerge, 'from' | 'into'>,
): Promise<boolean> {
  const [mine, active] = await Promise.all([
    kysely.selectFrom('account').select('status').where('account_id', '=', from).executeTakeFirst(),
    kysely
      .selectFrom('api_key')
      .select('account_id')
      .where('account_id', 'in', [from, into])
      .where('state', '=', 'active')
      .execute(),
  ]);
  const hasKey = (accountId: string) => active.some((key) => key.account_id === accountId);
  const isWorking = mine !== undefined && mine.status !== 'needs-attention' && mine.status !== 'unlinked';
  return hasKey(from) && (isWorking || !hasKey(into));
}

export async function moveNames(kysely: Kysely<Tables>, { from, into }: IdentityMerge): Promise<void> {
  await sql`
    update account as kept
    set label = coalesce(kept.label, mine.label), sub_account = coalesce(kept.sub_account, mine.sub_account),
        numbered = kept.numbered and mine.numbered
    from account as mine where kept.account_id = ${into} and mine.account_id = ${from}`.execute(kysely);
  await kysely.deleteFrom('account_problem').where('account_id', '=', from).execute();
  await kysely
    .deleteFrom('account_problem')
    .where('account_id', '=', into)
    .where('code', '=', 'same-account')
    .execute();
  await sql`update link_session set replaces = ${into} where replaces = ${from}`.execute(kysely);
}

/** Ends the merged account: its id redirects, and so do the ids that were merged into it before. */
export async function retire(
  kysely: Kysely<Tables>,
  { from, into }: IdentityMerge,
  counts: Pick<MergedAccount, 'moved' | 'dropped' | 'conflicts'>,
): Promise<void> {
  const gone = await kysely
    .deleteFrom('account')
    .where('account_id', '=', from)
    .returning(['owner_id', 'exchange_account_id', 'shared_exchange_account_id', 'linked_at'])
    .executeTakeFirstOrThrow();
  const idOfGone = gone.exchange_account_id ?? gone.shared_exchange_account_id;
  const known = sql`coalesce(account.exchange_account_id, ${idOfGone}::text, account.shared_exchange_account_id)`;
  // A third account of the owner may have the id: an id is unique among an owner's accounts.
  const isShared = sql`exists (
    select from account as third
    where third.owner_id = account.owner_id and third.exchange = account.exchange
      and third.exchange_account_id = ${known} and third.account_id <> account.account_id)`;
  await kysely
    .updateTable('account')
    .set({
      exchange_account_id: sql`case when not ${isShared} then ${known} end`,
      shared_exchange_account_id: sql`case when ${isShared} then ${known} end`,
      linked_at: sql`least(linked_at, ${gone.linked_at}::timestamptz)`,
      // Its workflow may have ended, or sleep with a key that is refused: the starter of workflows wakes it.
      started: false,
    })
    .where('account_id', '=', into)
    .execute();
  await kysely.updateTable('merged_account').set({ merged_into: into }).where('merged_into', '=', from).execute();
  await kysely
    .insertInto('merged_account')
    .values({ account_id: from, owner_id: gone.owner_id, merged_into: into, ...counts })
    .execute();
  // A part that was opened after the others were locked, or that only another release knows: a read of it loses its fence.
  for (const table of ['account_event', 'coverage', 'gap'] as const) {
    await kysely.deleteFrom(table).where('account_id', '=', from).execute();
  }
}
