import { alignDown, alignUp, horizonMs } from './horizon.ts';
import type { PartState } from './part-state.ts';
import { contains, union } from './range-set.ts';
import type { ReadSettings } from './settings.ts';
import type { MappedRow, Stream } from './stream.ts';

/**
 * Rows that appear late: listed by the exchange only after their instant was proved. How late they came at the most decides
 * how much of what was read is read again, and through when a part counts as settled.
 */

/** How much of what was read is read again: twice the longest delay seen, at least what the operator set, at most the reach. */
export function rereadWindowMs(state: PartState, stream: Stream, settings: ReadSettings): number {
  const longestMs = Math.max(settings.rereadWindowMs, 2 * (state.longestLateMs ?? 0));
  return Math.min(longestMs, Math.max(settings.rereadWindowMs, stream.reachMs - windowMarginMs));
}

/** A window as long as the reach would never meet the same instant twice. */
const windowMarginMs = 2 * 86_400_000;

/**
 * How late the latest of a page's new rows is; null where none is. A row is late when its instant was covered before; its
 * delay is at most its age, because the exact time of its listing is unknown.
 */
export function latestMs({ covered }: PartState, inserted: readonly MappedRow[], clockMs: number): number | null {
  const late = inserted.filter((row) => contains(covered, row.at)).map((row) => clockMs - row.at);
  return late.length === 0 ? null : Math.max(...late);
}

/**
 * The state with a page's new rows. Where one is later than any before, what was called settled was asked too early:
 * it is settled no more, and the read under way asks for it again.
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
  // Only a look at the whole reach has asked for everything at a greater age than the re-read window had so far.
  const sweptThroughMs = sweptMs === null || sweptMs === readEndMs ? 0 : sweptMs - windowMs;
  const fromMs = Math.max(
    Math.min(settledThroughMs, alignDown(sweptThroughMs, stream.unitMs)),
    horizonMs(stream, clockMs),
    state.claimedFromMs ?? 0,
  );
  // From there on this read asks anyway, and one that looks at the whole reach asks for everything.
  const isAsked = readEndMs === null || sweptMs === readEndMs || fromMs >= settledThroughMs;
  const again = isAsked ? [] : [{ from: fromMs, to: alignUp(settledThroughMs, stream.unitMs) }];
  return { ...grown, settledThroughMs: Math.min(settledThroughMs, fromMs), pending: union(pending, again) };
}

/** What is left of a delay when the next read begins: it is forgotten by a few percent a day, unless it is seen again. */
export function fadedLateMs(state: PartState, clockMs: number, settings: ReadSettings): number | null {
  const { longestLateMs: lateMs, lastReadAtMs } = state;
  if (lateMs === null || lastReadAtMs === null) return lateMs;
  // A read that was refused has begun as well, and faded it until then.
  const refused = state.marks.filter(({ reason }) => reason === 'refused' || reason === 'not-opened');
  const sinceMs = Math.max(lastReadAtMs, ...refused.map(({ to }) => to));
  const days = Math.max(0, clockMs - sinceMs) / 86_400_000;
  const faded = Math.round(lateMs * keptPerDay ** days);
  return 2 * faded <= settings.rereadWindowMs ? null : faded;
}

const keptPerDay = 0.97;
