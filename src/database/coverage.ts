import { sql } from 'kysely';
import type { Gap, PartState } from '../history/part-state.ts';
import { difference, type Range, type RangeSet } from '../history/range-set.ts';
import { byAccount } from './by-account.ts';
import type { Database } from './database.ts';
import { rangeSetOf, rangeText } from './instants.ts';
import { partStateOf } from './part-row.ts';
import type { CoverageRow } from './schema.ts';

export interface StoredPart {
  readonly stream: string;
  readonly part: string;
  readonly state: PartState;
}

/** What is known of every part of an account that was ever opened. */
export async function loadParts(database: Database, accountId: string): Promise<readonly StoredPart[]> {
  return (await parts(database).where('account_id', '=', accountId).execute()).map(storedPartOf);
}

/** The same of many accounts at once, by account. An account that was never read is not in it. */
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

/** One stored page that vouches for a stretch of time. */
export interface PageBehind {
  readonly pageId: string;
  readonly part: string;
  readonly claim: RangeSet;
  /** What it answers whether or not the reach allowed a claim then: coverage since an older record proved the reach. */
  readonly answered: RangeSet;
  readonly askedFromMs: number;
  readonly askedToMs: number;
  readonly served: number;
  /** SHA-256 of the answer's bytes, hexadecimal. */
  readonly sha256: string;
  /** The exchange's clock when it answered. */
  readonly answeredAtMs: number;
  readonly storedAt: Date;
  /** The page that this answer was before a later mapping read it again. */
  readonly replayOf: string | null;
}

/** The pages whose claims lie in a range, oldest window first: the evidence for coverage. */
export async function pagesBehind(
  database: Database,
  accountId: string,
  stream: string,
  range: Range,
): Promise<readonly PageBehind[]> {
  const rows = await database.kysely
    .selectFrom('page')
    .select(['page_id as pageId', 'part', 'claim', 'answered', 'asked_from', 'asked_to', 'served', 'hash'])
    .select(['exchange_clock', 'committed_at as storedAt', 'replay_of as replayOf'])
    .where('account_id', '=', accountId)
    .where('stream', '=', stream)
    .where(sql<boolean>`(claim + coalesce(answered, '{}')) && ${rangeText(range)}::tstzrange`)
    .orderBy('asked_from')
    .orderBy('page_id')
    .execute();
  return rows.map(({ asked_from: from, asked_to: to, exchange_clock: answeredAt, hash, ...page }) => ({
    ...page,
    claim: rangeSetOf(page.claim),
    answered: difference(rangeSetOf(page.answered ?? '{}'), rangeSetOf(page.claim)),
    askedFromMs: from.getTime(),
    askedToMs: to.getTime(),
    sha256: hash.toString('hex'),
    answeredAtMs: answeredAt.getTime(),
  }));
}
