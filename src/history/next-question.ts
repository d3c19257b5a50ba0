import { hasFailed, nextFailedWindow } from './failed-window.ts';
import { alignDown, alignUp, unitOf } from './horizon.ts';
import { isTrusted } from './judge-page.ts';
import { type Mark, marked, type PartState } from './part-state.ts';
import { contains, difference, intersection, type Range, type RangeSet, rangeSet, union } from './range-set.ts';
import type { Stream } from './stream.ts';
import { sweepCutMs } from './sweep.ts';
import { aboveEdge, cutEarlier, isAtEdge, isRefused, walkFromMs, walkOf } from './walk.ts';
import type { WindowSizer } from './window-sizer.ts';

/**
 * What is being read of a part:
 *
 * - `reach`: what a read has to ask; nothing is left of it when the read ends
 * - `walk`: everything older, once, and gaps whose time to be asked again has come
 * - a range: what was asked for on demand, whatever is known of it
 */
export type Scope = 'reach' | 'walk' | Range;

/** A window to ask, or a full unit to divide further. */
export type NextStep = WindowStep | { readonly kind: 'division'; readonly mark: Mark };

export interface WindowStep {
  readonly kind: 'window';
  readonly core: Range;
  /** What of the window is asked for its own sake; null where it only shows whether bounds are honoured. */
  readonly target: Range | null;
  /** End of the range that it was cut from. */
  readonly rangeToMs?: number;
  /** What was answered once and is doubted: where this answer does not settle it, it stays unproved until the next read. */
  readonly doubted?: RangeSet;
  /** Some of a gap that is due to be asked for again: everything else is done. */
  readonly isRetry?: true;
}

export interface Plan {
  readonly scope: Scope;
  readonly sizer: WindowSizer;
  /** A record that we hold and that the exchange still serves; null to do without. */
  readonly anchorMs: number | null;
  /** Older records may not be served any more. */
  readonly servedFromMs: number;
  readonly clockMs: number;
  /** A page was full: windows are not made wider than they must be any more. */
  readonly crowded: boolean;
  /** This attempt has seen that bounds can't be shown to be honoured. */
  readonly hasProbed?: boolean;
}

/** The next thing to ask in a scope; null when nothing is left of it. Gaps whose time has come again are the last. */
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
      // What fails after the read waits for the next one.
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
 * What is younger than a window that is being narrowed comes before it, so that it delays nothing; what is older after it,
 * because the half that is given back would fail in the same way until the failing unit is known.
 */
function nextUnasked(
  unasked: RangeSet,
  state: PartState,
  stream: Stream,
  plan: Plan & { within: Range },
): NextStep | null {
  const { within } = plan;
  const inWork = state.marks.filter((mark) => mark.narrowing && contains([within], mark.from));
  const youngerThanAll = { from: Math.max(within.from, ...inWork.map(({ to }) => to)), to: Number.POSITIVE_INFINITY };
  return (
    (inWork.length > 0 ? nextOf(intersection(unasked, [youngerThanAll]), state, stream, plan) : null) ??
    failedWindow(state, stream, { scope: within, clockMs: Number.NEGATIVE_INFINITY }) ??
    nextOf(unasked, state, stream, plan)
  );
}

/** The widest core, so that the request stays within the widest window with one more unit on each side. */
export function widestCoreMs(stream: Stream): number {
  return alignDown(stream.widestWindowMs - 4 * stream.unitMs, stream.unitMs);
}

function window(core: Range | null): WindowStep | null {
  return core && { kind: 'window', core, target: core };
}

function asRetry(step: WindowStep | null): WindowStep | null {
  return step && { ...step, isRetry: true };
}

function failedWindow(state: PartState, stream: Stream, due: { scope: Range; clockMs: number }): WindowStep | null {
  const next = nextFailedWindow(state, { ...due, stream, widestMs: widestCoreMs(stream) });
  return next && window(aboveEdge(next, state, stream));
}

function nextDivision({ marks }: PartState, scope: Range): NextStep | null {
  const mark = marks.find(({ division, from }) => division !== undefined && contains([scope], from));
  return mark ? { kind: 'division', mark } : null;
}

/**
 * The oldest range that is left, because the oldest expires first, cut to the width at which fewer rows than the cap are
 * expected. It reaches back to the anchor, a record that we hold: an answer that ignores our bounds lacks it.
 */
function nextOf(ranges: RangeSet, state: PartState, stream: Stream, plan: Plan): NextStep | null {
  const [oldest] = ranges;
  if (!oldest) return null;
  const boundaryMs = walkFromMs(state, stream);
  // What is older than the reach is asked for separately, so that its failure spoils nothing.
  const cutMs = oldest.from < boundaryMs ? boundaryMs : (sweepCutMs(state, stream) ?? oldest.to);
  const end = oldest.from < cutMs ? Math.min(oldest.to, cutMs) : oldest.to;
  const range = aboveEdge({ from: oldest.from, to: end }, state, stream);
  // What lies just before a gap fails with it or not at all: the stretch is followed back from there, as wide as can be.
  if (state.marks.some((mark) => hasFailed(mark) && mark.from === range.to)) {
    const core = { from: plan.sizer.cutBack(range, widestCoreMs(stream)), to: range.to };
    return { kind: 'window', core, target: core, rangeToMs: range.to };
  }
  const target = { from: range.from, to: plan.sizer.cut(range, widestCoreMs(stream)) };
  const { anchorMs, servedFromMs } = plan;
  const core = anchored(target, stream, anchorMs !== null && anchorMs >= servedFromMs ? anchorMs : null);
  return { kind: 'window', core, target, rangeToMs: range.to };
}

function anchored(range: Range, stream: Stream, anchorMs: number | null): Range {
  if (anchorMs === null || anchorMs >= range.from) return range;
  const from = alignDown(anchorMs, stream.unitMs);
  return range.to - from <= widestCoreMs(stream) ? { from, to: range.to } : range;
}

/**
 * Back from the reach, since each window answers whether there is anything before it. Where bounds may be ignored, emptiness
 * says nothing: that is looked at first, and as long as it can't be seen each window is asked once, and again when it can.
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
  // Where rows lie too close for one page, the known row may bring so many others that nothing is proved, again and again.
  const isAlone = crowded || isAtEdge(youngest, state);
  const to = isAlone ? youngest.to : withKnownRow(youngest.to, state, stream, widestMs);
  const range = aboveEdge({ from: Math.max(youngest.from, to - widestMs), to }, state, stream);
  // The youngest part first: an older record that comes later shows that this much was served.
  const from = sizer.cutBack(range, widestMs);
  return { kind: 'window', core: { from, to }, target: { from, to: youngest.to }, rangeToMs: youngest.to };
}

/** A window ends with the oldest record that we hold, so that an answer which ignores the bounds lacks it. */
function withKnownRow(endMs: number, state: PartState, stream: Stream, widthMs: number): number {
  if (state.oldestRowMs === null) return endMs;
  const knownEndMs = alignDown(state.oldestRowMs, stream.unitMs) + stream.unitMs;
  return knownEndMs > endMs && knownEndMs - endMs < widthMs / 2 ? knownEndMs : endMs;
}

/** What lies after the oldest record is claimed once a second answer, cut differently, says that nothing is there. */
function secondLookOfWalk(state: PartState, stream: Stream, walkFrom: number, clockMs: number): NextStep | null {
  if (state.oldestRowMs === null || !isTrusted(state, stream, clockMs)) return null;
  const claimable = [{ from: alignUp(state.oldestRowMs, stream.unitMs), to: walkFrom }];
  const explained = union(union(state.covered, state.answered), marked(state.marks, hasFailed));
  const youngest = difference(intersection(state.suspect, claimable), explained).at(-1);
  if (!youngest) return null;
  const from = alignUp(Math.max(youngest.from, youngest.to - widestCoreMs(stream) + secondLookMarginMs), stream.unitMs);
  const target = aboveEdge({ from, to: youngest.to }, state, stream);
  const core = { ...target, from: cutEarlier(target, secondLookMarginMs, state) };
  return { kind: 'window', core, target, doubted: intersection([target], state.suspect) };
}

/**
 * What was answered may be claimed once an older record is served afterwards: then it was served as well. The oldest one
 * that is held is asked for once more; where it is served no more, nothing is claimed by it (see judge-page.ts).
 */
function oldestAgain(state: PartState, stream: Stream, walkFrom: number): Range | null {
  const { answered, covered, oldestRowMs } = state;
  if (oldestRowMs === null || oldestRowMs >= walkFrom || isRefused(oldestRowMs, state)) return null;
  const told = rangeSet(state.marks);
  if (contains(told, oldestRowMs)) return null;
  const since = { from: alignUp(oldestRowMs, stream.unitMs), to: walkFrom };
  const claimable = intersection(difference(answered, union(covered, told)), [since]);
  return claimable.length > 0 ? unitOf(oldestRowMs, stream.unitMs) : null;
}

/** What is doubted of a read is asked again only where bounds are honoured, if a record can show that. */
function boundsProbe(state: PartState, stream: Stream, plan: Plan): NextStep | null {
  const doubted = intersection(state.pending, state.suspect);
  return state.boundsHonoured || doubted.length === 0 ? null : probeOf(state, stream, plan, doubted);
}

/**
 * A window whose honest answer no default window gives (see judge-page.ts): it leaves out the newest row where a default
 * window holds it, and holds it where none does.
 */
function probeOf(
  { newestRowMs, readEndMs, lastReadEndMs }: PartState,
  { unitMs, defaultWindowMs }: Stream,
  { servedFromMs, clockMs }: Plan,
  doubted: RangeSet,
): WindowStep | null {
  const endMs = readEndMs ?? lastReadEndMs;
  if (defaultWindowMs === null || endMs === null) return null;
  if (newestRowMs === null || newestRowMs < servedFromMs) return null;
  const beforeNow = clockMs - defaultWindowMs;
  const known = unitOf(newestRowMs, unitMs);
  const marginMs = alignUp(probeMarginMs, unitMs);
  const leastToMs = known.to + alignUp(defaultWindowMs, unitMs) + marginMs;
  if (leastToMs < clockMs) return { kind: 'window', core: { from: known.from, to: leastToMs }, target: null, doubted };
  if (known.from < beforeNow + marginMs) return null;
  const from = known.to + unitMs;
  const to = Math.min(Math.max(endMs, from + marginMs), from + alignDown(defaultWindowMs / 2, unitMs));
  return { kind: 'window', core: { from, to }, target: null, doubted };
}

/** Longer than where a default window begins may be mistaken, so that the newest row lies clearly within it or before it. */
const probeMarginMs = 60_000;
const secondLookMarginMs = 13 * 3_600_000;

/** A suspect answer asked for again in a window cut elsewhere: up to a record that we hold where there is one. */
function secondLook(state: PartState, asked: RangeSet, stream: Stream, plan: Plan): NextStep | null {
  const suspect = intersection(asked, state.suspect)[0];
  if (!suspect) return null;
  const widestMs = widestCoreMs(stream);
  const target = aboveEdge({ from: Math.max(suspect.from, suspect.to - widestMs), to: suspect.to }, state, stream);
  const doubted = intersection([target], state.suspect);
  if (plan.crowded) return { kind: 'window', core: target, target, doubted };
  const from = alignDown(cutEarlier(target, secondLookMarginMs, state), stream.unitMs);
  const knownMs = state.oldestRowMs === null ? target.to : alignDown(state.oldestRowMs, stream.unitMs) + stream.unitMs;
  const to = Math.min(from + widestMs, Math.max(target.to, Math.min(knownMs, state.readEndMs ?? target.to)));
  return { kind: 'window', core: { from: Math.max(from, to - widestMs), to }, target, doubted };
}
