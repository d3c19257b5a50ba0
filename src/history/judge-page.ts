import { alignDown, alignUp, horizonMs, unitsOf } from './horizon.ts';
import { longestLateMs } from './late-rows.ts';
import { disclaimed, type Gap, type PartState } from './part-state.ts';
import type { HeldRow, PageDecision, PageVerdict } from './ports.ts';
import { contains, difference, intersection, type RangeSet, rangeSet, union } from './range-set.ts';
import type { ReadSettings } from './settings.ts';
import { shorterReachOf } from './shorter-reach.ts';
import { type SortedRows, sortRows } from './sort-rows.ts';
import type { Page, Stream } from './stream.ts';

/**
 * The rule that everything rests on: **a short page proves its window, nothing else proves anything.**
 *
 * Pure: the page, the part's state and the rows held go in; what to store, what is claimed and the next state come out.
 * Rows are stored whatever the verdict is; only the claim depends on it.
 */
export function judgePage(page: Page, state: PartState, held: readonly HeldRow[], context: JudgeContext): PageDecision {
  const { stream } = context;
  const core = page.question.core;
  const sorted = sortRows(page, held);
  const stored: PartState = {
    ...withRows(state, page, sorted),
    longestLateMs: longestLateMs(state, sorted.insert, page.clockMs),
  };
  const unproved = (verdict: PageVerdict, next: PartState) => decide(sorted, verdict, [], next);

  const objection = objectionTo(page, stream, sorted);
  if (objection) {
    const next = objection.boundsIgnored ? withoutUnconfirmed(stored, state) : stored;
    return unproved({ kind: 'no-evidence', reason: objection.reason }, next);
  }
  const next: PartState = {
    ...stored,
    boundsHonoured: state.boundsHonoured || showsBoundsHonoured(page, state, stream),
  };
  if (isFull(page, stream)) return unproved({ kind: 'steers' }, { ...next, suspect: difference(next.suspect, [core]) });
  if (page.question.split && !context.wholeUnit) return unproved({ kind: 'steers' }, next);

  const quarantined = quarantinedRanges(page, sorted, stream);
  const proved = difference([core], quarantined);
  const believable = believableRanges(page, next, stream);
  const reach = reachable(page, next, context);
  const vouchable = intersection(believable, reach);
  const claim = intersection(proved, vouchable);

  const served = new Set([...sorted.keys, ...(context.wholeUnit?.keys ?? [])]);
  const notServed = held.filter((row) => !served.has(row.key));
  const missing = notServed.find((row) => contains(claim, row.at)) ?? missingBeside(sorted, notServed, vouchable);
  if (missing) {
    const reason = `it omits a record of ${new Date(missing.at).toISOString()} that was served before`;
    const shorterReach = shorterReachOf(page, held);
    return unproved({ kind: 'no-evidence', reason, ...(shorterReach && { shorterReach }) }, next);
  }
  const settled = intersection(
    intersection(proved, believable),
    before(page.clockMs - context.settings.settleLagMs, stream),
  );
  const answered = stream.beyond.kind === 'walk-back' ? union(state.answered, settled) : state.answered;
  const shown = union(claim, intersection(answered, reach));
  const covered = difference(union(state.covered, shown), quarantined);
  // What lies before the claimed reach was worth asking, and is not worth a second look.
  const neverClaimed = intersection([core], [{ from: Number.NEGATIVE_INFINITY, to: state.claimedFromMs ?? core.from }]);
  const suspect = difference(difference([core], believable), neverClaimed);
  const verdict: PageVerdict = suspect.length > 0 ? { kind: 'unconfirmed' } : { kind: 'proves' };
  const judged: PartState = {
    ...next,
    suspect: union(difference(state.suspect, believable), suspect),
    answered,
    covered,
    pending: difference(difference(state.pending, union(believable, neverClaimed)), quarantined),
    marks: unclaimed(state.marks, covered),
    lastReadAtMs: Math.max(state.lastReadAtMs ?? 0, page.clockMs),
  };
  const decision = decide(sorted, verdict, claim, disclaimed(judged, quarantined, 'quarantined'));
  return stream.beyond.kind === 'walk-back' ? { ...decision, answered: settled } : decision;
}

/** More records are missing than rows could not be read: whatever those are, one of the records was left out. */
function missingBeside({ quarantine }: SortedRows, notServed: readonly HeldRow[], where: RangeSet): HeldRow | null {
  const aside = new Set(quarantine.map(({ key }) => key));
  const missing = notServed.filter((row) => contains(where, row.at) && !aside.has(row.key));
  return missing[quarantine.filter(({ key }) => key === null).length] ?? null;
}

/**
 * The state with a page's rows stored. `isCurrent`: the exchange still served them at the page's clock, so that their age
 * shows how far back it serves; an answer from a cache shows what it did some time ago.
 */
export function withRows(
  state: PartState,
  page: Page,
  sorted: SortedRows,
  isCurrent: boolean = page.ageSeconds === 0,
): PartState {
  return {
    ...state,
    rowCount: state.rowCount + sorted.insert.length,
    oldestRowMs: least([state.oldestRowMs, ...sorted.insert.map((row) => row.at)]),
    newestRowMs: greatest([state.newestRowMs, ...sorted.insert.map((row) => row.at)]),
    provedReachMs: isCurrent ? greatest([state.provedReachMs, ...agesOf(page)]) : state.provedReachMs,
  };
}

export interface JudgeContext {
  readonly stream: Stream;
  readonly settings: ReadSettings;
  /** The last of several questions that together divide one unit exhaustively, all of them short: what the others served. */
  readonly wholeUnit?: { readonly keys: ReadonlySet<string> };
}

/** Whatever cap was asked for: sources disagree about caps, so that every round number is suspicious. */
const suspiciousCounts = new Set([50, 100, 200, 500, 1000]);

/** A full page steers and never proves. */
export function isFull(page: { readonly rows: { readonly length: number } }, stream: Stream): boolean {
  return page.rows.length >= stream.cap || suspiciousCounts.has(page.rows.length);
}

interface Objection {
  readonly reason: string;
  readonly boundsIgnored: boolean;
}

/** Why this page is not evidence: it does not answer the question that was asked. Null when it does. */
export function objectionTo(page: Page, stream: Stream, sorted: SortedRows): Objection | null {
  const other = (reason: string): Objection => ({ reason, boundsIgnored: false });
  if (page.ageSeconds > 0) return other('it comes from a cache');
  if (page.rows.length > stream.cap)
    return other(`it has ${page.rows.length} rows where at most ${stream.cap} are served`);
  if (sorted.foreignPart !== null) return other(`it holds records of the part "${sorted.foreignPart}"`);
  for (const row of page.rows) {
    if (row.at === null) continue;
    const unitMs = alignDown(row.at, stream.unitMs);
    if (unitMs < page.askedFromMs || unitMs > page.askedToMs) {
      return {
        reason: `it holds a record of ${new Date(row.at).toISOString()}, outside the window asked`,
        boundsIgnored: true,
      };
    }
  }
  return null;
}

/**
 * A misspelt or ignored bound is answered with a default window (the last 7 days) and looks like a quiet account.
 * Ours are shown to be honoured when a row lies before any default window, or a known row just before the window is left out.
 */
function showsBoundsHonoured(page: Page, state: PartState, stream: Stream): boolean {
  if (stream.defaultWindowMs === null) return true;
  const defaultFromMs = Math.min(page.askedToMs, page.clockMs) - stream.defaultWindowMs;
  if (page.rows.some((row) => row.at !== null && row.at < defaultFromMs)) return true;
  const leftOut = (knownMs: number | null) =>
    knownMs !== null &&
    knownMs < page.askedFromMs &&
    knownMs >= Math.max(defaultFromMs, horizonMs(stream, page.clockMs));
  return leftOut(state.oldestRowMs) || leftOut(state.newestRowMs);
}

/**
 * What of the window an exchange that ignores our bounds could not have answered just so. It would substitute its default
 * window: the last days before now, or before the end that was asked. An older row in the answer rules that out; otherwise
 * only what both windows hold is believed at once, and the rest when a second answer, cut differently, says the same.
 */
function believableRanges(page: Page, state: PartState, stream: Stream): RangeSet {
  const { core } = page.question;
  const widthMs = stream.defaultWindowMs;
  if (widthMs === null) return [core];
  const oldestMs = least(page.rows.map((row) => row.at));
  const beforeNow = page.clockMs - widthMs;
  const beforeEnd = page.askedToMs - widthMs;
  const notBeforeNow = oldestMs !== null && oldestMs < beforeNow;
  const notBeforeEnd = oldestMs !== null && oldestMs < beforeEnd;
  const fromMs = Math.max(notBeforeNow ? core.from : beforeNow, notBeforeEnd ? core.from : beforeEnd, core.from);
  const atOnce = intersection([core], [{ from: alignUp(fromMs, stream.unitMs), to: core.to }]);
  const noRowIsServed = state.newestRowMs === null || state.newestRowMs < horizonMs(stream, page.clockMs);
  const mayConfirm = state.boundsHonoured || noRowIsServed;
  return mayConfirm ? union(atOnce, intersection([core], state.suspect)) : atOnce;
}

/** What an answer of this moment may vouch for, by the reach and by the exchange's clock. */
export function reachable(page: Page, state: PartState, { stream, settings }: JudgeContext): RangeSet {
  const horizon = horizonMs(stream, page.clockMs);
  const provedFromMs = alignUp(page.clockMs - (state.provedReachMs ?? 0), stream.unitMs);
  const fromMs = stream.beyond.kind === 'walk-back' ? Math.min(horizon, provedFromMs) : horizon;
  const unknown = rangeSet(state.marks.filter((mark) => mark.reason === 'reach-unknown'));
  const reach = [{ from: fromMs, to: Number.POSITIVE_INFINITY }];
  return difference(intersection(reach, before(page.clockMs - settings.settleLagMs, stream)), unknown);
}

function before(instantMs: number, stream: Stream): RangeSet {
  return [{ from: Number.NEGATIVE_INFINITY, to: alignDown(instantMs, stream.unitMs) }];
}

/** The units of rows that could not be read; the whole window when not even their time could. */
export function quarantinedRanges(page: Page, sorted: SortedRows, stream: Stream): RangeSet {
  const core = page.question.core;
  if (sorted.quarantine.some((row) => row.at === null)) return [core];
  const units = unitsOf(
    sorted.quarantine.map((row) => row.at as number),
    stream.unitMs,
  );
  return intersection(units, [core]);
}

/** Bounds that nothing has shown to be honoured turn out to be ignored: what emptiness seemed to prove is taken back. */
function withoutUnconfirmed(state: PartState, before: PartState): PartState {
  if (state.boundsHonoured || state.readEndMs === null) return state;
  // Nothing came late to where nothing was rightly claimed.
  const { longestLateMs } = before;
  return {
    ...state,
    longestLateMs,
    covered: [],
    answered: [],
    suspect: [],
    pending: union(state.pending, state.covered),
  };
}

function unclaimed(marks: readonly Gap[], covered: RangeSet): readonly Gap[] {
  return marks.flatMap((mark) => difference([mark], covered).map((range) => ({ ...range, reason: mark.reason })));
}

function agesOf(page: Page): (number | null)[] {
  return page.rows.map((row) => (row.at === null ? null : page.clockMs - row.at));
}

function least(values: readonly (number | null)[]): number | null {
  return values.reduce((found, value) => (value !== null && (found === null || value < found) ? value : found), null);
}

function greatest(values: readonly (number | null)[]): number | null {
  return values.reduce((found, value) => (value !== null && (found === null || value > found) ? value : found), null);
}

function decide(sorted: SortedRows, verdict: PageVerdict, claim: RangeSet, state: PartState): PageDecision {
  const { insert, change, unchanged, quarantine } = sorted;
  return { verdict, insert, change, unchanged, quarantine, claim, state };
}
