import { type Gap, type GapReason, isRefusal } from './gap.ts';
import { horizonMs, timeBefore, timeFrom } from './horizon.ts';
import { isUnderWay, type PartState } from './part-state.ts';
import { difference, hull, intersection, type Range, type RangeSet, rangeSet, touches, union } from './range-set.ts';
import type { Stream } from './stream.ts';

/**
 * Every range of a part that we can't vouch for, each with its reason, oldest first: from the stream's origin to the end of the
 * newest read, and on to what has left the reach since. Computed from coverage and from what was requested, never stored; only
 * reasons that can't be computed are marks.
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
  // A refusal concerns everything at once; what is known of a single range is more specific.
  const before = [{ from: stream.originMs, to: state.claimedFromMs }];
  const inside = timeBefore(state.covered.at(-1)?.to ?? stream.originMs);
  for (const mark of reported.toSorted((a, b) => Number(isRefusal(a)) - Number(isRefusal(b)))) {
    const marked = intersection(open, [mark]);
    const isEdge = mark.reason === 'expired-before-link';
    // A refusal of a stream that was read after its end concerns time that can hold no record, unless later time is covered.
    const isSpent = isRefusal(mark) && isReadAfter(state, reading.endMs) && mark.from === state.lastReadEndMs;
    add(isEdge ? intersection(marked, before) : isSpent ? intersection(marked, inside) : marked, mark.reason);
    // An edge that has moved past the time of linking took records that were still served then.
    add(isEdge ? difference(marked, before) : [], 'expired-unread');
    open = difference(open, [mark]);
  }
  const past = intersection(open, before);
  add(intersection(past, state.requested), stream.reachIsDocumented ? 'expired-before-link' : 'reach-unknown');
  const unread = difference(past, state.requested);
  add(intersection(unread, state.suspect), 'unexpected-answer');
  add(difference(unread, state.suspect), 'not-yet-read');
  const since = difference(open, before);
  add(intersection(since, timeBefore(horizon)), 'expired-unread');
  const readable = intersection(since, timeFrom(horizon));
  // Answered, but left unproved when the read ended: nothing shows that the answers are about this time.
  const readTo = state.lastReadEndMs ?? Number.NEGATIVE_INFINITY;
  const unproved = intersection(intersection(readable, state.requested), timeBefore(readTo));
  add(unproved, 'unexpected-answer');
  add(difference(readable, unproved), 'not-yet-read');
  return gaps.sort((a, b) => a.from - b.from);
}

function isReadAfter({ lastReadEndMs }: PartState, endMs: number | null | undefined): boolean {
  return lastReadEndMs !== null && endMs != null && lastReadEndMs >= endMs;
}

interface Reading {
  /** The account is unlinked or closed: time after its last read is not our loss. */
  readonly isOver?: boolean;
  /** Nothing of the stream is dated later. */
  readonly endMs?: number | null;
}

/** Joins touching or overlapping gaps of one reason, such as those of several parts of a stream. */
export function mergeGaps<Reason extends string>(lists: readonly (readonly (Range & { readonly reason: Reason })[])[]) {
  const byReason = new Map<Reason, RangeSet>();
  for (const { reason, from, to } of lists.flat()) {
    byReason.set(reason, union(byReason.get(reason) ?? [], rangeSet([{ from, to }])));
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

/** A gap to report: a new one is lost or needs action; a closed one is complete again. */
export interface GapNews extends Range {
  readonly kind: 'gap-opened' | 'gap-closed';
  readonly reason: GapReason;
}

/** Reasons that a person can act on. Time that is merely not read yet, or was out of reach from the beginning, is not news. */
export const newsworthyReasons: readonly GapReason[] = [
  'expired-unread',
  'too-dense',
  'refused',
  'quarantined',
  'unexpected-answer',
  'unanswered',
];

/**
 * What changed between the gaps of one part. A gap that grows or shrinks is the same gap: a refused stream is reported once,
 * not at every sync. For each reason the first gap is reported and the end of the last; `expired-unread` is reported each time,
 * because each time something is lost for good.
 */
export function gapNewsOf(before: readonly Gap[], after: readonly Gap[]): readonly GapNews[] {
  return newsworthyReasons.flatMap((reason): readonly GapNews[] => {
    const known = rangesOf(before, reason);
    const now = rangesOf(after, reason);
    if (now.length === 0) return known.length === 0 ? [] : [{ kind: 'gap-closed', reason, ...(hull(known) as Range) }];
    const opened = hull(now.filter((range) => !known.some((other) => touches(range, other))));
    const isTold = known.length === 0 || reason === 'expired-unread';
    return opened !== null && isTold ? [{ kind: 'gap-opened', reason, ...opened }] : [];
  });
}

function rangesOf(gaps: readonly Gap[], reason: GapReason): RangeSet {
  return rangeSet(gaps.filter((gap) => gap.reason === reason));
}
