import { sql } from 'kysely';
import { difference, type Range, type RangeSet } from '../history/range-set.ts';
import type { Database } from './database.ts';
import { rangeSetOf, rangeText } from './instants.ts';
import type { StoredRow } from './record-reader.ts';
import { identifier } from './record-statements.ts';

/** A stored page without the answer's bytes. */
export interface KeptPage {
  readonly pageId: string;
  readonly stream: string;
  readonly part: string;
  readonly askedFrom: Date;
  readonly askedTo: Date;
  /** `column=value` if one unit was divided. */
  readonly split: string | null;
  readonly served: number;
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly quarantined: number;
  readonly verdict: string;
  readonly reason: string | null;
  readonly claim: RangeSet;
  /** What it answered beyond its claim: becomes coverage once an older record proves the reach. */
  readonly answered: RangeSet;
  /** SHA-256 of the answer's bytes, hexadecimal. */
  readonly sha256: string;
  readonly hasBytes: boolean;
  /** The exchange's clock when it answered. */
  readonly answeredAt: Date;
  readonly storedAt: Date;
  readonly trace: string | null;
  /** The page that this answer was stored as before a later mapping read it again. */
  readonly replayOf: string | null;
}

/** The next pages of an account, in the order of ids. */
export async function pagesAfter(
  database: Database,
  accountId: string,
  after: string | null,
  limit: number,
): Promise<readonly KeptPage[]> {
  const rows = await keptPages(database)
    .where('account_id', '=', accountId)
    .where('page_id', '>', after ?? beforeEveryId)
    .orderBy('page_id')
    .limit(limit)
    .execute();
  return rows.map(keptPageOf);
}

/** The pages whose claims lie in a range, oldest window first: the evidence for coverage. */
export async function pagesBehind(
  database: Database,
  accountId: string,
  stream: string,
  range: Range,
): Promise<readonly KeptPage[]> {
  const rows = await keptPages(database)
    .where('account_id', '=', accountId)
    .where('stream', '=', stream)
    .where(sql<boolean>`(claim + coalesce(answered, '{}')) && ${rangeText(range)}::tstzrange`)
    .orderBy('asked_from')
    .orderBy('page_id')
    .execute();
  return rows.map(keptPageOf);
}

function keptPages({ kysely }: Database) {
  return kysely
    .selectFrom('page')
    .select(['page_id as pageId', 'stream', 'part', 'asked_from as askedFrom', 'asked_to as askedTo', 'split'])
    .select(['served', 'inserted', 'changed', 'unchanged', 'quarantined', 'verdict', 'reason', 'claim', 'answered'])
    .select([sql<boolean>`bytes is not null`.as('hasBytes'), 'hash', 'exchange_clock as answeredAt', 'trace'])
    .select(['committed_at as storedAt', 'replay_of as replayOf']);
}

type PageRow = Awaited<ReturnType<ReturnType<typeof keptPages>['executeTakeFirstOrThrow']>>;

function keptPageOf({ hash, ...page }: PageRow): KeptPage {
  const claim = rangeSetOf(page.claim);
  const answered = difference(rangeSetOf(page.answered ?? '{}'), claim);
  return { ...page, claim, answered, sha256: hash.toString('hex') };
}

const beforeEveryId = '00000000-0000-0000-0000-000000000000';

/** The next answers whose bytes are kept, compressed by zstd, in the order of their pages' ids. */
export async function answersAfter(
  database: Database,
  accountId: string,
  after: string | null,
  limit: number,
): Promise<readonly { readonly pageId: string; readonly bytes: Buffer }[]> {
  const rows = await database.kysely
    .selectFrom('page')
    .select(['page_id', 'bytes'])
    .where('account_id', '=', accountId)
    .where('page_id', '>', after ?? beforeEveryId)
    .where('bytes', 'is not', null)
    .orderBy('page_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ pageId: row.page_id, bytes: row.bytes as Buffer }));
}

/** The other archived tables, each with the columns that identify its rows, and their types. */
const keys = {
  record_version: { stream: 'text', part: 'text', record_key: 'text', page_id: 'uuid' },
  quarantined_row: { quarantine_id: 'uuid' },
  balance_snapshot: { wallet: 'text', taken_at: 'timestamptz', currency: 'text' },
} as const;

export type ArchivedTable = keyof typeof keys;

/** The next rows of such a table, with all columns, and the position to continue from. */
export async function rowsAfter(
  database: Database,
  question: {
    readonly table: ArchivedTable;
    readonly accountId: string;
    readonly after: readonly string[] | null;
    readonly limit: number;
  },
): Promise<{ readonly rows: readonly StoredRow[]; readonly next: readonly string[] | null }> {
  const { table, accountId, after, limit } = question;
  const names = Object.keys(keys[table]).map(identifier);
  const places = Object.values(keys[table]).map((type, i) => `$${i + 3}::${type}`);
  const beyond = after === null ? '' : `and (${names.join(', ')}) > (${places.join(', ')})`;
  // The position is passed as texts, because a Date has no microseconds and would find its own row again.
  const place = names.map((name) => `${name}::text`);
  const { rows } = await database.pool.query<StoredRow & { readonly account_id: string; readonly place: string[] }>({
    text: `select *, array[${place.join(', ')}] as place from ${identifier(table)}
where account_id = $1 ${beyond} order by ${names.join(', ')} limit $2`,
    values: [accountId, limit, ...(after ?? [])],
  });
  const next = rows.length === limit ? (rows.at(-1)?.place ?? null) : null;
  return { rows: rows.map(({ account_id: _, place: __, ...row }) => row as StoredRow), next };
}

/** Since when every claim of a part has a stored page: null if it always had. By stream and part. */
export async function provedFrom(
  database: Database,
  accountId: string,
): Promise<readonly { readonly stream: string; readonly part: string; readonly from: Date | null }[]> {
  const { rows } = await sql<{ stream: string; part: string; from: Date | null }>`
    select stream, part, nullif(evidence_from, '-infinity') as from from coverage
    where account_id = ${accountId} order by stream, part`.execute(database.kysely);
  return rows;
}
