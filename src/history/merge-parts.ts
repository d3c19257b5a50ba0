import { rereadWindowMs } from './late-rows.ts';
import { type Gap, newPartState, type PartState } from './part-state.ts';
import { difference, intersection, type RangeSet, union } from './range-set.ts';
import type { ReadSettings } from './settings.ts';
import type { Stream } from './stream.ts';

/**
 * One part's state out of the two that were kept of it under two names: the union of what either can vouch for. What was
 * asked at too young an age, and lies where the later of the two will not look again, is not vouched for any more.
 */
export function mergeParts(one: PartState, other: PartState, stream: Stream, settings: ReadSettings): PartState {
  const [later, earlier] = (other.lastReadEndMs ?? 0) > (one.lastReadEndMs ?? 0) ? [other, one] : [one, other];
  const longestLateMs = greatest([one.longestLateMs, other.longestLateMs]);
  const windowMs = rereadWindowMs({ ...later, longestLateMs }, stream, settings);
  const settledTo = ({ lastReadEndMs, readEndMs }: PartState) =>
    (lastReadEndMs ?? readEndMs ?? Number.NEGATIVE_INFINITY) - windowMs;
  const young = intersection(earlier.covered, [{ from: settledTo(earlier), to: settledTo(later) }]);
  const unsettled = later.lastReadEndMs === null ? [] : difference(young, later.covered);
  const covered = difference(union(one.covered, other.covered), unsettled);
  const merged: PartState = {
    ...newPartState,
    claimedFromMs: least([one.claimedFromMs, other.claimedFromMs]),
    covered,
    answered: difference(union(one.answered, other.answered), unsettled),
    lastReadEndMs: later.lastReadEndMs,
    lastReadAtMs: greatest([one.lastReadAtMs, other.lastReadAtMs]),
    settledThroughMs: later.lastReadEndMs === null ? null : settledTo(later),
    // Counted again by whoever moves the rows: the same record may have been in both.
    rowCount: one.rowCount + other.rowCount,
    oldestRowMs: least([one.oldestRowMs, other.oldestRowMs]),
    newestRowMs: greatest([one.newestRowMs, other.newestRowMs]),
    provedReachMs: greatest([one.provedReachMs, other.provedReachMs]),
    marks: marksBeside(covered, [...one.marks, ...other.marks]),
    boundsHonoured: one.boundsHonoured || other.boundsHonoured,
    readThrough: one.readThrough || other.readThrough,
    longestLateMs,
    // A look at the whole reach that was under way is not done: the next one is due in its turn.
    sweptMs: later.readEndMs === null ? later.sweptMs : null,
  };
  return later.lastReadEndMs === null ? goOnReading(merged, one, other) : merged;
}

/**
 * Neither was read through: the first read goes on to the later of the two ends, with what neither has asked yet. (A read
 * after the first is simply begun anew: it asks for whatever is not covered.)
 */
function goOnReading(merged: PartState, one: PartState, other: PartState): PartState {
  const readEndMs = greatest([one.readEndMs, other.readEndMs]);
  if (readEndMs === null || merged.claimedFromMs === null) return merged;
  const reads = [one, other].filter((state) => state.readEndMs !== null);
  const before: RangeSet = [{ from: Number.NEGATIVE_INFINITY, to: merged.claimedFromMs }];
  const beyond = reads.map((state) => intersection(state.pending, before)).reduce(intersection);
  const claimable = difference([{ from: merged.claimedFromMs, to: readEndMs }], merged.covered);
  const pending = difference(union(beyond, claimable), withoutRefusals(merged.marks));
  const suspect = intersection(union(one.suspect, other.suspect), pending);
  return { ...merged, readEndMs, pending, suspect };
}

/** Where a mark says why nothing is claimed, nothing is asked; only a refusal is worth asking again. */
function withoutRefusals(marks: readonly Gap[]): RangeSet {
  return marks
    .filter((mark) => mark.reason !== 'refused' && mark.reason !== 'not-opened')
    .reduce<RangeSet>((set, mark) => union(set, [mark]), []);
}

/** Marks of what neither vouches for; the same reason twice over the same time is one mark. */
function marksBeside(covered: RangeSet, marks: readonly Gap[]): readonly Gap[] {
  const reasons = new Set(marks.map((mark) => mark.reason));
  return [...reasons].flatMap((reason) => {
    const ranges = marks
      .filter((mark) => mark.reason === reason)
      .reduce<RangeSet>((set, mark) => union(set, [mark]), []);
    return difference(ranges, covered).map(({ from, to }) => ({ from, to, reason }));
  });
}

function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

function greatest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.max(...known) : null;
}
