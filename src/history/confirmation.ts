import { isTrusted } from './bounds.ts';
import { aboveEdge, cutEarlier } from './edge.ts';
import { besideFailed, hasFailed, settledRange } from './failed-window.ts';
import { alignDown, alignUp, horizonMs, unitOf, widestCoreMs } from './horizon.ts';
import { marked, type PartState, withoutClaims } from './part-state.ts';
import type { NextStep, Plan, WindowStep } from './plan.ts';
import { contains, difference, intersection, isSame, type Range, type RangeSet, rangeSet, union } from './range-set.ts';
import type { Stream } from './stream.ts';

/*
 * Reach confirmation: what one answer leaves doubtful is requested once more before it is believed. Each doubt costs one more
 * request and is settled by its answer, or left unproved until the next read (`leftUnproved`): either way it leaves every list.
 * Whether bounds are honoured is checked once in a read and once in an attempt of the walk, and the oldest record is requested
 * once for everything that it may prove. Therefore the confirmation ends, and causes no new doubts.
 */

/** Doubts of a read are settled by new requests only if bounds are honoured, as far as a record can show that. */
export function boundsProbe(state: PartState, stream: Stream, plan: Plan): NextStep | null {
  const doubted = intersection(state.pending, state.suspect);
  return state.boundsHonoured || doubted.length === 0 ? null : probeOf(state, stream, plan, doubted);
}

/**
 * A window whose correct answer no default window can give (see judge-page.ts): it leaves out the newest row where a default
 * window holds it, and holds it where none does.
 */
export function probeOf(
  { newestRowMs, readEndMs, lastReadEndMs }: PartState,
  stream: Stream,
  { clockMs }: Plan,
  doubted: RangeSet,
): WindowStep | null {
  const { unitMs, defaultWindowMs } = stream;
  const endMs = readEndMs ?? lastReadEndMs;
  if (defaultWindowMs === null || endMs === null) return null;
  if (newestRowMs === null || newestRowMs < horizonMs(stream, clockMs)) return null;
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

/** More than the uncertainty of a default window's start, so that the newest row lies clearly inside it or before it. */
const probeMarginMs = 60_000;
const secondLookMarginMs = 13 * 3_600_000;

/** Requests a suspect answer again in a window with other bounds: up to a record that we hold, if there is one. */
export function secondLook(state: PartState, asked: RangeSet, stream: Stream, plan: Plan): NextStep | null {
  const suspect = intersection(asked, state.suspect)[0];
  if (!suspect) return null;
  const widestMs = widestCoreMs(stream);
  const target = aboveEdge({ from: Math.max(suspect.from, suspect.to - widestMs), to: suspect.to }, state, stream);
  if (plan.crowded) return lookAgain(target, target, state, stream);
  const from = alignDown(cutEarlier(target, secondLookMarginMs, state), stream.unitMs);
  const knownMs = state.oldestRowMs === null ? target.to : unitOf(state.oldestRowMs, stream.unitMs).to;
  const to = Math.min(from + widestMs, Math.max(target.to, Math.min(knownMs, state.readEndMs ?? target.to)));
  return lookAgain({ from: Math.max(from, to - widestMs), to }, target, state, stream);
}

/** With other bounds than before, and without any time that is known to fail if possible. */
function lookAgain(core: Range, target: Range, state: PartState, stream: Stream): WindowStep {
  const beside = besideFailed(core, target, state, stream);
  const doubted = intersection([target], state.suspect);
  return { kind: 'window', core: isSame(beside, target) ? core : beside, target, doubted };
}

/** Time after the oldest record is claimed once a second answer, with other bounds, also finds nothing there. */
export function secondLookOfWalk(state: PartState, stream: Stream, walkFrom: number, clockMs: number): NextStep | null {
  if (state.oldestRowMs === null || !isTrusted(state, stream, clockMs)) return null;
  const claimable = [{ from: alignUp(state.oldestRowMs, stream.unitMs), to: walkFrom }];
  const explained = union(union(state.covered, state.answered), marked(state.marks, hasFailed));
  const youngest = difference(intersection(state.suspect, claimable), explained).at(-1);
  if (!youngest) return null;
  const from = alignUp(Math.max(youngest.from, youngest.to - widestCoreMs(stream) + secondLookMarginMs), stream.unitMs);
  const target = aboveEdge({ from, to: youngest.to }, state, stream);
  const earlier = { from: cutEarlier(target, secondLookMarginMs, state), to: target.from };
  // A unit that is known to be full would fill this answer as well.
  const full = intersection(
    [earlier],
    marked(state.marks, ({ reason }) => reason === 'too-dense'),
  );
  return lookAgain({ from: full.at(-1)?.to ?? earlier.from, to: target.to }, target, state, stream);
}

/**
 * What was answered may be claimed once an older record is served afterwards: then it was served as well. The oldest stored
 * record is requested once more; if it is no longer served, nothing is claimed by it (see judge-page.ts).
 */
export function oldestAgain(state: PartState, stream: Stream, walkFrom: number): Range | null {
  const { answered, covered, oldestRowMs } = state;
  if (oldestRowMs === null || oldestRowMs >= walkFrom) return null;
  const reported = rangeSet(state.marks);
  if (contains(reported, oldestRowMs)) return null;
  const since = { from: alignUp(oldestRowMs, stream.unitMs), to: walkFrom };
  const claimable = intersection(difference(answered, union(covered, reported)), [since]);
  return claimable.length > 0 ? unitOf(oldestRowMs, stream.unitMs) : null;
}

/**
 * The state when a doubt can't be settled now: the next read requests it again. Until then nothing is claimed of time that was
 * proved only when it was so young that late records were still to come.
 */
export function leftUnproved(state: PartState, stream: Stream, doubted: RangeSet = []): PartState {
  const left = intersection(state.suspect, doubted);
  const claimed = withoutClaims(state, difference(left, settledRange(state, stream)));
  return { ...claimed, suspect: difference(state.suspect, left), pending: difference(state.pending, left) };
}
