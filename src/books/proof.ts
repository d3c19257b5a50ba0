import type { PartState } from '../history/part-state.ts';
import { difference, intersection, rangeSet } from '../history/range-set.ts';
import type { Stream } from '../history/stream.ts';
import { summariseStream } from '../history/summary.ts';
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
    return summariseStream(stream, states, { nowMs, linked: false, timetable });
  });
  return (wallet, range) => {
    const found = new Set<Obstacle>();
    for (const { stream, covered, gaps } of summaries) {
      if (!streamsOfWallet[wallet]?.includes(stream)) continue;
      let left = difference(rangeSet([range]), covered);
      for (const { reason, ...gap } of gaps) {
        const hasPart = intersection(left, [gap]).length > 0;
        left = difference(left, [gap]);
        // An account that was never opened has no records.
        if (hasPart && reason !== 'not-opened') found.add(reason === 'not-yet-read' ? 'not-read-yet' : 'gap');
      }
      if (left.length > 0) found.add('not-read-yet');
    }
    return [...found].sort();
  };
}
