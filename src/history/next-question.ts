import { alignDown, alignUp } from './horizon.ts';
import type { PartState } from './part-state.ts';
import { difference, intersection, type Range, type RangeSet } from './range-set.ts';
import type { Question, Stream } from './stream.ts';
import { sweepCutMs } from './sweep.ts';
import type { WindowSizer } from './window-sizer.ts';

/**
 * What to ask next: the oldest range still pending, because the oldest expires first, cut to the width at which fewer
 * rows than the cap are expected. Null when nothing is pending.
 *
 * A window reaches back to `anchorMs`, the time of a record that we hold: an answer that ignores our bounds lacks it.
 */
export function nextQuestion(state: PartState, stream: Stream, part: string, plan: Plan): Question | null {
  const unasked = difference(state.pending, state.suspect);
  const next = nextRange(unasked, state, stream, plan);
  const anchorMs = plan.anchorMs !== null && plan.anchorMs >= plan.servedFromMs ? plan.anchorMs : null;
  const core = next
    ? anchored(next, stream, anchorMs)
    : (boundsProbe(state, stream, plan.servedFromMs) ?? secondLook(state, stream, plan));
  return core && { part, core };
}

export interface Plan {
  readonly sizer: WindowSizer;
  /** A record that we hold and that the exchange still serves; null to do without. */
  readonly anchorMs: number | null;
  /** Older records are not served any more. */
  readonly servedFromMs: number;
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

function nextRange(pending: RangeSet, state: PartState, stream: Stream, { sizer, crowded }: Plan): Range | null {
  const boundaryMs = state.claimedFromMs ?? Number.NEGATIVE_INFINITY;
  const widestMs = widestCoreMs(stream);
  if (stream.beyond.kind === 'walk-back') {
    // What lies within the reach first; then back from there, since each window answers whether there is anything before it.
    const within = pending.find((range) => range.to > boundaryMs);
    if (within) {
      const from = Math.max(within.from, boundaryMs);
      const cutMs = sweepCutMs(state, stream) ?? within.to;
      const end = from < cutMs ? Math.min(within.to, cutMs) : within.to;
      return { from, to: sizer.cut({ from, to: end }, widestMs) };
    }
    const below = pending.at(-1);
    if (!below) return null;
    // Where rows lie too close for one page, the known row may bring so many others that nothing is proved, again and again.
    const to = crowded ? below.to : withKnownRow(below.to, state, stream, widestMs);
    const from = Math.max(below.from, to - widestMs);
    return { from, to: sizer.cut({ from, to }, widestMs) };
  }
  const oldest = pending[0];
  if (!oldest) return null;
  // What lies beyond the claimed reach is asked for separately, so that its failure spoils nothing.
  const cutMs = oldest.from < boundaryMs ? boundaryMs : (sweepCutMs(state, stream) ?? oldest.to);
  const end = oldest.from < cutMs ? Math.min(oldest.to, cutMs) : oldest.to;
  return { from: oldest.from, to: sizer.cut({ from: oldest.from, to: end }, widestMs) };
}

/** Back from the reach a window ends with the oldest record that we hold, so that an answer which ignores the bounds lacks it. */
function withKnownRow(endMs: number, state: PartState, stream: Stream, widthMs: number): number {
  if (state.oldestRowMs === null) return endMs;
  const knownEndMs = alignDown(state.oldestRowMs, stream.unitMs) + stream.unitMs;
  return knownEndMs > endMs && knownEndMs - endMs < widthMs / 2 ? knownEndMs : endMs;
}

/** A window that leaves out a known row just before it: an exchange that ignores our bounds would serve that row. */
function boundsProbe(state: PartState, stream: Stream, servedFromMs: number): Range | null {
  if (stream.defaultWindowMs === null || state.boundsHonoured || state.readEndMs === null) return null;
  if (state.pending.length === 0) return null;
  const known = [state.oldestRowMs, state.newestRowMs].find((at) => at !== null && at >= servedFromMs);
  if (known === undefined || known === null) return null;
  const from = alignUp(known + 1, stream.unitMs) + stream.unitMs;
  const to = Math.max(state.readEndMs, from + alignUp(leastProbeMs, stream.unitMs));
  return { from, to: Math.min(to, from + alignDown(stream.defaultWindowMs / 2, stream.unitMs)) };
}

const leastProbeMs = 60_000;
const secondLookMarginMs = 13 * 3_600_000;

/** A suspect answer asked for again in a window cut elsewhere: up to a record that we hold where there is one. */
function secondLook(state: PartState, stream: Stream, plan: Plan): Range | null {
  const suspect = intersection(state.pending, state.suspect)[0];
  if (!suspect) return null;
  if (plan.crowded) return { from: Math.max(suspect.from, suspect.to - widestCoreMs(stream)), to: suspect.to };
  const from = alignDown(suspect.from - secondLookMarginMs, stream.unitMs);
  const knownMs = state.oldestRowMs === null ? suspect.to : alignDown(state.oldestRowMs, stream.unitMs) + stream.unitMs;
  const to = Math.min(
    from + widestCoreMs(stream),
    Math.max(suspect.to, Math.min(knownMs, state.readEndMs ?? suspect.to)),
  );
  return { from: Math.max(from, to - widestCoreMs(stream)), to };
}
