import { alignDown, alignUp, horizonMs, unitsOf } from './horizon.ts';
import { fadedLateMs, rereadWindowMs } from './late-rows.ts';
import { widestCoreMs } from './next-question.ts';
import type { Gap, PartState } from './part-state.ts';
import { difference, intersection, type RangeSet, rangeSet } from './range-set.ts';
import { firstPageAllowanceMs, type ReadSettings } from './settings.ts';
import type { Stream } from './stream.ts';
import { finalSweepIsDue, sweepIsDue } from './sweep.ts';

/**
 * A read goes from a plan to a frozen end: `beginRead` writes down what has to be asked, every proving page takes its
 * window off that list, and `finishRead` moves the frozen end on. Nothing else remembers how far we are.
 */
export interface ReadStart {
  readonly accountId: string;
  readonly stream: Stream;
  readonly clockMs: number;
  readonly settings: ReadSettings;
  /** Times of the records that still change: they are read again wherever they lie. */
  readonly changingAtMs: readonly number[];
}

/** The state with a read under way. A read that was interrupted goes on with the end it had. */
export function beginRead(state: PartState, start: ReadStart): PartState {
  const { stream, clockMs, settings } = start;
  // Forgotten before anything new is seen: what this read finds late must not fade by the time before it.
  const faded = { longestLateMs: fadedLateMs(state, clockMs, settings) };
  const reading = state.readEndMs === null ? { ...planRead(state, start), ...faded } : state;
  const lost = neverSettled(reading, horizonMs(stream, clockMs), settings, stream);
  return {
    ...reading,
    covered: difference(reading.covered, lost),
    answered: difference(reading.answered, lost),
    pending: dropUnservable(reading.pending, stream, clockMs),
  };
}

function planRead(state: PartState, start: ReadStart): PartState {
  const { stream, clockMs, settings, changingAtMs } = start;
  const endMs = alignDown(clockMs - settings.settleLagMs, stream.unitMs);
  const horizon = horizonMs(stream, clockMs);
  const claimedFromMs = state.claimedFromMs ?? alignUp(horizon + firstPageAllowanceMs, stream.unitMs);
  const firstRead = state.lastReadEndMs === null;
  const fromMs = unsettledFromMs(state, settings, stream) ?? claimedFromMs;
  const explained = state.marks.filter((mark) => mark.reason !== 'refused' && mark.reason !== 'not-opened');
  const unread = difference(
    difference([{ from: Math.max(horizon, claimedFromMs), to: endMs }], state.covered),
    rangeSet(explained),
  );
  const changing = intersection(windowsOf(changingAtMs, stream), [{ from: 0, to: endMs }]);
  const sweeps = firstRead || sweepIsDue(state, start);
  const swept = sweeps ? [{ from: Math.max(horizon, claimedFromMs), to: endMs }] : [];
  // What was asked once and lies beyond the reach is asked once more before the exchange closes.
  const final = stream.beyond.kind === 'walk-back' && finalSweepIsDue(state, start);
  const beyond = firstRead || final ? beyondReach(stream, claimedFromMs) : [];
  const pending = rangeSet([{ from: fromMs, to: endMs }, ...unread, ...swept, ...changing, ...beyond]);
  const sweptMs = sweeps ? endMs : state.sweptMs;
  return { ...state, claimedFromMs, readEndMs: endMs, pending, suspect: [], fittingWindowMs: null, sweptMs };
}

/** The fewest windows that hold all of these instants: one request each, unless they are full. */
function windowsOf(instantsMs: readonly number[], stream: Stream): RangeSet {
  const windows: { from: number; to: number }[] = [];
  for (const unit of unitsOf(instantsMs, stream.unitMs)) {
    const last = windows.at(-1);
    if (last && unit.to - last.from <= widestCoreMs(stream)) last.to = unit.to;
    else windows.push({ ...unit });
  }
  return windows;
}

/** From here on, what was read last time was too young for late rows to have shown. Null before the first read is done. */
function unsettledFromMs(state: PartState, settings: ReadSettings, stream: Stream): number | null {
  if (state.lastReadEndMs === null) return null;
  return alignDown(state.lastReadEndMs - rereadWindowMs(state, stream, settings), stream.unitMs);
}

/** What was read once, and fell out of reach before it was read again at a settled age, can't be vouched for. */
function neverSettled(state: PartState, horizon: number, settings: ReadSettings, stream: Stream): RangeSet {
  const unsettledMs = unsettledFromMs(state, settings, stream);
  if (unsettledMs === null) return [];
  // What was asked at half the reach was asked again and again: however late rows come, that much is vouched for.
  const from = Math.max(unsettledMs, (state.lastReadEndMs ?? unsettledMs) - stream.reachMs / 2);
  return intersection(state.pending, [{ from, to: horizon }]);
}

/** The state after a read whose every window was answered. */
export function finishRead(state: PartState, stream: Stream, settings: ReadSettings): PartState {
  const endMs = state.readEndMs ?? state.lastReadEndMs;
  const firstRead = state.lastReadEndMs === null;
  const finished: PartState = {
    ...state,
    pending: [],
    suspect: [],
    fittingWindowMs: null,
    readEndMs: null,
    lastReadEndMs: endMs,
    readThrough: true,
    settledThroughMs: endMs === null ? null : endMs - rereadWindowMs(state, stream, settings),
  };
  return firstRead && state.rowCount === stream.suspiciousTotal ? withoutOldestUnknown(finished) : finished;
}

/** The state when the exchange refuses this stream, or has no such account: a gap with its reason, and the read ends. */
export function refuseRead(state: PartState, reason: 'refused' | 'not-opened'): PartState {
  const from = state.lastReadEndMs ?? state.claimedFromMs;
  const to = state.readEndMs;
  const others = state.marks.filter((mark) => mark.reason !== reason);
  const mark: Gap[] = from !== null && to !== null && from < to ? [{ from, to, reason }] : [];
  return { ...state, pending: [], suspect: [], readEndMs: null, marks: [...others, ...mark], readThrough: true };
}

/** The exchange says that everything before this window is beyond its reach: it is not asked for again. */
export function crossEdge(state: PartState, windowToMs: number): PartState {
  return { ...state, pending: difference(state.pending, [{ from: Number.NEGATIVE_INFINITY, to: windowToMs }]) };
}

function beyondReach(stream: Stream, claimedFromMs: number): RangeSet {
  const fromMs = stream.beyond.kind === 'probe' ? claimedFromMs - stream.beyond.widthMs : stream.beyond.untilMs;
  return rangeSet([{ from: alignUp(fromMs, stream.unitMs), to: claimedFromMs }]);
}

/** What has become older than any reach thought possible since the read began can't be asked any more. */
function dropUnservable(pending: RangeSet, stream: Stream, clockMs: number): RangeSet {
  if (stream.beyond.kind === 'walk-back') return pending;
  const oldestMs = alignUp(clockMs - stream.reachMs - stream.beyond.widthMs, stream.unitMs);
  return difference(pending, [{ from: Number.NEGATIVE_INFINITY, to: oldestMs }]);
}

/** Exactly as many records as an old limit allows: the limit is at work, and emptiness before the oldest proves nothing. */
function withoutOldestUnknown(state: PartState): PartState {
  if (state.oldestRowMs === null || state.claimedFromMs === null) return state;
  const unknown = [{ from: Number.NEGATIVE_INFINITY, to: state.oldestRowMs }];
  const mark: Gap = { from: state.claimedFromMs, to: state.oldestRowMs, reason: 'reach-unknown' };
  return {
    ...state,
    covered: difference(state.covered, unknown),
    answered: difference(state.answered, unknown),
    marks: mark.from < mark.to ? [...state.marks, mark] : state.marks,
  };
}
