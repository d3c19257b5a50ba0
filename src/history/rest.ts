import { hasFailed, isDue } from './failed-window.ts';
import { isRefusal } from './gap.ts';
import { rereadWindowMs } from './late-rows.ts';
import { isRemoved, type PartState } from './part-state.ts';
import { partCount } from './parts.ts';
import { firstPageAllowanceMs, type ReadSettings, reachMarginMs } from './settings.ts';
import type { Stream } from './stream.ts';
import { finalSweepIsDue } from './sweep.ts';
import { endOf, platformEndOf } from './timetable.ts';
import { walkOf } from './walk.ts';

/**
 * - `due`: read at every sync
 * - `resting`: it was read within the last day, which is enough: its end has passed, and all that came is read and settled;
 *   or new records of it are rare
 * - `closed`: read through after the end of the platform; nothing more is read
 */
export type Rest = 'due' | 'resting' | 'closed';

export interface RestContext {
  readonly accountId: string;
  /** The exchange's clock. */
  readonly clockMs: number;
  readonly settings: ReadSettings;
  /** Whether a record of the stream may still change. */
  readonly isChanging: boolean;
  /** The key in use, if known: what another key was refused is requested at once. */
  readonly keyId?: string;
}

/** A stream that rests is read this often. */
export const restMs = 23.5 * 3_600_000;

/** When the rest of a stream with these states ends: it is read once a day. */
export function restEndsMs(states: readonly PartState[]): number {
  return lastReadMs(states) + restMs;
}

function lastReadMs(states: readonly PartState[]): number {
  return Math.min(...states.map((state) => Math.max(readEndMs(state), refusedMs(state))));
}

function readEndMs({ lastReadEndMs }: PartState): number {
  return lastReadEndMs ?? Number.NEGATIVE_INFINITY;
}

function refusedMs({ marks }: PartState): number {
  return Math.max(Number.NEGATIVE_INFINITY, ...marks.filter(isRefusal).map(({ to }) => to));
}

/** Whether a stream has to be read now, by its states: the calendar alone closes nothing. */
export function restOf(stream: Stream, states: readonly PartState[], context: RestContext): Rest {
  const rest = restAfterEnd(stream, states, context);
  return rest === 'due' && stream.isRare && wasReadToday(stream, states, context) ? 'resting' : rest;
}

function wasReadToday(stream: Stream, states: readonly PartState[], context: RestContext): boolean {
  const { accountId, clockMs, settings, isChanging, keyId } = context;
  const platformEndMs = platformEndOf(settings.timetable);
  if (
    isChanging ||
    states.length < partCount(stream, states.length) ||
    (platformEndMs !== null && clockMs >= platformEndMs)
  )
    return false;
  return states.every((state) => {
    if (keyId !== undefined && state.walkedWith !== keyId) return false;
    if (!state.readThrough || finalSweepIsDue(state, { accountId, clockMs, settings })) return false;
    // A full list holds only the newest records: some may have left it by tomorrow.
    if (stream.isList && state.marks.some(({ reason }) => reason === 'too-dense')) return false;
    // What BitMart has removed may come back at any time.
    if (state.marks.some(isRemoved)) return false;
    const isRefused = refusedMs(state) > readEndMs(state);
    return clockMs - lastReadMs([state]) < restMs && (isRefused || !isUnread(state, stream, clockMs));
  });
}

function restAfterEnd(stream: Stream, states: readonly PartState[], context: RestContext): Rest {
  const { accountId, clockMs, settings, isChanging } = context;
  const timetable = settings.timetable ?? null;
  const endMs = endOf(stream, states, timetable);
  if (endMs === null || states.length < partCount(stream, states.length)) return 'due';
  if (states.some((state) => !state.readThrough || isUnread(state, stream, clockMs))) return 'due';
  const readMs = Math.min(...states.map(readEndMs));
  // Also for an account that was linked after the end: a single read does not prove that nothing goes on.
  const settledMs = Math.max(
    ...states.map((state) => Math.max(endMs, linkedMs(stream, state)) + rereadWindowMs(state, stream, settings)),
  );
  if (readMs < settledMs) return 'due';
  const platformEndMs = platformEndOf(timetable);
  if (platformEndMs !== null && readMs >= platformEndMs) return 'closed';
  // Once the platform has ended, a last read closes the stream.
  if (isChanging || clockMs - readMs >= restMs || (platformEndMs !== null && clockMs >= platformEndMs)) return 'due';
  return states.some((state) => finalSweepIsDue(state, { accountId, clockMs, settings })) ? 'due' : 'resting';
}

/** Whether something of the part is left to request: of a read, of the walk, or because it failed and is due again. */
function isUnread(state: PartState, stream: Stream, clockMs: number): boolean {
  if (state.pending.length > 0 || state.walkedWith === null || walkOf(state, stream).length > 0) return true;
  return state.marks.some((mark) => mark.division !== undefined || (hasFailed(mark) && isDue(mark, clockMs)));
}

/** The approximate time of linking: settled is what was read again a while after that. */
function linkedMs(stream: Stream, { claimedFromMs }: PartState): number {
  return (claimedFromMs ?? Number.POSITIVE_INFINITY) + stream.reachMs - reachMarginMs - firstPageAllowanceMs;
}
