import { comparableAmount } from '../history/record-key.ts';
import type { RecordTable, Stream } from '../history/stream.ts';
import type { Database } from './database.ts';
import { readableColumns, type StoredRow } from './record-reader.ts';
import { heldNames, identifier, isBeyond, keyColumns } from './record-statements.ts';

/** A record as its last change left it. */
export interface StoredChange {
  readonly stream: Stream;
  /** Identifies it among the records of its stream and account, in all its versions. */
  readonly key: readonly string[];
  /** The account's number of the transaction that last changed it; 0 for a record from before numbers existed. */
  readonly revision: number;
  /** How many versions of it there were; 1 if it never changed. */
  readonly version: number;
  readonly record: StoredRow;
}

/** A position among the changes of an account: after a record, or after all records of a revision. */
export interface ChangePosition {
  readonly revision: number;
  /** The last record before this position: its stream and its key; null if the position is after the whole revision. */
  readonly record: { readonly stream: string; readonly key: readonly string[] } | null;
}

export interface ChangeQuestion {
  readonly accountId: string;
  readonly streams: readonly Stream[];
  /** Null: from the beginning. */
  readonly after: ChangePosition | null;
  readonly limit: number;
}

export interface ChangePage {
  readonly changes: readonly StoredChange[];
  readonly next: ChangePosition;
  /** More can be read at once. */
  readonly more: boolean;
}

/** The position is ahead of the account: it is of another database, or of one that was restored to an earlier state. */
export class PositionAhead extends Error {
  override readonly name = 'PositionAhead';
}

/**
 * What changed in an account after a position, in the order of its transactions; each record once, in its latest form, under
 * the revision of its last change. Null if the account does not exist.
 *
 * The account's number is read first and bounds the rest: every transaction up to it is committed by then, because each
 * holds the account's row from taking its number to its end. A record that changes meanwhile gets a number beyond and is
 * reported later. So nothing is skipped, however many statements the read takes and however much is written meanwhile.
 */
export async function readChanges(database: Database, asked: ChangeQuestion): Promise<ChangePage | null> {
  // One more than requested, to see whether there is more.
  const question = { ...asked, limit: asked.limit + 1 };
  const account = await database.kysely
    .selectFrom('account')
    .select(['revision', 'numbered'])
    .where('account_id', '=', question.accountId)
    .executeTakeFirst();
  if (!account) return null;
  const after = question.after ?? { revision: 0, record: null };
  if (after.revision > account.revision) throw new PositionAhead();

  // Records without a number come first, in the order of their keys: one that gets a number meanwhile is met among the numbered
  // ones.
  const unnumbered = question.after === null || (after.revision === 0 && after.record !== null);
  const first = unnumbered && !account.numbered ? await unnumberedRecords(database, question, after) : [];
  const limit = question.limit - first.length;
  const from = first.length > 0 || unnumbered ? { revision: 0, record: null } : after;
  const rest =
    limit > 0 ? await numberedRecords(database, question, { after: from, upTo: account.revision, limit }) : [];
  const found = [...first, ...rest];
  const more = found.length > asked.limit;
  const changes = found.slice(0, asked.limit);
  const last = changes.at(-1);
  return { changes, next: more && last ? placeOf(last) : { revision: account.revision, record: null }, more };
}

async function unnumberedRecords(
  database: Database,
  { accountId, streams, limit }: ChangeQuestion,
  after: ChangePosition,
): Promise<readonly StoredChange[]> {
  const found: StoredChange[] = [];
  const reachedAt = streams.findIndex((stream) => stream.name === after.record?.stream);
  for (const stream of streams.slice(Math.max(0, reachedAt))) {
    const key = stream.name === after.record?.stream ? after.record.key : null;
    const text = unnumberedStatement(stream.table, key !== null);
    const { rows } = await database.pool.query<ChangedRow>({
      text,
      values: [accountId, limit - found.length, ...(key ?? [])],
    });
    found.push(...rows.map((row) => changeOf(stream, row)));
    if (found.length >= limit) break;
  }
  return found;
}

interface NumberedRange {
  readonly after: ChangePosition;
  readonly upTo: number;
  readonly limit: number;
}

/** The changes of each stream, merged by revision; within one revision in the order of the streams. */
async function numberedRecords(
  database: Database,
  { accountId, streams }: ChangeQuestion,
  { after, upTo, limit }: NumberedRange,
): Promise<readonly StoredChange[]> {
  if (after.revision >= upTo && after.record === null) return [];
  const reachedAt = streams.findIndex((stream) => stream.name === after.record?.stream);
  const lists = await Promise.all(
    streams.map(async (stream, place) => {
      const key = place === reachedAt ? (after.record?.key ?? null) : null;
      // Streams after the one reached still have their rows of that revision to return.
      const fromRevision = after.record !== null && place > reachedAt ? after.revision : after.revision + 1;
      const { rows } = await database.pool.query<ChangedRow>({
        text: numberedStatement(stream.table, key !== null),
        values: [accountId, key === null ? fromRevision : after.revision, upTo, limit, ...(key ?? [])],
      });
      return rows.map((row) => changeOf(stream, row));
    }),
  );
  // Sorting is stable, so each list keeps its order within a revision.
  return lists
    .flat()
    .sort((a, b) => a.revision - b.revision)
    .slice(0, limit);
}

interface ChangedRow {
  readonly revision: number;
  readonly version: number;
  readonly [column: string]: string | number | Date | null;
}

function changeOf(stream: Stream, { revision, version, ...record }: ChangedRow): StoredChange {
  const key = keyColumns(stream.table).map(({ name, type }) => {
    const value = record[name];
    if (value instanceof Date) return value.toISOString();
    // Another version of the record may write its amount differently.
    return type === 'numeric' ? comparableAmount(String(value)) : String(value);
  });
  return { stream, key, revision, version, record };
}

function placeOf({ stream, key, revision }: StoredChange): ChangePosition {
  return { revision, record: { stream: stream.name, key } };
}

/** Parameters: account, limit, the key if there is one. */
function unnumberedStatement(table: RecordTable, hasKey: boolean): string {
  const key = keyColumns(table);
  return `select ${chosenColumns(table)}
from ${identifier(table.name)} as held
where held.account_id = $1::text and held.revision = 0${hasKey ? ` and ${isBeyond(key, 3)}` : ''}
order by ${heldNames(key)}
limit $2`;
}

/**
 * Parameters: account, first revision, last revision, limit, the key if there is one. Unnamed, so that it is planned for these
 * bounds and this limit: the index finds the revision, and only rows of one revision are sorted.
 */
function numberedStatement(table: RecordTable, hasKey: boolean): string {
  const key = keyColumns(table);
  return `select ${chosenColumns(table)}
from ${identifier(table.name)} as held
where held.account_id = $1::text and held.revision > 0 and held.revision between $2::bigint and $3::bigint${
    hasKey ? `\n  and (held.revision > $2::bigint or ${isBeyond(key, 5)})` : ''
  }
order by held.revision, ${heldNames(key)}
limit $4`;
}

function chosenColumns(table: RecordTable): string {
  return [...readableColumns(table), 'revision', 'version'].map((name) => `held.${identifier(name)}`).join(', ');
}

/** How many texts a key of this table has. */
export function keyLength(table: RecordTable): number {
  return keyColumns(table).length;
}
