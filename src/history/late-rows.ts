import { isRefusal } from './gap.ts';
import { alignDown, alignUp, horizonMs } from './horizon.ts';
import type { PartState } from './part-state.ts';
import { contains, union } from './range-set.ts';
import type { ReadSettings } from './settings.ts';
import type { MappedRow, Stream } from './stream.ts';

/**
 * Rows that appear late: listed by the exchange only after their instant was proved. The longest delay decides how much is read
 * again, and through when a part counts as settled.
 */

/** How much is read again: twice the longest delay seen, at least what the operator set, at most the reach. */
export function rereadWindowMs(state: PartState, stream: Stream, settings: ReadSettings): number {
  const longestMs = Math.max(settings.rereadWindowMs, 2 * (state.longestLateMs ?? 0));
  return Math.min(longestMs, Math.max(settings.rereadWindowMs, stream.reachMs - windowMarginMs));
}

const dayMs = 86_400_000;

/** A window as long as the reach would never cover the same instant twice. */
const windowMarginMs = 2 * dayMs;

/**
 * The longest delay of a page's new rows; null if none is late. A row is late if its instant was covered before; its delay is
 * at most its age, because the exact time of its listing is unknown.
 */
export function latestMs({ covered }: PartState, inserted: readonly MappedRow[], clockMs: number): number | null {
  const late = inserted.filter((row) => contains(covered, row.at)).map((row) => clockMs - row.at);
  return late.length === 0 ? null : Math.max(...late);
}

/**
 * The state with a page's new rows. If one is later than any before, what was called settled was requested too early: it is no
 * longer settled, and the current read requests it again.
 */
export function withLateRows(
  state: PartState,
  inserted: readonly MappedRow[],
  clockMs: number,
  { stream, settings }: { readonly stream: Stream; readonly settings: ReadSettings },
): PartState {
  const lateMs = latestMs(state, inserted, clockMs);
  if (lateMs === null) return state;
  const grown = { ...state, longestLateMs: Math.max(state.longestLateMs ?? 0, lateMs) };
  const windowMs = rereadWindowMs(grown, stream, settings);
  if (state.settledThroughMs === null || windowMs <= rereadWindowMs(state, stream, settings)) return grown;
  const { settledThroughMs, readEndMs, sweptMs, pending } = state;
  const fromMs = Math.max(
    Math.min(settledThroughMs, alignDown(sweptThroughMs(state, windowMs), stream.unitMs)),
    horizonMs(stream, clockMs),
    state.claimedFromMs ?? 0,
  );
  // This read requests everything from there on anyway, and a sweep requests everything.
  const isAsked = readEndMs === null || sweptMs === readEndMs || fromMs >= settledThroughMs;
  const again = isAsked ? [] : [{ from: fromMs, to: alignUp(settledThroughMs, stream.unitMs) }];
  return { ...grown, settledThroughMs: Math.min(settledThroughMs, fromMs), pending: union(pending, again) };
}

/**
 * Through when a part is settled if its re-read window grows to `windowMs`: only a sweep has requested everything at a greater
 * age than the window so far, and one in progress has not yet.
 */
export function sweptThroughMs({ sweptMs, readEndMs }: PartState, windowMs: number): number {
  return sweptMs === null || sweptMs === readEndMs ? 0 : sweptMs - windowMs;
}

/** The remembered delay when the next read begins: it decays by a few percent a day, unless it is seen again. */
export function fadedLateMs(state: PartState, clockMs: number, settings: ReadSettings): number | null {
  const { longestLateMs: lateMs, lastReadAtMs, lastReadEndMs } = state;
  if (lateMs === null || lastReadAtMs === null) return lateMs;
  // A read that ended without an answer, or was refused, has also begun, and has let it decay until then.
  const refused = state.marks.filter(isRefusal);
  const sinceMs = Math.max(lastReadAtMs, lastReadEndMs ?? 0, ...refused.map(({ to }) => to));
  const faded = Math.round(lateMs * keptShare(sinceMs, clockMs));
  return 2 * faded <= settings.rereadWindowMs ? null : faded;
}

/** The remembered delay as of the last answer, also where a read that has begun since has let it decay. */
export function unfadedLateMs({ longestLateMs, lastReadAtMs, readEndMs }: PartState): number | null {
  if (longestLateMs === null || lastReadAtMs === null || readEndMs === null) return longestLateMs;
  return Math.round(longestLateMs / keptShare(lastReadAtMs, readEndMs));
}

function keptShare(fromMs: number, toMs: number): number {
  return keptPerDay ** (Math.max(0, toMs - fromMs) / dayMs);
}

const keptPerDay = 0.97;
