import type { Gap, GapReason } from './gap.ts';
import { gapsOf, mergeGaps } from './gaps.ts';
import { horizonMs } from './horizon.ts';
import { greatest, least } from './numbers.ts';
import { type Mark, newPartState, type PartState } from './part-state.ts';
import { partCount } from './parts.ts';
import { contains, difference, hull, intersection, type RangeSet, rangeSet } from './range-set.ts';
import type { Stream } from './stream.ts';
import { cameTooLate, endOf, platformEndOf, type Timetable } from './timetable.ts';

/** What we can and can't vouch for in one stream. Instants in milliseconds. */
export interface StreamSummary {
  readonly stream: string;
  readonly rows: number;
  /** Every instant from `fromMs` through `throughMs` is proved; never true if nothing could be read. */
  readonly complete: boolean;
  /** The start of the claimed reach when the account was linked. */
  readonly fromMs: number;
  readonly throughMs: number | null;
  readonly settledThroughMs: number | null;
  readonly covered: RangeSet;
  readonly gaps: readonly Gap[];
  /** When the first instant that is not covered and can still be read falls out of the reach; null once nothing can be lost. */
  readonly atRiskAtMs: number | null;
  readonly lastReadAtMs: number | null;
  /** The oldest instant of which the exchange has served a record. Information only; it limits nothing. */
  readonly servedBackMs: number | null;
  /** When the time before the claimed reach was requested with the key in use; null if it was not yet. */
  readonly requestedAtMs: number | null;
  readonly readThrough: boolean;
  /** All that could be claimed lies after the stream's end: its records were no longer served when the account was linked. */
  readonly cameTooLate: boolean;
  /** The right that the key lacks to read it, if the exchange refuses it for that; null otherwise. */
  readonly missingRight: string | null;
  /** Why it can't become complete: it is left out of the account's verdict. Null if it can. */
  readonly unreadable: Unreadable | null;
}

/**
 * - `missing-right`: BitMart serves it only to keys with a right beyond reading
 * - `not-opened`: the user has no such account, or no record of it names a pair that could be requested
 * - `unprovable`: it is served as a list without a time, which proves nothing before its oldest and after its newest record
 * - `sub-account`: BitMart serves it to no key of a sub-account; the main account's history has it
 */
export type Unreadable = 'missing-right' | 'not-opened' | 'unprovable' | 'sub-account';

export interface Verdict {
  /** Every stream that the key can read is complete. */
  readonly complete: boolean;
  /** The streams that the verdict leaves out. */
  readonly unreadable: readonly StreamSummary[];
}

/** The verdict on several streams: one that the key can't read is never complete, and does not count for the account. */
export function verdictOn(summaries: readonly StreamSummary[]): Verdict {
  const readable = summaries.filter(({ unreadable }) => unreadable === null);
  return {
    complete: readable.length > 0 && readable.every(({ complete }) => complete),
    unreadable: summaries.filter(({ unreadable }) => unreadable !== null),
  };
}

export interface SummaryContext {
  readonly nowMs: number;
  /** False once unlinked or closed: then nothing is at risk. */
  readonly linked: boolean;
  /** When the exchange ends what; null when it has no end. */
  readonly timetable: Timetable | null;
  /** The account is read for the first time: pairs that its stored records name may not be noted yet. */
  readonly isBackfilling?: boolean;
}

/** A stream's summary from the states of its parts; parts that were never opened count as not read. */
export function summariseStream(stream: Stream, states: readonly PartState[], context: SummaryContext): StreamSummary {
  const { nowMs } = context;
  const opened = states.filter((state) => state.claimedFromMs !== null);
  const count = partCount(stream, states.length);
  const everyPart = opened.length === count;
  const covered =
    everyPart && count > 0
      ? opened.map((state) => state.covered).reduce((common, next) => intersection(common, next))
      : [];
  const claimedFromMs =
    opened.length > 0 ? Math.max(...opened.map((state) => state.claimedFromMs as number)) : horizonMs(stream, nowMs);
  // A list vouches for the time between its records, and for nothing before the oldest.
  const fromMs = stream.isList ? (covered[0]?.from ?? claimedFromMs) : claimedFromMs;
  const unopened: Gap[] =
    everyPart && count > 0 ? [] : [{ from: fromMs, to: nowMs, reason: everyPart ? 'not-opened' : 'not-yet-read' }];
  const endMs = endOf(stream, states, context.timetable);
  const reading = { isOver: !context.linked, endMs };
  const gaps = mergeGaps([...opened.map((state) => gapsOf(state, stream, nowMs, reading)), unopened]);
  const throughMs = hull(covered)?.to ?? null;
  const readThrough = everyPart && opened.every((state) => state.readThrough);
  const tooLate = readThrough && cameTooLate(stream, states, { endMs, fromMs: hull(covered)?.from ?? fromMs });
  return {
    stream: stream.name,
    rows: states.reduce((total, state) => total + state.rowCount, 0),
    complete:
      throughMs !== null && throughMs > fromMs && !tooLate && !gaps.some((gap) => isHole(gap, fromMs, throughMs)),
    fromMs,
    throughMs,
    settledThroughMs: everyPart ? settledThrough(opened, throughMs) : null,
    covered,
    gaps,
    atRiskAtMs: context.linked && count > 0 ? atRiskAt(stream, opened, { covered, fromMs, endMs }, context) : null,
    lastReadAtMs: greatest(states.map((state) => state.lastReadAtMs)),
    servedBackMs: least(states.map((state) => state.oldestRowMs)),
    requestedAtMs: everyPart ? greatest(opened.map((state) => state.walkedAtMs)) : null,
    readThrough,
    cameTooLate: tooLate,
    missingRight: opened.some((state) => isRightMissing(stream, state)) ? (stream.right ?? null) : null,
    unreadable: unreadableOf(stream, opened, count),
  };
}

function unreadableOf(stream: Stream, opened: readonly PartState[], count: number): Unreadable | null {
  if (opened.some((state) => isRightMissing(stream, state))) return 'missing-right';
  if (opened.length === count && opened.every((state) => endsWith(state, 'not-opened'))) return 'not-opened';
  if (opened.some((state) => endsWith(state, 'refused', 'sub-account'))) return 'sub-account';
  return stream.isList && opened.some(({ lastReadEndMs }) => lastReadEndMs !== null) ? 'unprovable' : null;
}

/** Whether a part was refused at its latest read for a right that most keys lack. What was read before is removed, not refused. */
export function isRightMissing({ right }: Stream, state: PartState): boolean {
  const isRemoved = state.lastReadEndMs !== null && endsWith(state, 'refused', 'withdrawn');
  return right !== undefined && endsWith(state, 'refused') && !isRemoved;
}

/** Whether the latest answer of a part was this refusal. */
function endsWith({ marks, lastReadEndMs }: PartState, reason: GapReason, ofNoKey?: Mark['ofNoKey']): boolean {
  return marks.some(
    (mark) =>
      mark.reason === reason &&
      (ofNoKey === undefined || mark.ofNoKey === ofNoKey) &&
      mark.to > (lastReadEndMs ?? Number.NEGATIVE_INFINITY),
  );
}

/** The summaries of several streams, each from its own parts among those that were ever opened. */
export function summariseStreams(
  streams: readonly Stream[],
  parts: readonly { readonly stream: string; readonly state: PartState }[],
  context: SummaryContext,
): readonly StreamSummary[] {
  return streams.map((stream) => {
    const statesOf = (name: string | undefined) =>
      parts.filter((part) => part.stream === name).map((part) => part.state);
    const states = statesOf(stream.name);
    // Until the stream that names its pairs is read, there may be some.
    const isUnknown =
      stream.pairsOf !== undefined &&
      states.length === 0 &&
      (context.isBackfilling === true || !statesOf(stream.pairsOf).some(({ readThrough }) => readThrough));
    return summariseStream(stream, isUnknown ? [newPartState] : states, context);
  });
}

/** Gaps before the claimed reach, where nothing is known to be missing: not holes in what was read. */
export const harmless: ReadonlySet<GapReason> = new Set(['expired-before-link', 'reach-unknown']);

function isHole(gap: Gap, fromMs: number, throughMs: number): boolean {
  return gap.from < throughMs && gap.to > fromMs;
}

function settledThrough(states: readonly PartState[], throughMs: number | null): number | null {
  const settled = states.map((state) => state.settledThroughMs);
  if (throughMs === null || settled.some((instant) => instant === null)) return null;
  return Math.min(throughMs, ...(settled as number[]));
}

/** When the first uncovered, readable instant leaves the reach; if all is covered, when the end of coverage does. */
function atRiskAt(
  stream: Stream,
  states: readonly PartState[],
  { covered, fromMs, endMs }: { covered: RangeSet; fromMs: number; endMs: number | null },
  context: SummaryContext,
): number | null {
  const platformEndMs = platformEndOf(context.timetable);
  // Nothing of the stream is dated later.
  const newestMs = Math.min(context.nowMs, endMs ?? context.nowMs);
  const horizon = Math.max(fromMs, horizonMs(stream, context.nowMs));
  // What a list can't prove, a later request can't prove either.
  const isUnreadable = ({ reason, ofNoKey }: Mark) =>
    stream.isList === true ||
    reason === 'not-opened' ||
    (reason === 'refused' && (stream.right !== undefined || ofNoKey !== undefined));
  const unreadable = rangeSet(states.flatMap((state) => state.marks.filter(isUnreadable)));
  const readable = difference(difference(rangeSet([{ from: horizon, to: newestMs }]), covered), unreadable);
  if (newestMs < context.nowMs && readable.length === 0) return platformEndMs;
  const firstMs =
    readable[0]?.from ?? (contains(covered, context.nowMs) ? (hull(covered)?.to ?? context.nowMs) : context.nowMs);
  return least([platformEndMs, firstMs + stream.reachMs]);
}
