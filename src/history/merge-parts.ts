import { hasFailed } from './failed-window.ts';
import { holdsMore } from './gap.ts';
import { alignDown, alignUp } from './horizon.ts';
import { rereadWindowMs, sweptThroughMs, unfadedLateMs } from './late-rows.ts';
import { greatest, least } from './numbers.ts';
import { type Mark, marked, newPartState, type PartState } from './part-state.ts';
import { difference, intersection, type RangeSet, union } from './range-set.ts';
import type { ReadSettings } from './settings.ts';
import type { Stream } from './stream.ts';

/**
 * Merges two states of the same part: the union of what either can vouch for, without time that is no longer vouched for: it
 * was requested at too young an age, and the later of the two will not request it again, or an answer to one of the two showed
 * records that could not be stored.
 */
export function mergeParts(one: PartState, other: PartState, stream: Stream, settings: ReadSettings): PartState {
  const [later, earlier] = (other.lastReadEndMs ?? 0) > (one.lastReadEndMs ?? 0) ? [other, one] : [one, other];
  // The read that begins next lets it decay from the last answer on.
  const longestLateMs = greatest([unfadedLateMs(one), unfadedLateMs(other)]);
  const windowMs = rereadWindowMs({ ...later, longestLateMs }, stream, settings);
  // A late record may have shown that even that was too early.
  const settledTo = ({ lastReadEndMs, readEndMs, settledThroughMs }: PartState) =>
    Math.min(
      (lastReadEndMs ?? readEndMs ?? Number.NEGATIVE_INFINITY) - windowMs,
      settledThroughMs ?? Number.POSITIVE_INFINITY,
    );
  const { unitMs } = stream;
  const tooYoung = { from: alignDown(settledTo(earlier), unitMs), to: alignUp(settledTo(later), unitMs) };
  const young = intersection(earlier.covered, [tooYoung]);
  const unsettled = later.lastReadEndMs === null ? [] : difference(young, later.covered);
  const marks = [...one.marks, ...other.marks];
  const doubtful = union(unsettled, marked(marks, holdsMore));
  const covered = difference(union(one.covered, other.covered), doubtful);
  const claimedFromMs = least([one.claimedFromMs, other.claimedFromMs]);
  // Longer if the other account knows of longer delays.
  const isLonger = windowMs > rereadWindowMs(later, stream, settings);
  const settledThroughMs = isLonger
    ? Math.max(claimedFromMs ?? 0, Math.min(settledTo(later), sweptThroughMs(later, windowMs)))
    : settledTo(later);
  // Work in progress starts over: a read requests everything that is not covered, and the remaining key walks back once more.
  return {
    ...newPartState,
    claimedFromMs,
    covered,
    lastReadEndMs: later.lastReadEndMs,
    lastReadAtMs: greatest([one.lastReadAtMs, other.lastReadAtMs]),
    settledThroughMs: later.lastReadEndMs === null ? null : settledThroughMs,
    // Recounted when the rows are moved, because the same record may have been in both.
    rowCount: one.rowCount + other.rowCount,
    oldestRowMs: least([one.oldestRowMs, other.oldestRowMs]),
    newestRowMs: greatest([one.newestRowMs, other.newestRowMs]),
    provedReachMs: greatest([one.provedReachMs, other.provedReachMs]),
    marks: marksBeside(covered, marks),
    confirmed: intersection(union(one.confirmed, other.confirmed), covered),
    readThrough: one.readThrough || other.readThrough,
    longestLateMs,
    // A sweep in progress is not done: the next one is due in its turn.
    sweptMs: later.readEndMs === null ? later.sweptMs : null,
  };
}

/** Marks of time that neither vouches for; the same reason twice over the same time is one mark. */
function marksBeside(covered: RangeSet, found: readonly Mark[]): readonly Mark[] {
  const marks = found.filter((mark) => !hasFailed(mark) && !mark.division && mark.reason !== 'expired-before-link');
  const reasons = new Set(marks.map((mark) => mark.reason));
  return [...reasons].flatMap((reason) =>
    difference(
      marked(marks, (mark) => mark.reason === reason),
      covered,
    ).map(({ from, to }) => ({ from, to, reason })),
  );
}
