import { type Range, type RangeSet, rangeSet } from './range-set.ts';
import { type ReadSettings, reachMarginMs } from './settings.ts';
import type { Stream } from './stream.ts';

/** The oldest instant that an answer of this moment may claim. */
export function horizonMs(stream: Stream, clockMs: number): number {
  return alignUp(clockMs - stream.reachMs + reachMarginMs, stream.unitMs);
}

/** The end of what the exchange has listed by this moment; younger time is not requested yet. */
export function listedToMs({ unitMs }: Stream, clockMs: number, { settleLagMs }: ReadSettings): number {
  return alignDown(clockMs - settleLagMs, unitMs);
}

export function timeBefore(instantMs: number): RangeSet {
  return [{ from: Number.NEGATIVE_INFINITY, to: instantMs }];
}

export function timeFrom(instantMs: number): RangeSet {
  return [{ from: instantMs, to: Number.POSITIVE_INFINITY }];
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

export function unitsOf(instantsMs: Iterable<number>, unitMs: number): RangeSet {
  return rangeSet([...instantsMs].map((instant) => unitOf(instant, unitMs)));
}

/** The widest core for which the request, with one more unit on each side, stays within the widest window. */
export function widestCoreMs(stream: Stream): number {
  return alignDown(stream.widestWindowMs - 4 * stream.unitMs, stream.unitMs);
}
