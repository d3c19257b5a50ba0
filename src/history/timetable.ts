import { isRefusal } from './gap.ts';
import type { PartState } from './part-state.ts';
import { partCount } from './parts.ts';
import type { Ending, Stream } from './stream.ts';

/**
 * When an exchange ends what; null if no end is known. Records are served for a while after that. It is what the exchange
 * announces, never evidence: a record dated after an end disproves that end.
 */
export interface Timetable {
  readonly depositsEndMs: number | null;
  readonly spotTradingEndMs: number | null;
  readonly futuresTradingEndMs: number | null;
  readonly platformEndMs: number | null;
}

export type EndName = keyof Timetable;

export const unknownTimetable: Timetable = {
  depositsEndMs: null,
  spotTradingEndMs: null,
  futuresTradingEndMs: null,
  platformEndMs: null,
};

const endNames: Readonly<Record<Ending, EndName>> = {
  deposits: 'depositsEndMs',
  'spot-trading': 'spotTradingEndMs',
  'futures-trading': 'futuresTradingEndMs',
  platform: 'platformEndMs',
};

/** When the platform ends; null if no end is known. */
export function platformEndOf(timetable: Timetable | null | undefined): number | null {
  return timetable?.platformEndMs ?? null;
}

/**
 * After this instant no new record can happen in the stream: its own end, or that of the platform if its own is unknown or
 * disproved by a record of these states. Null if no end is left.
 */
export function endOf(stream: Stream, states: readonly PartState[], timetable: Timetable | null): number | null {
  if (timetable === null) return null;
  const ends = endsOf(stream).map((name) => timetable[name]);
  return ends.find((endMs) => endMs !== null && !isDisproved(states, endMs)) ?? null;
}

/** The ends that concern a stream, its own first. */
function endsOf(stream: Stream): readonly EndName[] {
  return [endNames[stream.ending ?? 'platform'], endNames.platform];
}

function isDisproved(states: readonly PartState[], endMs: number): boolean {
  return states.some((state) => state.newestRowMs !== null && state.newestRowMs >= endMs);
}

/** An announced end, and the stream whose newest record is dated after it. */
export interface Disproof {
  readonly end: EndName;
  readonly endMs: number;
  readonly stream: string;
  readonly newestRowMs: number;
}

/** The ends of a timetable that the newest records of the fleet disprove. */
export function disproofsOf(
  timetable: Timetable | null,
  streams: readonly Stream[],
  newest: readonly { readonly stream: string; readonly newestRowMs: number | null }[],
): readonly Disproof[] {
  return newest.flatMap(({ stream: name, newestRowMs }) => {
    const stream = streams.find((candidate) => candidate.name === name);
    if (timetable === null || stream === undefined || newestRowMs === null) return [];
    return [...new Set(endsOf(stream))].flatMap((end) => {
      const endMs = timetable[end];
      return endMs !== null && newestRowMs >= endMs ? [{ end, endMs, stream: name, newestRowMs }] : [];
    });
  });
}

/** The timetable without the ends that are disproved: they are unknown again. */
export function withoutDisproved(timetable: Timetable | null, disproofs: readonly Disproof[]): Timetable | null {
  return timetable && { ...timetable, ...Object.fromEntries(disproofs.map(({ end }) => [end, null])) };
}

/**
 * No record of the stream was served any longer when the account was linked: all that is claimed lies after the stream's end,
 * so it can't be called complete. How far back movements are served is unknown.
 */
export function cameTooLate(
  stream: Stream,
  states: readonly PartState[],
  { endMs, fromMs }: { readonly endMs: number | null; readonly fromMs: number },
): boolean {
  if (endMs === null || fromMs < endMs || !stream.reachIsDocumented) return false;
  return !states.every((state) => state.marks.some((mark) => mark.reason === 'not-opened'));
}

/** After its end a platform may still answer for a while, or not at all; after this time nothing is waited for. */
const graceMs = 24 * 3_600_000;

/** Whether the platform has ended, as it is announced. */
export function hasPlatformEnded(timetable: Timetable | null | undefined, atMs: number): boolean {
  const platformEndMs = platformEndOf(timetable);
  return platformEndMs !== null && atMs >= platformEndMs;
}

interface Closing {
  readonly timetable: Timetable | null;
  readonly nowMs: number;
  /** The records of a stream's last minutes are listed by the sync after the one that follows its end. */
  readonly syncIntervalMs: number;
  /** A stream that was read so long after its end is not read again. */
  readonly rereadWindowMs: number;
}

/**
 * Whether an account is closed: the platform has ended, and every stream was read after that, a sync interval after its own end;
 * or it ended a day ago, and what was not read can no longer be read. A record dated after the end disproves it.
 */
export function isOver(
  streams: readonly Stream[],
  parts: readonly { readonly stream: string; readonly state: PartState }[],
  { timetable, nowMs, syncIntervalMs, rereadWindowMs }: Closing,
): boolean {
  const platformEndMs = platformEndOf(timetable);
  if (platformEndMs === null || nowMs < platformEndMs) return false;
  if (isDisproved(statesOf(parts), platformEndMs)) return false;
  if (nowMs >= platformEndMs + graceMs) return true;
  return streams.every((stream) => {
    const own = parts.filter(({ stream: of }) => of === stream.name);
    const endMs = endOf(stream, statesOf(own), timetable) ?? platformEndMs;
    const lastReadMs = Math.max(platformEndMs, endMs + Math.min(syncIntervalMs, rereadWindowMs));
    const over = own.filter(({ state: { lastReadEndMs, marks } }) => {
      if (lastReadEndMs !== null && lastReadEndMs >= lastReadMs) return true;
      // Most keys may not read it, so a refusal after the end is as final as an answer.
      return stream.right !== undefined && marks.some((mark) => isRefusal(mark) && mark.to >= lastReadMs);
    });
    return over.length === partCount(stream, own.length);
  });
}

function statesOf(parts: readonly { readonly state: PartState }[]): readonly PartState[] {
  return parts.map(({ state }) => state);
}
