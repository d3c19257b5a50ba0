import { rereadWindowMs } from './late-rows.ts';
import type { PartState } from './part-state.ts';
import { firstPageAllowanceMs, type ReadSettings, reachMarginMs } from './settings.ts';
import type { Stream } from './stream.ts';

/** When an exchange ends what. Records are served for a while after what they record has ended. */
export interface Timetable {
  readonly depositsEndMs: number;
  readonly tradingEndMs: number;
  readonly platformEndMs: number;
}

/** Which of the ends concerns a stream: no record of it is dated later. */
export type Ending = 'deposits' | 'trading' | 'platform';

/**
 * - `open`: something may still come
 * - `resting`: all that came is read and settled, so that a look a day is enough
 * - `closed`: read through after the last instant at which anything could be served
 */
export type Standing = 'open' | 'resting' | 'closed';

/** A stream that rests is read this often. */
export const restMs = 23.5 * 3_600_000;

/**
 * After this instant nothing new can happen in the stream. Null where the exchange has no end, and where it serves a record
 * dated later: evidence counts for more than a calendar.
 */
export function endOf(stream: Stream, states: readonly PartState[], timetable: Timetable | null): number | null {
  const endMs = announcedEndOf(stream, timetable);
  return endMs === null || isDisproved(states, endMs) ? null : endMs;
}

/** Whether the exchange served a record of this stream that the timetable rules out. */
export function disprovesTimetable(stream: Stream, states: readonly PartState[], timetable: Timetable | null): boolean {
  const endMs = announcedEndOf(stream, timetable);
  return endMs !== null && isDisproved(states, endMs);
}

function announcedEndOf(stream: Stream, timetable: Timetable | null): number | null {
  if (timetable === null) return null;
  switch (stream.ending) {
    case 'deposits':
      return timetable.depositsEndMs;
    case 'trading':
      return timetable.tradingEndMs;
    default:
      return timetable.platformEndMs;
  }
}

function isDisproved(states: readonly PartState[], endMs: number): boolean {
  return states.some((state) => state.newestRowMs !== null && state.newestRowMs >= endMs);
}

export interface StandingContext {
  readonly timetable: Timetable | null;
  readonly settings: ReadSettings;
  /** Some record of the stream may still change. */
  readonly changing: boolean;
}

/** How a stream stands to the timetable, by what was read: the calendar alone closes nothing. */
export function standingOf(stream: Stream, states: readonly PartState[], context: StandingContext): Standing {
  const { timetable, settings, changing } = context;
  const endMs = endOf(stream, states, timetable);
  if (timetable === null || endMs === null || states.length < stream.parts.length) return 'open';
  if (states.some((state) => !state.readThrough || state.pending.length > 0)) return 'open';
  const readMs = Math.min(...states.map((state) => state.lastReadEndMs ?? Number.NEGATIVE_INFINITY));
  // Also of an account that was linked after the end: one look is no proof that nothing goes on after all.
  const settledMs = Math.max(
    ...states.map((state) => Math.max(endMs, linkedMs(stream, state)) + rereadWindowMs(state, stream, settings)),
  );
  if (readMs >= Math.max(timetable.platformEndMs, settledMs)) return 'closed';
  return readMs >= settledMs && !changing && stream.ending !== 'platform' ? 'resting' : 'open';
}

/** About when the account was linked: settled is what was read again a while after that. */
function linkedMs(stream: Stream, { claimedFromMs }: PartState): number {
  return (claimedFromMs ?? Number.POSITIVE_INFINITY) + stream.reachMs - reachMarginMs - firstPageAllowanceMs;
}

/**
 * Nothing of the stream could be had any more when the account was linked: all that is claimed lies after the stream's end.
 * There is nothing to be complete about. Of movements nobody knows how far back they are served.
 */
export function cameTooLate(
  stream: Stream,
  states: readonly PartState[],
  { endMs, fromMs }: { readonly endMs: number | null; readonly fromMs: number },
): boolean {
  if (endMs === null || fromMs < endMs || !stream.reachIsDocumented) return false;
  return !states.every((state) => state.marks.some((mark) => mark.reason === 'not-opened'));
}

/** An exchange whose platform has ended may still answer for a while, or not at all; by then nothing is waited for. */
const graceMs = 24 * 3_600_000;

/**
 * Whether an account is closed: the platform has ended, and every stream was read after its end; or it has ended a day
 * ago and what was not read can't be read any more. A record dated after the end disproves it.
 */
export function isOver(
  streams: readonly Stream[],
  parts: readonly { readonly stream: string; readonly state: PartState }[],
  { timetable, nowMs }: { readonly timetable: Timetable | null; readonly nowMs: number },
): boolean {
  if (timetable === null || nowMs < timetable.platformEndMs) return false;
  const states = parts.map((part) => part.state);
  if (isDisproved(states, timetable.platformEndMs)) return false;
  if (nowMs >= timetable.platformEndMs + graceMs) return true;
  return streams.every((stream) => {
    const own = parts.filter((part) => part.stream === stream.name).map((part) => part.state);
    const read = own.filter(({ lastReadEndMs }) => lastReadEndMs !== null && lastReadEndMs >= timetable.platformEndMs);
    return read.length === stream.parts.length;
  });
}
