import { hasFailed, isDue } from './failed-window.ts';
import { isRefusal } from './gap.ts';
import { alignDown, alignUp, horizonMs, listedToMs, timeBefore, unitsOf, widestCoreMs } from './horizon.ts';
import { fadedLateMs, rereadWindowMs } from './late-rows.ts';
import { type Mark, marked, type PartState, unknownReach, withoutClaims } from './part-state.ts';
import { difference, intersection, type RangeSet, rangeSet, union } from './range-set.ts';
import { firstPageAllowanceMs, type ReadSettings } from './settings.ts';
import type { Stream } from './stream.ts';
import { finalWalkIsDue, sweepIsDue } from './sweep.ts';
import { walkAgain } from './walk.ts';

/**
 * A read goes from a plan to a frozen end: `beginRead` notes what has to be requested, every proving page takes its window off
 * that list, and `finishRead` moves the frozen end forward. Nothing else stores the progress.
 */
export interface ReadStart {
  readonly accountId: string;
  readonly stream: Stream;
  readonly keyId: string;
  readonly clockMs: number;
  readonly settings: ReadSettings;
  /** Times of records that may still change: they are read again, whatever their age. */
  readonly changingAtMs: readonly number[];
}

/** The state with a read begun. An interrupted read continues with its former end. */
export function beginRead(state: PartState, start: ReadStart): PartState {
  const { stream, clockMs, settings, keyId } = start;
  // Decays before anything new is seen: what this read finds late must not decay by the time before it.
  const faded = { longestLateMs: fadedLateMs(state, clockMs, settings) };
  const walked = state.walkedWith === keyId ? state : walkAgain(state, keyId, clockMs);
  const reading = state.readEndMs === null ? { ...planRead(walked, start), ...faded } : withFailed(walked, state);
  const lost = neverSettled(reading, horizonMs(stream, clockMs), stream);
  return withoutClaims(reading, lost);
}

/** What failed with the former key in a read that was interrupted is requested again in it. */
function withFailed(walked: PartState, { marks, claimedFromMs, readEndMs }: PartState): PartState {
  if (claimedFromMs === null || readEndMs === null) return walked;
  const forgotten = difference(marked(marks, hasFailed), marked(walked.marks, hasFailed));
  return {
    ...walked,
    pending: union(walked.pending, intersection(forgotten, [{ from: claimedFromMs, to: readEndMs }])),
  };
}

function planRead(found: PartState, start: ReadStart): PartState {
  const { stream, clockMs, settings, changingAtMs } = start;
  // Before the exchange closes, everything that is missing is requested once more.
  const state = finalWalkIsDue(found, start) ? walkAgain(found, start.keyId, start.clockMs) : found;
  const endMs = listedToMs(stream, clockMs, settings);
  const horizon = horizonMs(stream, clockMs);
  const claimedFromMs = state.claimedFromMs ?? alignUp(horizon + firstPageAllowanceMs, stream.unitMs);
  const reach = [{ from: Math.max(horizon, claimedFromMs), to: endMs }];
  const fromMs = unsettledFromMs(state, stream) ?? claimedFromMs;
  const explains = (mark: Mark) => !isRefusal(mark) && mark.reason !== 'reach-unknown';
  // Where a window failed, nobody knows yet how far back records are served.
  const explained = union(marked(state.marks, explains), intersection(unknownReach(state), state.requested));
  const unread = difference(difference(reach, state.covered), explained);
  const refused = marked(state.marks, (mark) => mark.reason === 'expired-before-link');
  const changing = difference(intersection(windowsOf(changingAtMs, stream), [{ from: 0, to: endMs }]), refused);
  const sweeps = state.lastReadEndMs === null || sweepIsDue(state, start);
  const asked = rangeSet([{ from: fromMs, to: endMs }, ...unread, ...(sweeps ? reach : []), ...changing]);
  // A failed window is requested again when it is due; a record in it that may still change does not wait for that.
  const due = marked(state.marks, (mark) => hasFailed(mark) && !mark.narrowing && isDue(mark, clockMs));
  const again = intersection(unitsOf(changingAtMs, stream.unitMs), due);
  const pending = rangeSet([...state.pending, ...difference(asked, marked(state.marks, hasFailed)), ...again]);
  const sweptMs = sweeps ? endMs : state.sweptMs;
  return {
    ...state,
    claimedFromMs,
    readEndMs: endMs,
    pending,
    suspect: olderThan(state.suspect, claimedFromMs),
    fittingWindowMs: null,
    boundsHonoured: false,
    sweptMs,
  };
}

/** The fewest windows that contain all of these instants: one request each, unless they are full. */
function windowsOf(instantsMs: readonly number[], stream: Stream): RangeSet {
  const windows: { from: number; to: number }[] = [];
  for (const unit of unitsOf(instantsMs, stream.unitMs)) {
    const last = windows.at(-1);
    if (last && unit.to - last.from <= widestCoreMs(stream)) last.to = unit.to;
    else windows.push({ ...unit });
  }
  return windows;
}

/** From here on, the last read was too early for late rows to have appeared. Null before the first read is done. */
function unsettledFromMs({ lastReadEndMs, settledThroughMs }: PartState, stream: Stream): number | null {
  return lastReadEndMs === null ? null : alignDown(settledThroughMs ?? lastReadEndMs, stream.unitMs);
}

/** Time that was read once, and fell out of reach before it was read again at a settled age, can't be vouched for. */
function neverSettled(state: PartState, horizon: number, stream: Stream): RangeSet {
  const unsettledMs = unsettledFromMs(state, stream);
  if (unsettledMs === null) return [];
  // Time that was requested at half the reach was requested again and again, so it is vouched for however late rows come.
  const from = Math.max(unsettledMs, (state.lastReadEndMs ?? unsettledMs) - stream.reachMs / 2);
  return intersection(state.pending, [{ from, to: horizon }]);
}

/** The state after a read of which every window was answered, or failed on its own. */
export function finishRead(state: PartState, stream: Stream, settings: ReadSettings): PartState {
  const endMs = state.readEndMs ?? state.lastReadEndMs;
  const firstRead = state.lastReadEndMs === null;
  const finished: PartState = {
    ...state,
    pending: [],
    suspect: olderThan(state.suspect, state.claimedFromMs),
    fittingWindowMs: null,
    readEndMs: null,
    lastReadEndMs: endMs,
    settledThroughMs: endMs === null ? null : endMs - rereadWindowMs(state, stream, settings),
  };
  return firstRead && state.rowCount === stream.suspiciousTotal ? withoutOldestUnknown(finished) : finished;
}

/** Doubts of the walk wait for the end of the walk; doubts of a read end with it. */
function olderThan(suspect: RangeSet, instantMs: number | null): RangeSet {
  return instantMs === null ? [] : intersection(suspect, timeBefore(instantMs));
}

/** The state after the exchange refused this stream, or has no such account: a gap with its reason, and the read ends. */
export function refuseRead(
  state: PartState,
  { reason, ofNoKey }: Pick<Mark, 'ofNoKey'> & { readonly reason: 'refused' | 'not-opened' },
): PartState {
  const from = state.lastReadEndMs ?? state.claimedFromMs;
  const to = state.readEndMs;
  const isRange = from !== null && to !== null && from < to;
  const mark: Mark[] = isRange ? [{ from, to, reason, ...(ofNoKey && { ofNoKey }) }] : [];
  // The last refusal says how it is since the last read: what was not opened may be open and refused, or the other way round.
  const others = isRange ? state.marks.filter((other) => !isRefusal(other) || other.to <= from) : state.marks;
  // A refused sweep is not done: it stays due.
  const sweptMs = state.sweptMs !== null && state.sweptMs === to ? 0 : state.sweptMs;
  return {
    ...state,
    pending: [],
    suspect: olderThan(state.suspect, state.claimedFromMs),
    readEndMs: null,
    marks: [...others, ...mark],
    readThrough: true,
    sweptMs,
  };
}

/** Exactly as many records as an old limit allows: the limit applies, and nothing before the oldest one is proved. */
function withoutOldestUnknown(state: PartState): PartState {
  if (state.oldestRowMs === null || state.claimedFromMs === null) return state;
  const mark: Mark = { from: state.claimedFromMs, to: state.oldestRowMs, reason: 'reach-unknown' };
  return {
    ...withoutClaims(state, timeBefore(state.oldestRowMs)),
    marks: mark.from < mark.to ? [...state.marks, mark] : state.marks,
  };
}
