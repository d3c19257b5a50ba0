import { type Kysely, sql } from 'kysely';
import type { Stream } from '../history/stream.ts';
import type { Database } from './database.ts';
import { type IdentityMerge, moveKeys, moveNames, retire } from './merge-identity.ts';
import { type PartMerge, unitePart } from './merge-part.ts';
import { type MovedRecords, mergeRecords, type RecordMove } from './merge-records.ts';
import type { CoverageRow, Tables } from './schema.ts';
import { inTransaction, kyselyOn } from './transaction.ts';

export interface AccountMerge extends PartMerge, IdentityMerge {
  readonly streams: readonly Stream[];
}

/**
 * Merges two accounts in one transaction: records, pages, versions, gaps and names of both become the surviving account's,
 * their coverage is united, and the other id redirects to it. Reads in progress of both lose their fence. Nothing is done if
 * one of the two no longer exists; {@link findMergedAccount} has what came of it.
 */
export async function mergeAccounts(database: Database, merge: AccountMerge): Promise<void> {
  await inTransaction(database, async (client) => {
    const kysely = kyselyOn(client);
    const parts = await lockParts(kysely, merge);
    const revision = await lockAccounts(kysely, merge);
    if (revision === null) return;
    const move: RecordMove = { from: merge.from, into: merge.into, revision };
    const moved = new Map<string, MovedRecords>();
    for (const stream of merge.streams) moved.set(stream.name, await mergeRecords(client, stream, move));
    await moveEvidence(kysely, merge);
    for (const stream of merge.streams) {
      const held = new Set(parts.filter((row) => row.stream === stream.name).map(({ part }) => part));
      for (const part of held) await unitePart(client, merge, { parts, stream, part, moved });
    }
    await moveKeys(kysely, merge);
    await moveNames(kysely, merge);
    const sum = (pick: (records: MovedRecords) => number) =>
      [...moved.values()].reduce((total, records) => total + pick(records), 0);
    await retire(kysely, merge, {
      moved: sum((records) => records.moved),
      dropped: sum((records) => records.dropped),
      conflicts: sum((records) => records.conflicts.length),
    });
  });
}

/** Locks every part of both, in one order, to avoid deadlocks; from here on no page of a running read is stored. */
async function lockParts(kysely: Kysely<Tables>, { from, into }: AccountMerge): Promise<readonly CoverageRow[]> {
  return kysely
    .selectFrom('coverage')
    .selectAll()
    .where('account_id', 'in', [from, into])
    .orderBy('account_id')
    .orderBy('stream')
    .orderBy('part')
    .forUpdate()
    .execute();
}

/** The next revision of the surviving account, above those of both; null if one of them is gone. */
async function lockAccounts(kysely: Kysely<Tables>, { from, into }: AccountMerge): Promise<number | null> {
  const rows = await kysely
    .selectFrom('account')
    .select('revision')
    .where('account_id', 'in', [from, into])
    .orderBy('account_id')
    .forUpdate()
    .execute();
  if (rows.length < 2) return null;
  const revision = Math.max(...rows.map((row) => row.revision)) + 1;
  await kysely.updateTable('account').set({ revision }).where('account_id', '=', into).execute();
  return revision;
}

/** The tables of evidence, each with the columns that identify its rows. */
const evidenceTables = {
  page: ['page_id'],
  record_version: ['stream', 'part', 'record_key', 'page_id'],
  quarantined_row: ['quarantine_id'],
  known_key: ['fingerprint'],
  key_verdict: ['key_id'],
  account_label: ['label', 'sub_account'],
  balance_snapshot: ['wallet', 'taken_at', 'currency'],
  link_session: ['session_id'],
} as const;

/** Moves evidence; a row that both have is kept once. */
async function moveEvidence(kysely: Kysely<Tables>, { from, into }: AccountMerge): Promise<void> {
  for (const [table, key] of Object.entries(evidenceTables)) {
    const isSame = sql.join(
      key.map((column) => sql`held.${sql.id(column)} = mine.${sql.id(column)}`),
      sql` and `,
    );
    await sql`
      update ${sql.id(table)} as mine set account_id = ${into}
      where account_id = ${from}
        and not exists (select from ${sql.id(table)} as held where held.account_id = ${into} and ${isSame})`.execute(
      kysely,
    );
    await sql`delete from ${sql.id(table)} where account_id = ${from}`.execute(kysely);
  }
}
