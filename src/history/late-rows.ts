import type { PartState } from './part-state.ts';
import { contains } from './range-set.ts';
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
 * The longest delay with a page's new rows. A row is late when its instant was covered before; its delay is at most its age,
 * because when exactly it was listed nobody knows.
 */
export function longestLateMs(state: PartState, inserted: readonly MappedRow[], clockMs: number): number | null {
  return inserted.reduce<number | null>((longest, row) => {
    if (!contains(state.covered, row.at)) return longest;
    return Math.max(longest ?? 0, clockMs - row.at);
  }, state.longestLateMs);
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
