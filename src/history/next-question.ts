import { alignDown, alignUp } from './horizon.ts';
import type { PartState } from './part-state.ts';
import { difference, intersection, type Range, type RangeSet } from './range-set.ts';
import type { Page, Question, Stream } from './stream.ts';

/**
 * What to ask next: the oldest range still pending, because the oldest expires first, cut to the width at which fewer
 * rows than the cap are expected. Null when nothing is pending.
 *
 * A window reaches back to `anchorMs`, the time of a record that we hold: an answer that ignores our bounds lacks it.
 */
export function nextQuestion(state: PartState, stream: Stream, part: string, plan: Plan): Question | null {
  const unasked = difference(state.pending, state.suspect);
  const next = nextRange(unasked, state, stream, plan.widthMs);
  const core = next
    ? anchored(next, stream, plan.anchorMs)
    : (boundsProbe(state, stream) ?? secondLook(state, stream, plan));
  return core && { part, core };
}

export interface Plan {
  readonly widthMs: number;
  /** A record that we hold and that the exchange still serves; null to do without. */
  readonly anchorMs: number | null;
  /** A page was full: windows are not made wider than they must be any more. */
  readonly crowded: boolean;
}

function anchored(range: Range, stream: Stream, anchorMs: number | null): Range {
  if (anchorMs === null || anchorMs >= range.from) return range;
  const from = alignDown(anchorMs, stream.unitMs);
  return range.to - from <= widestCoreMs(stream) ? { from, to: range.to } : range;
}

/** The widest core, so that the request stays within the widest window with one more unit on each side. */
export function widestCoreMs(stream: Stream): number {
  return alignDown(stream.widestWindowMs - 4 * stream.unitMs, stream.unitMs);
}

function nextRange(pending: RangeSet, state: PartState, stream: Stream, widthMs: number): Range | null {
  const boundaryMs = state.claimedFromMs ?? Number.NEGATIVE_INFINITY;
  const width = Math.max(stream.unitMs, alignDown(Math.min(widthMs, widestCoreMs(stream)), stream.unitMs));
  if (stream.beyond.kind === 'walk-back') {
    // What lies within the reach first; then back from there, since each window answers whether there is anything before it.
    const within = pending.find((range) => range.to > boundaryMs);
    if (within) {
      const from = Math.max(within.from, boundaryMs);
      return { from, to: Math.min(within.to, from + width) };
    }
    const below = pending.at(-1);
    if (!below) return null;
    const to = withKnownRow(below.to, state, stream, width);
    return { from: Math.max(below.from, to - width), to };
  }
  const oldest = pending[0];
  if (!oldest) return null;
  // What lies beyond the claimed reach is asked for separately, so that its failure spoils nothing.
  const end = oldest.from < boundaryMs ? Math.min(oldest.to, boundaryMs) : oldest.to;
  return { from: oldest.from, to: Math.min(end, oldest.from + width) };
}

/** Back from the reach a window ends with the oldest record that we hold, so that an answer which ignores the bounds lacks it. */
function withKnownRow(endMs: number, state: PartState, stream: Stream, widthMs: number): number {
  if (state.oldestRowMs === null) return endMs;
  const knownEndMs = alignDown(state.oldestRowMs, stream.unitMs) + stream.unitMs;
  return knownEndMs > endMs && knownEndMs - endMs < widthMs / 2 ? knownEndMs : endMs;
}

/** A window that leaves out a known row just before it: an exchange that ignores our bounds would serve that row. */
function boundsProbe(state: PartState, stream: Stream): Range | null {
  if (stream.defaultWindowMs === null || state.boundsHonoured || state.oldestRowMs === null) return null;
  if (state.readEndMs === null || state.pending.length === 0) return null;
  const from = alignUp(state.oldestRowMs + 1, stream.unitMs) + stream.unitMs;
  const to = Math.min(state.readEndMs, from + stream.defaultWindowMs - 4 * stream.unitMs);
  return from < to ? { from, to } : null;
}

const secondLookMarginMs = 13 * 3_600_000;

/** A suspect answer asked for again in a window cut elsewhere: up to a record that we hold where there is one. */
function secondLook(state: PartState, stream: Stream, plan: Plan): Range | null {
  const suspect = intersection(state.pending, state.suspect)[0];
  if (!suspect || plan.crowded) return suspect ?? null;
  const from = alignDown(suspect.from - secondLookMarginMs, stream.unitMs);
  const knownMs = state.oldestRowMs === null ? suspect.to : alignDown(state.oldestRowMs, stream.unitMs) + stream.unitMs;
  const to = Math.min(
    from + widestCoreMs(stream),
    Math.max(suspect.to, Math.min(knownMs, state.readEndMs ?? suspect.to)),
  );
  return { from: Math.max(from, to - widestCoreMs(stream)), to };
}

/** Rows that a window should hold, as a share of the cap: high enough to be cheap, low enough that few windows overflow. */
const targetFill = 0.78;
const growthAtMost = 8;

/**
 * The width for the next window, from the page just seen. Efficiency only: whatever this answers, nothing false is claimed.
 *
 * Where the page is full, its rows show where fewer than the cap will lie; which end is missing depends on the order,
 * and an order that only seems to be one must still make the window smaller.
 */
export function nextWidthMs(page: Page, full: boolean, stream: Stream, wantedMs: number): number {
  const { from, to } = page.question.core;
  const widthMs = to - from;
  if (!full) {
    // A window that its range made narrow says little about the next range.
    if (widthMs < wantedMs / 2) return wantedMs;
    const wanted = targetFill * stream.cap;
    const growth = Math.min(growthAtMost, Math.max(0.5, wanted / Math.max(1, page.rows.length)));
    return Math.min(widthMs * growth, widestCoreMs(stream));
  }
  const times = page.rows.flatMap((row) => (row.at === null ? [] : [row.at]));
  const oldestMs = Math.min(...times);
  const newestMs = Math.max(...times);
  const ascending = times.every((time, i) => i === 0 || time >= (times[i - 1] as number));
  const descending = times.every((time, i) => i === 0 || time <= (times[i - 1] as number));
  const half = widthMs / 2;
  if (ascending && newestMs > from)
    return Math.max(stream.unitMs, Math.min(half, alignDown(newestMs, stream.unitMs) - from));
  if (descending) {
    const spanMs = Math.max(stream.unitMs, newestMs - oldestMs);
    const byDensityMs = (targetFill * stream.cap * spanMs) / page.rows.length;
    return Math.max(stream.unitMs, Math.min(half, byDensityMs));
  }
  return Math.max(stream.unitMs, widthMs / 4);
}
