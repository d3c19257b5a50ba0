import { horizonMs } from './horizon.ts';
import type { Gap, GapReason, PartState } from './part-state.ts';
import { difference, intersection, type RangeSet, rangeSet, union } from './range-set.ts';
import { historyStartMs } from './settings.ts';
import type { Stream } from './stream.ts';

/**
 * Every range of a part that we can't vouch for, each with its reason, oldest first: from the exchange's beginning to
 * the end of the newest read, and on to what has left the reach since. Computed from coverage, never remembered; only reasons that coverage can't tell are marks.
 */
export function gapsOf(state: PartState, stream: Stream, nowMs: number, reading: Reading = {}): readonly Gap[] {
  if (state.claimedFromMs === null) return [];
  const gaps: Gap[] = [];
  const add = (ranges: RangeSet, reason: GapReason) => {
    for (const range of ranges) gaps.push({ from: range.from, to: range.to, reason });
  };
  const before = difference([{ from: historyStartMs, to: state.claimedFromMs }], state.covered);
  add(before, stream.beyond.kind === 'probe' ? 'expired-before-link' : 'reach-unknown');

  const horizon = horizonMs(stream, nowMs);
  const expiredTo = reading.isOver ? Number.NEGATIVE_INFINITY : Math.min(horizon, reading.endMs ?? horizon);
  const gapsTo = Math.max(vouchedTo(state), expiredTo);
  let open = difference([{ from: state.claimedFromMs, to: gapsTo }], state.covered);
  // A refusal spoke of everything at once; what is known of a single stretch says more.
  const isWide = ({ reason }: Gap) => (reason === 'refused' || reason === 'not-opened' ? 1 : 0);
  for (const mark of state.marks.toSorted((a, b) => isWide(a) - isWide(b))) {
    add(intersection(open, [mark]), mark.reason);
    open = difference(open, [mark]);
  }
  add(intersection(open, [{ from: Number.NEGATIVE_INFINITY, to: horizon }]), 'expired-unread');
  add(intersection(open, [{ from: horizon, to: Number.POSITIVE_INFINITY }]), 'not-yet-read');
  return gaps.sort((a, b) => a.from - b.from);
}

export interface Reading {
  /** The account is unlinked or closed: what comes after its last read is no loss of ours. */
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
