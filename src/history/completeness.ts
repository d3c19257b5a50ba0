import type { IncompleteReason } from './gap.ts';
import { mergeGaps } from './gaps.ts';
import type { PartState } from './part-state.ts';
import { partCount } from './parts.ts';
import { difference, intersection, type Range, type RangeSet, rangeSet } from './range-set.ts';
import { historyStartMs } from './settings.ts';
import type { Stream } from './stream.ts';
import { type SummaryContext, summariseStream } from './summary.ts';
import { endOf } from './timetable.ts';

export interface Incomplete extends Range {
  readonly reason: IncompleteReason;
}

export type CompletenessContext = Pick<SummaryContext, 'nowMs' | 'timetable'>;

/**
 * What keeps a chosen range of a stream from being complete, oldest first; empty if every instant of it is proved and settled.
 * Every instant of the range is either proved or in the result. Before the exchange existed, and after its end, nothing is
 * missing.
 */
export function incompleteIn(
  stream: Stream,
  states: readonly PartState[],
  asked: Range,
  { nowMs, timetable }: CompletenessContext,
): readonly Incomplete[] {
  const { endMs, overMs } = endingOf(stream, states, { nowMs, timetable });
  const range = { from: Math.max(asked.from, historyStartMs), to: Math.min(asked.to, overMs) };
  const past = { from: range.from, to: Math.min(range.to, nowMs) };
  const summary = summariseStream(stream, states, { nowMs, linked: false, timetable });
  const found: Incomplete[] = [];
  const add = (ranges: RangeSet, reason: IncompleteReason) => {
    for (const { from, to } of ranges) found.push({ from, to, reason });
  };

  let left = difference(rangeSet([past]), summary.covered);
  for (const { reason, ...gap } of summary.gaps) {
    add(intersection(left, [gap]), reason);
    left = difference(left, [gap]);
  }
  // A stream that was never read has requested nothing.
  add(left, 'not-yet-read');
  const settledThroughMs = summary.settledThroughMs ?? Number.NEGATIVE_INFINITY;
  const covered = intersection(summary.covered, rangeSet([past]));
  add(intersection(covered, [{ from: settledThroughMs, to: endMs }]), 'not-settled');
  add(rangeSet([{ from: Math.max(range.from, nowMs), to: range.to }]), 'in-the-future');
  return mergeGaps([found]);
}

/**
 * `endMs`: no record is dated later, so none can appear late. `overMs`: from here on nothing needs to be read. Both are
 * announced by the timetable, and count only if every part was read beyond the end; a record dated later disproves them.
 */
function endingOf(stream: Stream, states: readonly PartState[], { nowMs, timetable }: CompletenessContext) {
  const never = Number.POSITIVE_INFINITY;
  const endMs = endOf(stream, states, timetable);
  if (timetable === null || endMs === null) return { endMs: never, overMs: never };
  const readMs = Math.min(...states.map((state) => state.lastReadEndMs ?? Number.NEGATIVE_INFINITY));
  if (states.length === partCount(stream, states.length) && readMs >= endMs && endMs <= nowMs)
    return { endMs, overMs: readMs };
  const { platformEndMs } = timetable;
  return { endMs: never, overMs: platformEndMs !== null && platformEndMs <= nowMs ? platformEndMs : never };
}
