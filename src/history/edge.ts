import { hasFailed } from './failed-window.ts';
import { alignDown } from './horizon.ts';
import { type Mark, type PartState, withoutRanges } from './part-state.ts';
import { difference, type Range, union } from './range-set.ts';
import type { Stream } from './stream.ts';

/**
 * Edge search: how far back the exchange serves. It refuses a window that reaches beyond its edge as a whole, however much
 * of it could be served. Where it was met, the younger half is asked: answered, the edge lies in the older half, which is
 * asked next; refused, in the younger one. So each request halves the stretch in which the edge lies, and a stretch of a
 * second counts as refused with its oldest unit: at most 23 requests for 90 days. What is refused is a mark, and is not asked
 * again with the same key. Therefore the search ends, also where the edge moves on meanwhile.
 */
export function aboveEdge(range: Range, state: PartState, stream: Stream): Range {
  if (!isAtEdge(range, state) || range.to - range.from <= edgePrecisionMs) return range;
  return { from: alignDown((range.from + range.to) / 2, stream.unitMs), to: range.to };
}

export function isAtEdge({ from, to }: Range, state: PartState): boolean {
  return edgesOf(state).some((edge) => edge.to >= from && edge.to < to);
}

/** Where a window begins that is to be cut elsewhere than before: not beyond a known edge, where it would be refused. */
export function cutEarlier({ from }: Range, marginMs: number, state: PartState): number {
  return edgesOf(state).some(({ to }) => to > from - marginMs) ? from : from - marginMs;
}

/**
 * The state after the exchange said that a window is too old: everything before it is, and is not asked for again. Where as
 * little is left of its range as the edge is looked for precisely, all of that range is.
 */
export function crossEdge(state: PartState, window: Range, stream: Stream): PartState {
  const isFound = window.to - window.from <= edgePrecisionMs;
  const refusedTo = isFound ? window.to : window.from + stream.unitMs;
  const edge = union(edgesOf(state), [{ from: stream.originMs, to: refusedTo }]).map(asRefused);
  const older = [{ from: Number.NEGATIVE_INFINITY, to: edge.at(-1)?.to ?? refusedTo }];
  const others = state.marks.filter((mark) => mark.reason !== 'expired-before-link');
  return {
    ...state,
    pending: difference(state.pending, older),
    suspect: difference(state.suspect, older),
    marks: [...withoutRanges(others, older, hasFailed), ...edge],
  };
}

/** What lies nearer to the edge than this may stay unread: it expires while it is looked for, unless the edge stands still. */
const edgePrecisionMs = 1_000;

function edgesOf({ marks }: PartState): readonly Mark[] {
  return marks.filter(({ reason }) => reason === 'expired-before-link');
}

function asRefused({ from, to }: Range): Mark {
  return { from, to, reason: 'expired-before-link' };
}
