import { hasFailed, isDue } from './failed-window.ts';
import { isRefusal } from './gap.ts';
import { rereadWindowMs } from './late-rows.ts';
import { isRemoved, type PartState } from './part-state.ts';
import { partCount } from './parts.ts';
import { firstPageAllowanceMs, type ReadSettings, reachMarginMs } from './settings.ts';
import type { Stream } from './stream.ts';
import { finalSweepIsDue } from './sweep.ts';
import { endOf, hasPlatformEnded } from './timetable.ts';
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
  return Math.min(...states.map((state) => Math.max(readEndMs(state), refusedMs(state)))) + restMs;
}

function readEndMs({ lastReadEndMs }: PartState): number {
  return lastReadEndMs ?? Number.NEGATIVE_INFINITY;
}

function refusedMs({ marks }: PartState): number {
  return Math.max(Number.NEGATIVE_INFINITY, ...marks.filter(isRefusal).map(({ to }) => to));
}

/** Whether a stream has to be read now, by its states: the calendar alone closes nothing. */
export function restOf(stream: Stream, states: readonly PartState[], context: RestContext): Rest {
  const { accountId, clockMs, settings, isChanging } = context;
  if (states.length < partCount(stream, states.length) || states.some(({ readThrough }) => !readThrough)) return 'due';
  const readMs = Math.min(...states.map(readEndMs));
  const isAfterEnd = wasReadAfterEnd(stream, states, context);
  if (isAfterEnd && hasPlatformEnded(settings.timetable, readMs)) return 'closed';
  // Once the platform has ended, a last read closes the stream.
  if (isChanging || hasPlatformEnded(settings.timetable, clockMs)) return 'due';
  if (states.some((state) => finalSweepIsDue(state, { accountId, clockMs, settings }))) return 'due';
  if (isAfterEnd && clockMs - readMs < restMs) return 'resting';
  return stream.isRare && states.every((state) => wasReadToday(stream, state, context)) ? 'resting' : 'due';
}

/** Everything was read when the stream's end was so long ago that no late record of it is expected. */
function wasReadAfterEnd(stream: Stream, states: readonly PartState[], { clockMs, settings }: RestContext): boolean {
  const endMs = endOf(stream, states, settings.timetable ?? null);
  if (endMs === null) return false;
  // Also for an account that was linked after the end: a single read does not prove that nothing goes on.
  const settledMs = (state: PartState) =>
    Math.max(endMs, linkedMs(stream, state)) + rereadWindowMs(state, stream, settings);
  const firstReadMs = Math.min(...states.map(readEndMs));
  return (
    states.every((state) => firstReadMs >= settledMs(state)) &&
    !states.some((state) => isUnread(state, stream, clockMs))
  );
}

function wasReadToday(stream: Stream, state: PartState, { clockMs, keyId }: RestContext): boolean {
  if (keyId !== undefined && state.walkedWith !== keyId) return false;
  // A full list holds only the newest records: some may have left it by tomorrow.
  if (stream.isList && state.marks.some(({ reason }) => reason === 'too-dense')) return false;
  // What BitMart has removed may come back at any time.
  if (state.marks.some(isRemoved)) return false;
  const isRefused = refusedMs(state) > readEndMs(state);
  return clockMs < restEndsMs([state]) && (isRefused || !isUnread(state, stream, clockMs));
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
