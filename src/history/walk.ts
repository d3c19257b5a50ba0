import { hasFailed } from './failed-window.ts';
import { alignDown, horizonMs } from './horizon.ts';
import { isRefusal, type Mark, marked, type PartState, withoutRanges } from './part-state.ts';
import { difference, type Range, type RangeSet, union } from './range-set.ts';
import type { Stream } from './stream.ts';

/**
 * The walk back: everything older than the documented reach is requested as well, window by window, from the youngest back to
 * the stream's origin, once with each key and once before the exchange closes. Only the origin or a refusal ends it. What is
 * left of it is computed from what was answered, so that no interruption can make it forgotten.
 */
export function walkOf(state: PartState, stream: Stream): RangeSet {
  if (state.claimedFromMs === null) return [];
  const known = marked(state.marks, (mark) => !isRefusal(mark));
  const asked = union(union(state.covered, state.requested), known);
  return difference([{ from: stream.originMs, to: walkFromMs(state, stream) }], asked);
}

/** From here on ranges belong to the reads; older ones to the walk. It moves on with each read, and not meanwhile. */
export function walkFromMs({ claimedFromMs, lastReadEndMs }: PartState, stream: Stream): number {
  const never = Number.NEGATIVE_INFINITY;
  return Math.max(claimedFromMs ?? never, lastReadEndMs === null ? never : horizonMs(stream, lastReadEndMs));
}

/** The state when everything older is to be requested once more. */
export function walkAgain(state: PartState, keyId: string, clockMs: number): PartState {
  const marks = state.marks.filter((mark) => mark.reason !== 'expired-before-link' && !hasFailed(mark));
  // A new key may be served more: what an old one was answered says nothing of that.
  return { ...state, walkedWith: keyId, walkedAtMs: clockMs, answered: [], requested: [], suspect: [], marks };
}

/**
 * The window to ask of a range that begins where the exchange may refuse. A window that reaches beyond the edge is refused as
 * a whole, however much of it could be served: where the edge was met, the younger half is asked, so that each request
 * halves the stretch in which the edge lies.
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
  const younger = (mark: Mark) => (hasFailed(mark) ? withoutRanges([mark], older) : [mark]);
  return {
    ...state,
    pending: difference(state.pending, older),
    suspect: difference(state.suspect, older),
    marks: [...state.marks.filter((mark) => mark.reason !== 'expired-before-link').flatMap(younger), ...edge],
  };
}

/** Whether the exchange refused the time of an instant as too old. */
export function isRefused(instantMs: number, state: PartState): boolean {
  return edgesOf(state).some(({ to }) => instantMs < to);
}

/** What lies nearer to the edge than this may stay unread: it expires while it is looked for, unless the edge stands still. */
const edgePrecisionMs = 1_000;

function edgesOf({ marks }: PartState): readonly Mark[] {
  return marks.filter(({ reason }) => reason === 'expired-before-link');
}

function asRefused({ from, to }: Range): Mark {
  return { from, to, reason: 'expired-before-link' };
}
