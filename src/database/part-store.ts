import type pg from 'pg';
import { type GapNews, gapNewsOf, newsworthyReasons } from '../history/gap-news.ts';
import type { Gap, GapReason, PartState } from '../history/part-state.ts';
import { FenceLost, type PartReference } from '../history/ports.ts';
import { noteEvent } from './events.ts';
import { instantText } from './instants.ts';
import { lockPart, writePart } from './page-statements.ts';
import { partStateOf, partValues } from './part-row.ts';
import type { CoverageRow } from './schema.ts';
import { type Tail, tailOf, tailValues } from './tail.ts';

export interface StoreOptions {
  /** Everything that a part can't vouch for, from its state: written beside it whenever it changes. */
  readonly gapsOf: (state: PartState, part: PartReference) => readonly Gap[];
}

export interface LockedPart {
  readonly state: PartState;
  readonly tail: Tail | null;
}

/** The part as it stands, locked until the transaction ends. Throws FenceLost when somebody else has taken it over. */
export async function lockedPart(client: pg.PoolClient, part: PartReference, fence: number): Promise<LockedPart> {
  const { rows } = await client.query<CoverageRow>({ ...lockPart, values: scopeOf(part) });
  const row = rows[0];
  if (!row || row.fence !== fence) throw new FenceLost(part);
  return { state: partStateOf(row), tail: tailOf(row) };
}

interface StateChange {
  readonly part: PartReference;
  readonly fence: number;
  readonly state: PartState;
  /** The clock of a page that brought no news. */
  readonly confirmedAtMs: number | null;
  /** Null: as before. */
  readonly tail: Tail | null;
}

/** Writes a part's state and its gaps, by whoever holds its fence; answers with what of the gaps is news. */
export async function writeState(
  client: pg.PoolClient,
  options: StoreOptions,
  change: StateChange,
): Promise<readonly GapNews[]> {
  const { part, fence, state, confirmedAtMs, tail } = change;
  const gaps = options.gapsOf(state, part);
  const { rows } = await client.query<WrittenPart>({
    ...writePart,
    values: [
      ...scopeOf(part),
      fence,
      ...partValues(state),
      confirmedAtMs === null ? null : instantText(confirmedAtMs),
      gaps.map((gap) => instantText(gap.from)),
      gaps.map((gap) => instantText(gap.to)),
      gaps.map((gap) => gap.reason),
      newsworthyReasons,
      ...tailValues(tail),
    ],
  });
  const written = rows[0];
  if (written?.parts !== 1) throw new FenceLost(part);
  if (!written.news) return [];
  const known = written.known.map(([from, to, reason]) => ({ from: Date.parse(from), to: Date.parse(to), reason }));
  return gapNewsOf(known, gaps);
}

interface WrittenPart {
  readonly parts: number;
  /** A gap of a reason that makes news came, went or moved. */
  readonly news: boolean;
  /** The gaps of those reasons before. */
  readonly known: readonly [from: string, to: string, reason: GapReason][];
}

/** Tells the account's owner of gaps that came and went. */
export async function noteGapNews(client: pg.PoolClient, part: PartReference, news: readonly GapNews[]): Promise<void> {
  for (const { kind, reason, from, to } of news) {
    await noteEvent(client, part.accountId, kind, {
      stream: part.stream.name,
      part: part.part,
      reason,
      from: instantText(from),
      to: instantText(to),
    });
  }
}

export function scopeOf(part: PartReference): string[] {
  return [part.accountId, part.stream.name, part.part];
}

export function recordScopeOf(part: PartReference): string[] {
  return part.stream.table.hasPart ? [part.accountId, part.part] : [part.accountId];
}
