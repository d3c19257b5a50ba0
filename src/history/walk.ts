import { hasFailed } from './failed-window.ts';
import { holdsMore, isRefusal } from './gap.ts';
import { horizonMs } from './horizon.ts';
import { isUnderWay, type Mark, marked, type PartState } from './part-state.ts';
import { difference, type RangeSet, union } from './range-set.ts';
import type { Stream } from './stream.ts';

/**
 * The walk: everything older than the documented reach is requested as well, window by window, from the youngest back to the
 * stream's origin, once with each key and once before the exchange closes. Only the origin or a refusal ends it. What is left
 * of it is computed from what was answered, so an interruption loses nothing.
 */
export function walkOf(state: PartState, stream: Stream): RangeSet {
  if (state.claimedFromMs === null || stream.isList) return [];
  // What could not be seen with another key is no reason not to request it with this one, nor is a reach that is unknown.
  const isAsked = (mark: Mark) => !(isRefusal(mark) || holdsMore(mark) || mark.reason === 'reach-unknown');
  const known = marked(state.marks, (mark) => isUnderWay(mark) || isAsked(mark));
  const asked = union(union(state.covered, state.requested), known);
  return difference([{ from: stream.originMs, to: walkFromMs(state, stream) }], asked);
}

/** Ranges from here on belong to reads; older ones to the walk. It moves with each read. */
export function walkFromMs({ claimedFromMs, lastReadEndMs }: PartState, stream: Stream): number {
  const never = Number.NEGATIVE_INFINITY;
  return Math.max(claimedFromMs ?? never, lastReadEndMs === null ? never : horizonMs(stream, lastReadEndMs));
}

/** The state in which everything older is requested once more. */
export function walkAgain(state: PartState, keyId: string, clockMs: number): PartState {
  const marks = state.marks.filter((mark) => mark.reason !== 'expired-before-link' && !hasFailed(mark));
  // A new key may be served more: answers to the old one say nothing about that.
  return { ...state, walkedWith: keyId, walkedAtMs: clockMs, answered: [], requested: [], suspect: [], marks };
}
