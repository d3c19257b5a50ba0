import { sql } from 'kysely';
import type { Gap } from '../history/gap.ts';
import type { PartState } from '../history/part-state.ts';
import { byAccount } from './by-account.ts';
import type { Database } from './database.ts';
import { partStateOf } from './part-row.ts';
import type { CoverageRow } from './schema.ts';

export interface StoredPart {
  readonly stream: string;
  readonly part: string;
  readonly state: PartState;
}

/** The state of every part of an account that was ever opened. */
export async function loadParts(database: Database, accountId: string): Promise<readonly StoredPart[]> {
  return (await parts(database).where('account_id', '=', accountId).execute()).map(storedPartOf);
}

/** The same for many accounts, by account. An account that was never read is absent. */
export async function loadPartsOfMany(
  database: Database,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredPart[]>> {
  const isOneOfThem = sql<string>`any(${accountIds}::text[])`;
  return byAccount(await parts(database).where('account_id', '=', isOneOfThem).execute(), storedPartOf);
}

function parts({ kysely }: Database) {
  return kysely.selectFrom('coverage').selectAll().orderBy('stream').orderBy('part');
}

function storedPartOf(row: CoverageRow): StoredPart {
  return { stream: row.stream, part: row.part, state: partStateOf(row) };
}

export interface StoredGap extends Gap {
  readonly stream: string;
  readonly part: string;
}

/** Every range that can't be vouched for, as of each part's last change. */
export async function loadGaps(database: Database, accountId: string): Promise<readonly StoredGap[]> {
  const rows = await database.kysely
    .selectFrom('gap')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('stream')
    .orderBy('part')
    .orderBy('from_at')
    .execute();
  return rows.map((row) => ({
    stream: row.stream,
    part: row.part,
    from: row.from_at.getTime(),
    to: row.to_at.getTime(),
    reason: row.reason,
  }));
}
