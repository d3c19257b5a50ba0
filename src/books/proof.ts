import type { PartState } from '../history/part-state.ts';
import { difference, intersection, rangeSet } from '../history/range-set.ts';
import type { Stream } from '../history/stream.ts';
import { isRightMissing, summariseStream } from '../history/summary.ts';
import type { Timetable } from '../history/timetable.ts';
import type { Obstacle, ProofOf } from './reconcile.ts';
import { streamsOfWallet } from './wallets.ts';

interface PartOfStream {
  readonly stream: string;
  readonly state: PartState;
}

/** What can't be vouched for among the records that move a wallet. */
export function proofIn(
  streams: readonly Stream[],
  parts: readonly PartOfStream[],
  { nowMs, timetable }: { readonly nowMs: number; readonly timetable: Timetable | null },
): ProofOf {
  const summaries = streams.map((stream) => {
    const states = parts.filter((part) => part.stream === stream.name).map(({ state }) => state);
    const summary = summariseStream(stream, states, { nowMs, linked: false, timetable });
    return {
      ...summary,
      stream,
      isRefused: states.length > 0 && states.every((state) => isRightMissing(stream, state)),
    };
  });
  return (wallet, range) => {
    const found = new Set<Obstacle>();
    for (const { stream, covered, gaps, isRefused } of summaries) {
      if (!streamsOfWallet[wallet]?.includes(stream.name)) continue;
      const uncovered = difference(rangeSet([range]), covered);
      let left = uncovered;
      for (const { reason, ...gap } of gaps) {
        left = difference(left, [gap]);
        // An account that was never opened has no records; where most keys may not read them, no wallet could be compared.
        const isExpected = reason === 'not-opened' || (reason === 'refused' && stream.right !== undefined);
        if (isExpected || intersection(uncovered, [gap]).length === 0) continue;
        found.add(reason === 'not-yet-read' ? 'not-read-yet' : 'gap');
      }
      // The next request will be refused as well.
      if (left.length > 0 && !isRefused) found.add('not-read-yet');
    }
    return [...found].sort();
  };
}
