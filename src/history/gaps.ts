import { horizonMs } from './horizon.ts';
import { type Gap, type GapReason, isRefusal, isUnderWay, type PartState } from './part-state.ts';
import { difference, intersection, type RangeSet, rangeSet, union } from './range-set.ts';
import type { Stream } from './stream.ts';

/**
 * Every range of a part that we can't vouch for, each with its reason, oldest first: from the stream's origin to the end of
 * the newest read, and on to what has left the reach since. Computed from coverage and from what was requested, never
 * remembered; only reasons that those can't tell are marks.
 */
export function gapsOf(state: PartState, stream: Stream, nowMs: number, reading: Reading = {}): readonly Gap[] {
  if (state.claimedFromMs === null) return [];
  const gaps: Gap[] = [];
  const add = (ranges: RangeSet, reason: GapReason) => {
    for (const range of ranges) gaps.push({ from: range.from, to: range.to, reason });
  };
  const horizon = horizonMs(stream, nowMs);
  const expiredTo = reading.isOver ? Number.NEGATIVE_INFINITY : Math.min(horizon, reading.endMs ?? horizon);
  const gapsTo = Math.max(vouchedTo(state), expiredTo);
  let open = difference([{ from: stream.originMs, to: gapsTo }], state.covered);
  const reported = state.marks.filter((mark) => !isUnderWay(mark));
  // A refusal spoke of everything at once; what is known of a single stretch says more.
  const before = [{ from: stream.originMs, to: state.claimedFromMs }];
  for (const mark of reported.toSorted((a, b) => Number(isRefusal(a)) - Number(isRefusal(b)))) {
    const marked = intersection(open, [mark]);
    const isEdge = mark.reason === 'expired-before-link';
    add(isEdge ? intersection(marked, before) : marked, mark.reason);
    // An edge that has passed the link took what was served until then.
    add(isEdge ? difference(marked, before) : [], 'expired-unread');
    open = difference(open, [mark]);
  }
  const past = intersection(open, before);
  add(intersection(past, state.requested), stream.reachIsDocumented ? 'expired-before-link' : 'reach-unknown');
  const unread = difference(past, state.requested);
  add(intersection(unread, state.suspect), 'unexpected-answer');
  add(difference(unread, state.suspect), 'not-yet-read');
  const since = difference(open, before);
  add(intersection(since, [{ from: Number.NEGATIVE_INFINITY, to: horizon }]), 'expired-unread');
  const readable = intersection(since, [{ from: horizon, to: Number.POSITIVE_INFINITY }]);
  // Answered, and left unproved when the read ended: nothing shows that the answers speak of this time.
  const readTo = state.lastReadEndMs ?? Number.NEGATIVE_INFINITY;
  const unproved = intersection(intersection(readable, state.requested), [
    { from: Number.NEGATIVE_INFINITY, to: readTo },
  ]);
  add(unproved, 'unexpected-answer');
  add(difference(readable, unproved), 'not-yet-read');
  return gaps.sort((a, b) => a.from - b.from);
}

export interface Reading {
  /** The account is unlinked or closed: what comes after its last read is not a loss of ours. */
  readonly isOver?: boolean;
  /** Nothing of the stream is dated later. */
  readonly endMs?: number | null;
}

/** Gaps of several parts as those of one stream: per reason the union. */
export function mergeGaps(lists: readonly (readonly Gap[])[]): readonly Gap[] {
  const byReason = new Map<GapReason, RangeSet>();
  for (const gap of lists.flat()) {
    byReason.set(gap.reason, union(byReason.get(gap.reason) ?? [], rangeSet([gap])));
  }
  return [...byReason]
    .flatMap(([reason, ranges]) => ranges.map((range) => ({ ...range, reason })))
    .sort((a, b) => a.from - b.from || a.to - b.to);
}

function vouchedTo(state: PartState): number {
  return Math.max(
    state.readEndMs ?? Number.NEGATIVE_INFINITY,
    state.lastReadEndMs ?? Number.NEGATIVE_INFINITY,
    state.covered.at(-1)?.to ?? Number.NEGATIVE_INFINITY,
    ...state.marks.map((mark) => mark.to),
  );
}
