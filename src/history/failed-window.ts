import type { ExchangeFailure } from './failure.ts';
import { alignDown, alignUp, timeBefore, unitOf, widestCoreMs } from './horizon.ts';
import { goldenShare } from './numbers.ts';
import { type Mark, type PartState, withoutClaims, withoutRanges } from './part-state.ts';
import { difference, hull, intersection, type Range, type RangeSet, rangeSet, touches, union } from './range-set.ts';
import { type Stream, unknownRight } from './stream.ts';

const hourMs = 3_600_000;

/**
 * A window that keeps failing while the exchange answers others: its answers are not evidence (`unexpected-answer`), or none
 * come (`unanswered`). It must not delay anything else, so it leaves the list of what to request and becomes a gap.
 *
 * First it is narrowed: its newer half is requested. If that is answered, the failure lies in the older half; if not, in the
 * newer one, and the older one is requested normally. So each request halves the window, and after at most log2(window / unit)
 * requests (33 for 90 days and milliseconds) one failing unit is known and everything around it is read. A long range that
 * fails as a whole would be narrowed again and again, so a window just older than a gap that no failing instant explains
 * is narrowed roughly, to six hours, and one just older than a gap wider than that becomes a gap as a whole. With many gaps
 * narrowing ends at an hour, and with very many at a day. Therefore it ends.
 *
 * A gap is requested again at growing intervals, for as long as the account is read: a wide one from its younger and from its
 * older end in turn.
 */
export type FailedReason = 'unexpected-answer' | 'unanswered';

export function hasFailed(mark: Mark): mark is Mark & { readonly reason: FailedReason } {
  return mark.reason === 'unexpected-answer' || mark.reason === 'unanswered';
}

export interface FailedWindow {
  readonly window: Range;
  readonly reason: FailedReason;
  readonly error: ExchangeFailure;
  /** The time of a stored record that the answer lacks, if nothing else is wrong with it. */
  readonly omittedAtMs: number | null;
}

interface Failure extends Pick<FailedWindow, 'reason' | 'omittedAtMs'> {
  readonly stream: Stream;
  readonly clockMs: number;
  /** Ranges from here on belong to the read; the walk finds older ones. */
  readonly reachFromMs: number;
}

/** The state after a window failed. A smaller or another window is requested next. */
export function windowFailed(found: PartState, window: Range, failure: Failure): PartState {
  const { stream, reason, reachFromMs, omittedAtMs } = failure;
  if (omittedAtMs !== null) {
    // Settled time was proved before a record vanished from the exchange's answers; the page's rows are stored all the same.
    const settled = intersection(intersection(found.covered, [window]), settledRange(found, stream));
    if (intersection(found.pending, settled).length > 0)
      return { ...found, pending: difference(found.pending, settled) };
  }
  const known = failedAround(found, window);
  // A record of a wider gap that may still change was requested alone: the gap is requested as a whole in its turn.
  if (known && !known.narrowing && widthOf(window) <= stream.unitMs && widthOf(known) > stream.unitMs)
    return { ...found, pending: difference(found.pending, [window]) };
  const rounds = known === undefined ? 0 : (known.rounds ?? 0) + (known.narrowing ? 0 : 1);
  const smallest = smallestMs(found, stream, { isOmission: omittedAtMs !== null, rounds });
  const isWide = widthOf(window) > smallest;
  // Replaces what another failure noted about the same time.
  const marks = withoutRanges(found.marks, [window], (mark) => hasFailed(mark) && mark !== known);
  // What is left of it older than the reach is up to the walk, whatever was answered once.
  const requested = difference(found.requested, [known ?? window]);
  const state = { ...found, pending: difference(found.pending, [window]), requested, marks };
  const [omitted] = omittedAtMs === null ? [] : intersection([unitOf(omittedAtMs, smallest)], [window]);
  const mayBeGap = (known === undefined && !olderThanSolid(state, window, stream)) || known?.narrowing;
  if (omitted && isWide && mayBeGap) {
    // The failing unit is known at once; the rest of the window is smaller.
    const whole = known ?? window;
    const around = intersection(difference([whole], [omitted]), [{ from: reachFromMs, to: whole.to }]);
    const rest = replaced(state, known, [{ ...omitted, reason, rounds, narrowing: true }]);
    return { ...rest, pending: union(rest.pending, around) };
  }
  if (known?.narrowing === 'roughly') return narrowedRoughly(state, known, window, { ...failure, rounds });
  if (known?.narrowing) {
    const older = difference(intersection([known], [{ from: reachFromMs, to: known.to }]), [window]);
    if (isWide) return { ...replaced(state, known, [{ ...known, ...window }]), pending: union(state.pending, older) };
    const gap = { ...window, reason, rounds };
    const left = { ...replaced(state, known, []), pending: union(state.pending, older) };
    return postponed(withNeighbours(left, gap, stream), gap, failure);
  }
  if (known) {
    if (widthOf(known) > wideMs)
      return narrowedRoughly(state, known, isYoungerNext(known) ? window : known, { ...failure, rounds });
    const rest = replaced(state, known, withoutRanges([known], [window]));
    const again = { ...window, reason, rounds };
    // Every second time a gap is narrowed again, because less of it may fail by now.
    if (isWide && rounds % 2 === 1) return { ...rest, marks: [...rest.marks, { ...again, narrowing: true }] };
    return postponed(rest, again, failure);
  }
  const solid = olderThanSolid(state, window, stream);
  if (!isWide || (solid && widthOf(solid) > wideMs)) return postponed(state, { ...window, reason, rounds: 0 }, failure);
  return { ...state, marks: [...state.marks, { ...window, reason, narrowing: solid ? 'roughly' : true }] };
}

/**
 * Of a window that probably fails as a whole the younger half is requested, and half of that, for as long as it fails, down to
 * six hours: less of it may fail, above all at its younger end, and that costs a request for each half.
 */
function narrowedRoughly(
  state: PartState,
  known: Mark,
  window: Range,
  failure: Failure & { readonly rounds: number },
): PartState {
  const { reason, rounds } = failure;
  const { from, to } = known;
  const left = replaced(state, known, []);
  const isYounger = from < window.from && window.to === to;
  if (!isYounger || widthOf(window) <= wideMs) return postponed(left, { from, to, reason, rounds }, failure);
  const marks: readonly Mark[] = [...left.marks, { ...window, reason, rounds, narrowing: 'roughly' }];
  return postponed({ ...left, marks }, { from, to: window.from, reason, rounds }, failure);
}

/**
 * The size at which windows are no longer narrowed. An hour for a stream that was never seen to answer. Finding a failing unit
 * costs some 33 requests: with many gaps in one part narrowing ends at an hour, for 11 requests, and with very many at a day;
 * retries go on from there. So a hundred days of failures cost hundreds of requests, not thousands. The unit of a vanished
 * record is known at once, and is the only kind of gap as short as a unit: it counts only for further ones, so that vanished
 * records widen no other gap.
 */
function smallestMs(
  { marks }: PartState,
  { unitMs, right }: Stream,
  { isOmission, rounds }: { readonly isOmission: boolean; readonly rounds: number },
): number {
  const gaps = marks.filter((mark) => hasFailed(mark) && (isOmission || widthOf(mark) > unitMs)).length;
  if (gaps <= maxFailingUnits && right !== unknownRight) return unitMs;
  const coarseMs = gaps <= maxFailingHours ? hourMs : 24 * hourMs;
  return Math.max(unitMs, alignUp(coarseMs / finerBy ** Math.ceil(rounds / 2), unitMs));
}

/** A wider gap is narrowed roughly. */
const wideMs = 6 * hourMs;
/** Six requests at each retry that narrows. */
const finerBy = 64;
const maxFailingUnits = 16;
const maxFailingHours = 48;

/** A window that is wider than its target leaves out time that is known to fail, because it would fail with it. */
export function besideFailed(core: Range, target: Range, { marks }: PartState, { unitMs }: Stream): Range {
  const failed = marks.filter(hasFailed);
  const older = failed.filter(({ to }) => to <= target.from).map(({ to }) => Math.min(to + unitMs, target.from));
  const younger = failed.filter(({ from }) => from >= target.to).map(({ from }) => Math.max(from - unitMs, target.to));
  return { from: Math.max(core.from, ...older), to: Math.min(core.to, ...younger) };
}

/** The mark of known failure that contains the window; one that is being narrowed comes first. */
export function failedAround({ marks }: PartState, window: Range): Mark | undefined {
  const around = marks.filter((mark) => hasFailed(mark) && mark.from <= window.from && window.to <= mark.to);
  return around.find((mark) => mark.narrowing) ?? around[0];
}

export function isHalfOfFailed({ marks }: PartState, { from, to }: Range): boolean {
  return marks.some((mark) => mark.narrowing && mark.from <= from && to <= mark.to && to - from < mark.to - mark.from);
}

/** One failing instant fails three units, because requests include a unit on each side: the next two are requested alone. */
function withNeighbours(state: PartState, gap: Mark, { unitMs }: Stream): PartState {
  if (state.marks.some((mark) => isGap(mark) && touches(mark, gap))) return state;
  const known = union(union(state.covered, state.requested), rangeSet(state.marks));
  const alone = [1, 2].flatMap((units) =>
    difference([{ from: gap.from - units * unitMs, to: gap.from - (units - 1) * unitMs }], known),
  );
  const marks = alone.map((unit): Mark => ({ ...unit, reason: gap.reason, narrowing: true }));
  return { ...state, pending: difference(state.pending, alone), marks: [...state.marks, ...marks] };
}

/**
 * A window just older than a gap that no single instant explains probably fails as a whole: nothing that old is served. An
 * instant fails three units, because requests include one on each side, or an hour where windows are narrowed no further.
 */
function olderThanSolid({ marks }: PartState, window: Range, { unitMs, right }: Stream): Mark | undefined {
  const instantMs = right === unknownRight ? hourMs : 3 * unitMs;
  return marks.find(
    (mark) => isGap(mark) && widthOf(mark) > instantMs && mark.from <= window.to && mark.to > window.to,
  );
}

/** A window that had failed turns out to hold more rows than one answer: they are read like all others. */
export function givenBack(state: PartState, window: Range, reachFromMs: number): PartState {
  const known = failedAround(state, window);
  if (known === undefined) return state;
  // The walk requests older time, but nothing that was proved once, where a record may still change.
  const within = intersection([window], union([{ from: reachFromMs, to: window.to }], state.covered));
  const requested = difference(state.requested, [window]);
  return {
    ...replaced(state, known, withoutRanges([known], [window])),
    requested,
    pending: union(state.pending, within),
  };
}

/** The failed window to request next, among those in `scope`; null when none is due. */
export function nextFailedWindow(
  { marks }: PartState,
  { stream, clockMs, scope }: { stream: Stream; clockMs: number; scope: Range },
): Range | null {
  const inScope = marks.filter((mark) => hasFailed(mark) && scope.from <= mark.from && mark.from < scope.to);
  const narrowing = inScope.find((mark) => mark.narrowing);
  if (narrowing) {
    const { from, to } = narrowing;
    return to - from <= stream.unitMs ? { from, to } : { from: alignUp((from + to) / 2, stream.unitMs), to };
  }
  const due = inScope.find((mark) => isDue(mark, clockMs));
  if (due === undefined) return null;
  const widestMs = widestCoreMs(stream);
  const widthMs = Math.min(widestMs, widthOf(due) > wideMs ? alignUp(widthOf(due) / 2, stream.unitMs) : widthOf(due));
  // At another place each time, because part of a wide gap may be served by now.
  const share = isYoungerNext(due) ? 1 : widthOf(due) > 2 * widestMs ? goldenShare(due.rounds ?? 0) : 0;
  const from = due.from + alignUp((widthOf(due) - widthMs) * share, stream.unitMs);
  return { from, to: Math.min(due.to, from + widthMs) };
}

/** Of a wide gap the younger half is requested every second time, and the older half, or any part of it, in between. */
function isYoungerNext({ rounds = 0 }: Mark): boolean {
  return rounds % 2 === 0;
}

export function isDue({ askAgainMs = 0 }: Mark, clockMs: number): boolean {
  return askAgainMs <= clockMs;
}

const firstRetryMs = hourMs;
/** Nothing that may be served again waits longer for its retry than a quiet account for its sweep. */
const maxRetryMs = 7 * 24 * hourMs;

/**
 * Makes a window a gap, joined with touching ones of its reason. Wide ones that wait differently long stay apart, so that
 * what has failed for weeks does not keep a new one waiting. Covered time that is not settled is no longer claimed.
 */
function postponed(state: PartState, gap: Mark & { readonly rounds: number }, failure: Failure): PartState {
  const { clockMs, stream } = failure;
  const isApart = (mark: Mark) => Math.min(widthOf(mark), widthOf(gap)) > wideMs && delayMs(mark) !== delayMs(gap);
  const joined = state.marks.filter(
    (mark) => isGap(mark) && mark.reason === gap.reason && touches(mark, gap) && !isApart(mark),
  );
  const all = [gap, ...joined];
  const wide = all.filter((mark) => widthOf(mark) > wideMs);
  const rounds = Math.max(...(wide.length > 0 ? wide : all).map((mark) => mark.rounds ?? 0));
  const mark = {
    ...(hull(rangeSet(all)) ?? gap),
    reason: gap.reason,
    rounds,
    askAgainMs: clockMs + delayMs({ rounds }),
  };
  const unsettled = difference([gap], settledRange(state, stream));
  const marks = [...state.marks.filter((each) => !joined.includes(each)), mark];
  return { ...withoutClaims(state, unsettled), marks };
}

function delayMs({ rounds = 0 }: Pick<Mark, 'rounds'>): number {
  return Math.min(maxRetryMs, firstRetryMs * 2 ** rounds);
}

function widthOf({ from, to }: Range): number {
  return to - from;
}

/** Time that was requested at an age at which no more late rows are expected. */
export function settledRange({ settledThroughMs }: PartState, { unitMs }: Stream): RangeSet {
  return settledThroughMs === null ? [] : timeBefore(alignDown(settledThroughMs, unitMs));
}

function isGap(mark: Mark): boolean {
  return hasFailed(mark) && mark.narrowing === undefined;
}

function replaced(state: PartState, mark: Mark | undefined, by: readonly Mark[]): PartState {
  return { ...state, marks: [...state.marks.filter((each) => each !== mark), ...by] };
}
