import { type Range, rangeSet } from './range-set.ts';
import { reachMarginMs } from './settings.ts';
import type { Stream } from './stream.ts';

/** The oldest instant that an answer of this moment may claim. */
export function horizonMs(stream: Stream, clockMs: number): number {
  return alignUp(clockMs - stream.reachMs + reachMarginMs, stream.unitMs);
}

export function alignUp(instantMs: number, unitMs: number): number {
  return Math.ceil(instantMs / unitMs) * unitMs;
}

export function alignDown(instantMs: number, unitMs: number): number {
  return Math.floor(instantMs / unitMs) * unitMs;
}

/** The unit that contains an instant. */
export function unitOf(instantMs: number, unitMs: number): Range {
  const from = alignDown(instantMs, unitMs);
  return { from, to: from + unitMs };
}

export function unitsOf(instantsMs: Iterable<number>, unitMs: number) {
  return rangeSet([...instantsMs].map((instant) => unitOf(instant, unitMs)));
}

/** The widest core for which the request, with one more unit on each side, stays within the widest window. */
export function widestCoreMs(stream: Stream): number {
  return alignDown(stream.widestWindowMs - 4 * stream.unitMs, stream.unitMs);
}
