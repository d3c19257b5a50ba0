import { hasFailed } from './failed-window.ts';
import { alignDown, timeBefore } from './horizon.ts';
import { type Mark, type PartState, withoutRanges } from './part-state.ts';
import { difference, type Range, union } from './range-set.ts';
import type { Stream } from './stream.ts';

/**
 * Edge search: how far back the exchange serves. It refuses a window that reaches beyond its edge as a whole. Then the younger
 * half is requested: if it is answered, the edge lies in the older half, which is requested next; if it is refused, in the
 * younger one. So each request halves the range that holds the edge, and a range of a second counts as refused together with
 * its oldest unit: at most 23 requests for 90 days. What is refused is a mark, and is not requested again with the same key.
 * Therefore the search ends, even if the edge moves meanwhile.
 */
export function aboveEdge(range: Range, state: PartState, stream: Stream): Range {
  if (!isAtEdge(range, state) || range.to - range.from <= edgePrecisionMs) return range;
  return { from: alignDown((range.from + range.to) / 2, stream.unitMs), to: range.to };
}

export function isAtEdge({ from, to }: Range, state: PartState): boolean {
  return edgesOf(state).some((edge) => edge.to >= from && edge.to < to);
}

/** The start of a window that needs other bounds than before: not beyond a known edge, where it would be refused. */
export function cutEarlier({ from }: Range, marginMs: number, state: PartState): number {
  return edgesOf(state).some(({ to }) => to > from - marginMs) ? from : from - marginMs;
}

/**
 * The state after the exchange refused a window as too old: everything before it is too old, and is not requested again. If no
 * more is left of its range than the precision of the edge search, the whole range counts as refused.
 */
export function crossEdge(state: PartState, window: Range, stream: Stream): PartState {
  const isFound = window.to - window.from <= edgePrecisionMs;
  const refusedTo = isFound ? window.to : window.from + stream.unitMs;
  const edge = union(edgesOf(state), [{ from: stream.originMs, to: refusedTo }]).map(asRefused);
  const older = timeBefore(edge.at(-1)?.to ?? refusedTo);
  const others = state.marks.filter((mark) => mark.reason !== 'expired-before-link');
  return {
    ...state,
    pending: difference(state.pending, older),
    suspect: difference(state.suspect, older),
    marks: [...withoutRanges(others, older, hasFailed), ...edge],
  };
}

/** Time this close to the edge may stay unread: it expires during the search, unless the edge stands still. */
const edgePrecisionMs = 1_000;

function edgesOf({ marks }: PartState): readonly Mark[] {
  return marks.filter(({ reason }) => reason === 'expired-before-link');
}

function asRefused({ from, to }: Range): Mark {
  return { from, to, reason: 'expired-before-link' };
}
