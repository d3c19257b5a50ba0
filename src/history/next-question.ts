import { isTrusted } from './bounds.ts';
import { boundsProbe, oldestAgain, probeOf, secondLook, secondLookOfWalk } from './confirmation.ts';
import { aboveEdge, isAtEdge } from './edge.ts';
import { besideFailed, hasFailed, nextFailedWindow } from './failed-window.ts';
import { alignDown, horizonMs, timeFrom, unitOf, widestCoreMs } from './horizon.ts';
import type { DividedMark, PartState } from './part-state.ts';
import type { NextStep, Plan, WindowStep } from './plan.ts';
import { contains, difference, intersection, type Range, type RangeSet, union } from './range-set.ts';
import type { Stream } from './stream.ts';
import { sweepCutMs } from './sweep.ts';
import { walkFromMs, walkOf } from './walk.ts';
import type { Cut } from './window-sizer.ts';

/** The next request in a scope; null when nothing is left of it. Gaps that are due again come last. */
export function nextStep(state: PartState, stream: Stream, plan: Plan): NextStep | null {
  const { scope, clockMs } = plan;
  const walkFrom = walkFromMs(state, stream);
  const never = Number.NEGATIVE_INFINITY;
  const all = { from: never, to: Number.POSITIVE_INFINITY };
  if (scope === 'walk') {
    return (
      nextDivision(state, all) ??
      nextUnasked(difference(state.pending, state.suspect), state, stream, { ...plan, within: all }) ??
      nextOfWalk(state, stream, plan) ??
      secondLookOfWalk(state, stream, walkFrom, clockMs) ??
      window(oldestAgain(state, stream, walkFrom)) ??
      // A window that fails after the read waits for the next one.
      asRetry(failedWindow(state, stream, { scope: all, clockMs: state.lastReadEndMs ?? clockMs }))
    );
  }
  if (scope === 'reach') {
    const younger = { from: walkFrom, to: Number.POSITIVE_INFINITY };
    return (
      nextUnasked(difference(state.pending, state.suspect), state, stream, { ...plan, within: younger }) ??
      boundsProbe(state, stream, plan) ??
      secondLook(state, state.pending, stream, plan) ??
      nextDivision(state, younger)
    );
  }
  const asked = intersection(union(state.pending, walkOf(state, stream)), [scope]);
  return (
    nextUnasked(difference(asked, state.suspect), state, stream, { ...plan, anchorMs: null, within: scope }) ??
    secondLook(state, asked, stream, plan) ??
    nextDivision(state, scope)
  );
}

/**
 * Time younger than a window that is being narrowed comes before it, so that it delays nothing; older time comes after it,
 * because the half that is given back would fail in the same way until the failing unit is known. If none is narrowed, all time
 * is younger.
 */
function nextUnasked(
  unasked: RangeSet,
  state: PartState,
  stream: Stream,
  plan: Plan & { within: Range },
): NextStep | null {
  const { within } = plan;
  const inWork = state.marks.filter((mark) => mark.narrowing && contains([within], mark.from));
  const youngerThanAll = intersection(unasked, timeFrom(Math.max(...inWork.map(({ to }) => to))));
  return (
    nextOf(youngerThanAll, state, stream, plan) ??
    failedWindow(state, stream, { scope: within, clockMs: Number.NEGATIVE_INFINITY }) ??
    nextOf(unasked, state, stream, plan)
  );
}

function asRetry(step: WindowStep | null): WindowStep | null {
  return step && { ...step, isRetry: true };
}

function failedWindow(state: PartState, stream: Stream, due: { scope: Range; clockMs: number }): WindowStep | null {
  const next = nextFailedWindow(state, { ...due, stream });
  return next && window(aboveEdge(next, state, stream));
}

function nextDivision({ marks }: PartState, scope: Range): NextStep | null {
  const mark = marks.find((each): each is DividedMark => each.division !== undefined && contains([scope], each.from));
  return mark ? { kind: 'division', mark } : null;
}

/**
 * The oldest range that is left, because it expires first, cut to the width at which fewer rows than the cap are expected. It
 * reaches back to the anchor, a stored record that an answer which ignores our bounds would lack.
 */
function nextOf(ranges: RangeSet, state: PartState, stream: Stream, plan: Plan): NextStep | null {
  const [oldest] = ranges;
  if (!oldest) return null;
  const boundaryMs = walkFromMs(state, stream);
  // Time older than the reach is requested separately, so that its failure spoils nothing.
  const cutMs = oldest.from < boundaryMs ? boundaryMs : (sweepCutMs(state, stream) ?? oldest.to);
  const end = oldest.from < cutMs ? Math.min(oldest.to, cutMs) : oldest.to;
  const whole = { from: oldest.from, to: end };
  const range = aboveEdge(whole, state, stream);
  // Time just before a gap fails with it or not at all, so it is requested back from the gap, as wide as possible.
  if (state.marks.some((mark) => hasFailed(mark) && mark.from === range.to)) {
    const core = { from: plan.sizer.cutBack(range), to: range.to };
    return { kind: 'window', core, target: core, cut: cutOf(core, range, true, plan) };
  }
  const target = { from: range.from, to: plan.sizer.cut(range) };
  const { anchorMs, clockMs } = plan;
  const isServed = anchorMs !== null && anchorMs >= horizonMs(stream, clockMs);
  const core = anchored(target, stream, isServed ? anchorMs : null);
  const step = { kind: 'window', core: besideFailed(core, target, state, stream), target } as const;
  // The search for the edge goes on from each answer, so requests beside it would be thrown away.
  return isAtEdge(whole, state) ? step : { ...step, cut: cutOf(target, range, false, plan) };
}

function cutOf(window: Range, range: Range, isFromEnd: boolean, { sizer: { fullPages, isKnown } }: Plan): Cut {
  return { window, range, isFromEnd, fullPages, isKnown };
}

function anchored(range: Range, stream: Stream, anchorMs: number | null): Range {
  if (anchorMs === null || anchorMs >= range.from) return range;
  const from = alignDown(anchorMs, stream.unitMs);
  return range.to - from <= widestCoreMs(stream) ? { from, to: range.to } : range;
}

/**
 * Back from the reach, window by window. If bounds may be ignored, an empty answer says nothing: that is checked first, and as
 * long as it can't be, each window is requested once, and again when it can.
 */
function nextOfWalk(state: PartState, stream: Stream, plan: Plan): WindowStep | null {
  const { sizer, crowded, clockMs, hasProbed = false } = plan;
  const left = walkOf(state, stream);
  if (left.length === 0) return null;
  const isDoubtful = !isTrusted(state, stream, clockMs);
  const probe = isDoubtful && !hasProbed ? probeOf(state, stream, plan, []) : null;
  if (probe) return probe;
  const youngest = (isDoubtful ? difference(left, state.suspect) : left).at(-1);
  if (!youngest) return null;
  const widestMs = widestCoreMs(stream);
  // If rows are too dense for one page, the known row may add so many others that nothing is ever proved.
  const isEdge = isAtEdge(youngest, state);
  const isAlone = crowded || isEdge;
  const to = isAlone ? youngest.to : withKnownRow(youngest.to, state, stream, widestMs);
  const range = aboveEdge({ from: Math.max(youngest.from, to - widestMs), to }, state, stream);
  // The youngest part first: an older record that comes later shows that this much was served.
  const from = sizer.cutBack(range);
  const target = { from, to: youngest.to };
  const cut = cutOf({ from, to }, range, true, plan);
  const step = { kind: 'window', core: besideFailed(cut.window, target, state, stream), target } as const;
  return isEdge ? step : { ...step, cut };
}

/** A window ends with the oldest stored record, so that an answer which ignores the bounds lacks it. */
function withKnownRow(endMs: number, state: PartState, stream: Stream, widthMs: number): number {
  if (state.oldestRowMs === null) return endMs;
  const knownEndMs = unitOf(state.oldestRowMs, stream.unitMs).to;
  return knownEndMs > endMs && knownEndMs - endMs < widthMs / 2 ? knownEndMs : endMs;
}

function window(core: Range | null): WindowStep | null {
  return core && { kind: 'window', core, target: core };
}
