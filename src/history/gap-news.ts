import type { Gap, GapReason } from './part-state.ts';
import { hull, type Range, type RangeSet, rangeSet } from './range-set.ts';

/** A gap that a person should hear of: a new one is lost or needs action; one that went is whole again. */
export interface GapNews extends Range {
  readonly kind: 'gap-opened' | 'gap-closed';
  readonly reason: GapReason;
}

/** Reasons that a person can act on. What is merely still to be read, or was out of reach from the beginning, is not news. */
export const newsworthyReasons: readonly GapReason[] = [
  'expired-unread',
  'too-dense',
  'refused',
  'quarantined',
  'unexpected-answer',
  'unanswered',
];

/**
 * What changed between the gaps of one part. A gap that grows or shrinks is the same gap: a stream that is refused is reported
 * once, not at every sync. Of one reason the first gap is reported and the end of the last; what expired unread is reported each
 * time, because each time something is lost for good.
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

function touches(a: Range, b: Range): boolean {
  return a.from <= b.to && b.from <= a.to;
}
