import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { StoredKey } from './keys.ts';

/** How many sealed keys are stored for one key pair of the ring. */
export interface BoxCount {
  readonly ringKeyId: string;
  readonly boxes: number;
  /** When the newest of them was stored. */
  readonly newestAt: Date;
}

/** A box has the form `bitmart-sync-box.<id of the key pair>.<sealed>`. */
const ringKeyId = sql<string>`split_part(api_key.sealed, '.', 2)`;

export async function countBoxes({ kysely }: Database): Promise<readonly BoxCount[]> {
  return kysely
    .selectFrom('api_key')
    .select(({ fn }) => [
      ringKeyId.as('ringKeyId'),
      fn.countAll<number>().as('boxes'),
      fn.max('created_at').as('newestAt'),
    ])
    .groupBy(ringKeyId)
    .execute();
}

export type StoredBox = Pick<StoredKey, 'accountId' | 'ownerId' | 'keyId' | 'fingerprint' | 'sealed'>;

/** Some of the boxes that are sealed for another key pair, in a fixed order. */
export async function boxesNotSealedFor(
  { kysely }: Database,
  wantedId: string,
  after: Pick<StoredBox, 'accountId' | 'keyId'> | null,
  limit: number,
): Promise<readonly StoredBox[]> {
  return kysely
    .selectFrom('api_key')
    .innerJoin('account', 'account.account_id', 'api_key.account_id')
    .select(['api_key.account_id as accountId', 'account.owner_id as ownerId', 'api_key.key_id as keyId'])
    .select(['api_key.fingerprint', 'api_key.sealed'])
    .where(ringKeyId, '<>', wantedId)
    .where(sql<boolean>`(api_key.account_id, api_key.key_id) > (${after?.accountId ?? ''}, ${after?.keyId ?? ''})`)
    .orderBy('api_key.account_id')
    .orderBy('api_key.key_id')
    .limit(limit)
    .execute();
}

/** Replaces a box by another. False if the row has changed or is gone: then nothing is changed. */
export async function replaceBox(
  { kysely }: Database,
  { accountId, keyId, sealed }: StoredBox,
  resealed: string,
): Promise<boolean> {
  const { numUpdatedRows } = await kysely
    .updateTable('api_key')
    .set({ sealed: resealed })
    .where('account_id', '=', accountId)
    .where('key_id', '=', keyId)
    .where('sealed', '=', sealed)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
