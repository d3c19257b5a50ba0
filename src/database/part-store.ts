import type pg from 'pg';
import type { Gap, GapReason } from '../history/gap.ts';
import { type GapNews, gapNewsOf, newsworthyReasons } from '../history/gaps.ts';
import type { PartState } from '../history/part-state.ts';
import { FenceLost, type PartReference } from '../history/ports.ts';
import { noteEvent } from './events.ts';
import { instantText, optionalInstantText, rangeText } from './instants.ts';
import { partColumns, partStateOf, partValues } from './part-row.ts';
import type { CoverageRow } from './schema.ts';
import { namedStatement } from './statement.ts';
import { type Tail, tailOf } from './tail.ts';

export interface StoreOptions {
  /** The gaps of a part, computed from its state and stored whenever that changes. */
  readonly gapsOf: (state: PartState, part: PartReference) => readonly Gap[];
}

export interface LockedPart {
  readonly state: PartState;
  readonly tail: Tail | null;
}

/** The part, locked until the transaction ends. Throws FenceLost if another attempt has taken it over. */
export async function lockedPart(client: pg.PoolClient, part: PartReference, fence: number): Promise<LockedPart> {
  const { rows } = await client.query<CoverageRow>(lockPart.bind(scopeOf(part)));
  const row = rows[0];
  if (!row || row.fence !== fence) throw new FenceLost(part);
  return { state: partStateOf(row), tail: tailOf(row) };
}

/** The lock makes pages of one part wait for each other. */
export const lockPart = namedStatement<PartScope>(
  'lock-part',
  'select * from coverage where account_id = :account_id and stream = :stream and part = :part for update',
);

interface StateChange {
  readonly part: PartReference;
  readonly fence: number;
  readonly state: PartState;
  /** The clock of a page that brought no news. */
  readonly confirmedAtMs?: number | null;
  /** Null: as before. */
  readonly tail?: Tail | null;
}

/** Writes a part's state and its gaps, for the holder of its fence; returns which gaps are news. */
export async function writeState(
  client: pg.PoolClient,
  options: StoreOptions,
  change: StateChange,
): Promise<readonly GapNews[]> {
  const { part, fence, state, confirmedAtMs = null, tail = null } = change;
  const gaps = options.gapsOf(state, part);
  const { rows } = await client.query<WrittenPart>(
    writePart.bind({
      ...scopeOf(part),
      ...partValues(state),
      fence,
      confirmed_at: optionalInstantText(confirmedAtMs),
      tail_page_id: tail?.pageId ?? null,
      tail: tail && rangeText(tail.range),
      gaps_from: gaps.map((gap) => instantText(gap.from)),
      gaps_to: gaps.map((gap) => instantText(gap.to)),
      gap_reasons: gaps.map((gap) => gap.reason),
      newsworthy: newsworthyReasons,
    }),
  );
  const written = rows[0];
  if (written?.parts !== 1) throw new FenceLost(part);
  if (!written.news) return [];
  const known = written.known.map(([from, to, reason]) => ({ from: Date.parse(from), to: Date.parse(to), reason }));
  return gapNewsOf(known, gaps);
}

interface WrittenPart {
  readonly parts: number;
  /** Whether a newsworthy gap came, went or moved. */
  readonly news: boolean;
  /** The newsworthy gaps before. */
  readonly known: readonly [from: string, to: string, reason: GapReason][];
}

type WrittenValues = PartScope &
  ReturnType<typeof partValues> & {
    readonly fence: number;
    /** The clock of a page that only confirmed what is stored. */
    readonly confirmed_at: string | null;
    /** The part's tail page, and what only that page proves; null: unchanged. */
    readonly tail_page_id: string | null;
    readonly tail: string | null;
    readonly gaps_from: readonly string[];
    readonly gaps_to: readonly string[];
    readonly gap_reasons: readonly string[];
    readonly newsworthy: readonly string[];
  };

/** Writes a part's state and changed gaps. Returns the former newsworthy gaps if one of them came, went or moved. */
const writePart = namedStatement<WrittenValues>(
  'write-part',
  `with written as (
  update coverage
  set ${Object.entries(partColumns)
    .map(([name, type]) => `${name} = :${name}::${type}`)
    .join(',\n      ')},
      last_verified_at = coalesce(:confirmed_at::timestamptz, last_verified_at),
      verified_count = verified_count + case when :confirmed_at::timestamptz is null then 0 else 1 end,
      tail_page_id = coalesce(:tail_page_id::uuid, tail_page_id),
      tail = coalesce(:tail::tstzrange, tail)
  where account_id = :account_id and stream = :stream and part = :part and fence = :fence
  returning 1
), wanted as (
  select distinct from_at, to_at, reason
  from unnest(:gaps_from::timestamptz[], :gaps_to::timestamptz[], :gap_reasons::text[])
    as each_gap (from_at, to_at, reason)
), gone as (
  delete from gap
  where account_id = :account_id and stream = :stream and part = :part
    and (from_at, to_at, reason) not in (select from_at, to_at, reason from wanted)
  returning reason
), added as (
  insert into gap (account_id, stream, part, from_at, to_at, reason)
  select :account_id, :stream, :part, from_at, to_at, reason from wanted
  where (from_at, to_at, reason) not in (
    select from_at, to_at, reason from gap where account_id = :account_id and stream = :stream and part = :part
  )
  returning reason
), news as (
  select exists (
    select from (select reason from gone union all select reason from added) as moved
    where reason = any(:newsworthy::text[])
  ) as found
)
select (select count(*) from written) as parts, (select news.found from news) as news,
       -- as they were before this statement
       (select coalesce(jsonb_agg(jsonb_build_array(from_at, to_at, reason)), '[]') from gap
        where (select news.found from news) and account_id = :account_id and stream = :stream and part = :part
          and reason = any(:newsworthy::text[])) as known`,
);

/** Writes a part's state outside of a page, with the events for gaps that came and went. */
export async function replaceState(client: pg.PoolClient, options: StoreOptions, change: StateChange): Promise<void> {
  await noteGapNews(client, change.part, await writeState(client, options, change));
}

/** Notes events for gaps that came and went. */
export async function noteGapNews(client: pg.PoolClient, part: PartReference, news: readonly GapNews[]): Promise<void> {
  for (const { kind, reason, from, to } of news) {
    // Expected of most keys.
    if (reason === 'refused' && part.stream.right !== undefined) continue;
    await noteEvent(client, part.accountId, kind, {
      stream: part.stream.name,
      part: part.part,
      reason,
      from: instantText(from),
      to: instantText(to),
    });
  }
}

export interface PartScope {
  readonly account_id: string;
  readonly stream: string;
  readonly part: string;
}

export function scopeOf(part: PartReference): PartScope {
  return { account_id: part.accountId, stream: part.stream.name, part: part.part };
}

export function recordScopeOf(part: PartReference): string[] {
  return part.stream.table.hasPart ? [part.accountId, part.part] : [part.accountId];
}
