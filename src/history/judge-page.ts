import { deceptionFromMs, isTrusted } from './bounds.ts';
import { hasFailed } from './failed-window.ts';
import { alignDown, alignUp, horizonMs, listedToMs, timeBefore, timeFrom, unitsOf } from './horizon.ts';
import { isoTime } from './iso-time.ts';
import { withLateRows } from './late-rows.ts';
import { greatest, least } from './numbers.ts';
import {
  disclaimed,
  type Mark,
  marked,
  type PartState,
  unknownReach,
  withoutClaims,
  withoutRanges,
} from './part-state.ts';
import type { HeldRow, PageDecision, PageVerdict } from './ports.ts';
import { contains, difference, intersection, type Range, type RangeSet, union } from './range-set.ts';
import type { ReadSettings } from './settings.ts';
import { type SortedRows, sortRows } from './sort-rows.ts';
import type { Page, Stream } from './stream.ts';
import { walkFromMs } from './walk.ts';

/**
 * The rule that everything rests on: **a short page proves its window, nothing else proves anything.**
 *
 * A pure function: from the page, the part's state and the stored rows to what to store, what to claim and the next state.
 * Rows are stored whatever the verdict; only the claim depends on it.
 */
export function judgePage(page: Page, state: PartState, held: readonly HeldRow[], context: JudgeContext): PageDecision {
  const { stream } = context;
  const core = page.question.core;
  const sorted = sortRows(page, held);
  const stored = withLateRows(withRows(state, page, sorted), sorted.insert, page.clockMs, context);
  const unproved = (verdict: PageVerdict, next: PartState) => decide(sorted, verdict, [], next);

  const objection = objectionTo(page, stream, sorted);
  if (objection) {
    const next = objection.boundsIgnored ? withoutConfirmed(stored, state) : stored;
    return unproved({ kind: 'no-evidence', reason: objection.reason }, next);
  }
  const deceivedFromMs = deceptionFromMs(page, context.known ?? state, stream);
  const believedFromMs = Math.max(deceivedFromMs ?? core.from, core.from);
  const areBoundsHonoured = deceivedFromMs === null;
  const next: PartState = areBoundsHonoured ? { ...stored, boundsHonoured: true, confirmed: [] } : stored;
  if (isFull(page, stream)) {
    // Doubts of the walk stay: a unit whose record has vanished is left out of its windows only once it was requested twice.
    const read = intersection([core], timeFrom(walkFromMs(state, stream)));
    return unproved({ kind: 'steers' }, { ...next, suspect: difference(next.suspect, read) });
  }

  const quarantined = quarantinedRanges(page, sorted, stream);
  // A unit that is being divided was full of rows, which shows that its bounds are honoured.
  const atOnce = intersection([core], timeFrom(alignUp(believedFromMs, stream.unitMs)));
  const believableAtOnce = page.question.split ? [core] : atOnce;
  const confirmed = difference(confirmable(page, next, stream), believableAtOnce);
  const believable = union(believableAtOnce, confirmed);
  const reach = reachable(page, next, context);
  const vouchable = intersection(believable, reach);
  const notServed = held.filter((row) => !sorted.keys.has(row.key) && isAskedFor(row, page.question));
  const omittedFrom = (where: RangeSet) =>
    notServed.find((row) => contains(difference(where, quarantined), row.at)) ??
    missingBeside(sorted, notServed, where);
  // Time that is known to fail spoils nothing around it, and is not proved by a window that still lacks its record.
  const failing = marked(state.marks, (mark) => mark.reason === 'unexpected-answer' && !isWithin(core, mark));
  const answered = difference([core], omittedFrom(reach) ? union(quarantined, failing) : quarantined);
  const omitted = omittedFrom(intersection(reach, union(answered, quarantined)));
  if (omitted) {
    const reason = `it omits a record of ${isoTime(omitted.at)} that was served before`;
    return unproved({ kind: 'no-evidence', reason, omittedAtMs: omitted.at }, next);
  }
  if (page.question.split && !context.wholeUnit) return unproved({ kind: 'steers' }, next);

  const claim = intersection(answered, vouchable);
  // Excludes time that the exchange may not have listed yet.
  const listed = timeBefore(listedToMs(stream, page.clockMs, context.settings));
  const believed = intersection(intersection(answered, believable), listed);
  const shown = union(claim, intersection(union(state.answered, believed), reach));
  const covered = difference(union(state.covered, shown), quarantined);
  const unbelieved = difference([core], believable);
  // Time before the claimed reach is requested a second time only where it may be claimed, once the walk is done.
  const walkFrom = walkFromMs(state, stream);
  const neverClaimed = intersection([core], timeBefore(walkFrom));
  const doubted = difference(unbelieved, neverClaimed);
  // An old record is no longer served: the edge has passed it, and what it might have shown stays unclaimed.
  const older = union(covered, timeBefore(walkFrom));
  const isEdgePast = notServed.some((row) => contains(answered, row.at) && contains(neverClaimed, row.at));
  // Or bounds have been ignored since they were seen honoured: that has to be checked again.
  const askedTwice = intersection(state.suspect, neverClaimed);
  const askedOnce = difference(intersection(unbelieved, neverClaimed), askedTwice);
  const isDoubtedAnew = isEdgePast && !areBoundsHonoured && askedOnce.length > 0;
  const boundsHonoured = next.boundsHonoured && !isDoubtedAnew;
  // The past counts as requested once bounds are seen honoured, and at the latest when it was requested twice.
  const stillDoubted = isTrusted({ ...next, boundsHonoured }, stream, page.clockMs) && !isDoubtedAnew ? [] : askedOnce;
  // What seemed to lie beyond the reach is served after all: what was answered there before is requested again.
  const served = servedBy(page, stream);
  const freed = difference(intersection(unknownReach(state), served), covered);
  const verdict: PageVerdict = doubted.length > 0 ? { kind: 'unconfirmed' } : { kind: 'proves' };
  const judged: PartState = {
    ...next,
    suspect: difference(union(difference(state.suspect, believable), unbelieved), askedTwice),
    answered: difference(union(state.answered, believed), isEdgePast ? older : covered),
    covered,
    confirmed: union(next.confirmed, intersection(confirmed, believed)),
    requested: union(difference(state.requested, freed), difference(union(answered, quarantined), stillDoubted)),
    boundsHonoured,
    pending: union(
      difference(difference(next.pending, union(believable, neverClaimed)), quarantined),
      // A window that had failed is answered now, and doubted like any other.
      intersection(intersection(doubted, answered), marked(state.marks, hasFailed)),
    ),
    marks: stillMarked(state.marks, covered, union(answered, quarantined), served),
    lastReadAtMs: Math.max(state.lastReadAtMs ?? 0, page.clockMs),
  };
  const decision = decide(sorted, verdict, claim, disclaimed(judged, quarantined, 'quarantined'));
  const unclaimed = difference(believed, claim);
  return unclaimed.length > 0 ? { ...decision, answered: unclaimed } : decision;
}

/** Whether an answer must hold a stored row: in a divided unit each answer concerns one value only. */
function isAskedFor({ splitValue }: HeldRow, { split }: Page['question']): boolean {
  return split === undefined || splitValue === split.value;
}

function isWithin(inner: Range, outer: Range): boolean {
  return inner.from >= outer.from && inner.to <= outer.to;
}

/** A failed window is answered now, whatever may be claimed or read of it; every other gap ends where it is covered. */
function stillMarked(marks: readonly Mark[], covered: RangeSet, answered: RangeSet, served: RangeSet): readonly Mark[] {
  return marks.flatMap((mark) => {
    if (mark.reason === 'reach-unknown') return withoutRanges([mark], union(covered, served));
    return withoutRanges([mark], hasFailed(mark) ? answered : covered);
  });
}

/** More records are missing than rows are unreadable, so at least one of them was left out. */
function missingBeside({ quarantine }: SortedRows, notServed: readonly HeldRow[], where: RangeSet) {
  const aside = new Set(quarantine.map(({ key }) => key));
  const missing = notServed.filter((row) => contains(where, row.at) && !aside.has(row.key));
  return missing[quarantine.filter(({ key }) => key === null).length];
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
  /** The last question of an exhaustive division of one unit, all of them short: it proves the unit. */
  readonly wholeUnit?: boolean;
  /**
   * The part's state when the page was requested, if it was requested ahead. A record that was stored since may not have been
   * listed then, so its absence shows nothing.
   */
  readonly known?: PartState | undefined;
}

/** Whatever the requested cap: sources disagree about caps, so every round number is suspicious. */
const suspiciousCounts = new Set([50, 100, 200, 500, 1000]);

/** A full page steers and never proves. */
export function isFull(page: { readonly rows: { readonly length: number } }, stream: Stream): boolean {
  return page.rows.length >= stream.cap || suspiciousCounts.has(page.rows.length);
}

interface Objection {
  readonly reason: string;
  readonly boundsIgnored: boolean;
}

/** Why this page is not evidence: it does not answer the question. Null if it does. */
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
        reason: `it holds a record of ${isoTime(row.at)}, outside the window asked`,
        boundsIgnored: true,
      };
    }
  }
  return null;
}

/** What is believed because a second answer, with other bounds, agrees. */
function confirmable(page: Page, state: PartState, stream: Stream): RangeSet {
  return isTrusted(state, stream, page.clockMs) ? intersection([page.question.core], state.suspect) : [];
}

/**
 * What a current answer may vouch for, by the reach and by the exchange's clock: time within the documented reach, and
 * everything younger than a record in this very answer. A record of another answer shows less, because the exchange may have
 * moved its edge since.
 */
export function reachable(page: Page, state: PartState, { stream, settings }: JudgeContext): RangeSet {
  const served = servedBy(page, stream);
  const fromMs = Math.min(horizonMs(stream, page.clockMs), served[0]?.from ?? Number.POSITIVE_INFINITY);
  const unknown = difference(unknownReach(state), served);
  return difference([{ from: fromMs, to: listedToMs(stream, page.clockMs, settings) }], unknown);
}

/** Everything that is younger than the oldest record of a current answer. */
function servedBy(page: Page, stream: Stream): RangeSet {
  // An unreadable row may have a wrong time.
  const readable = page.rows.map((row) => (row.kind === 'row' ? row.at : null));
  const oldestServedMs = page.ageSeconds > 0 ? null : least(readable);
  return oldestServedMs === null ? [] : timeFrom(alignUp(oldestServedMs, stream.unitMs));
}

/** The units of unreadable rows; the whole window if not even their time could be read. */
export function quarantinedRanges(page: Page, sorted: SortedRows, stream: Stream): RangeSet {
  const core = page.question.core;
  if (sorted.quarantine.some((row) => row.at === null)) return [core];
  const units = unitsOf(
    sorted.quarantine.map((row) => row.at as number),
    stream.unitMs,
  );
  return intersection(units, [core]);
}

/** Bounds turn out to be ignored: takes back what only two equal answers have proved since bounds were last seen honoured. */
function withoutConfirmed(state: PartState, before: PartState): PartState {
  const { confirmed } = state;
  const isLate = state.longestLateMs !== before.longestLateMs;
  return {
    ...withoutClaims(state, confirmed),
    boundsHonoured: false,
    // A record can't be late in time that was never rightly claimed.
    longestLateMs: isLate && confirmed.length > 0 ? before.longestLateMs : state.longestLateMs,
    confirmed: [],
    requested: difference(state.requested, confirmed),
    // What the walk has requested stays doubted, and is requested again once bounds are honoured.
    suspect: intersection(state.suspect, timeBefore(state.claimedFromMs ?? 0)),
    pending: union(state.pending, intersection(state.covered, confirmed)),
  };
}

function agesOf(page: Page): (number | null)[] {
  return page.rows.map((row) => (row.at === null ? null : page.clockMs - row.at));
}

export function decide(sorted: SortedRows, verdict: PageVerdict, claim: RangeSet, state: PartState): PageDecision {
  const { insert, change, unchanged, quarantine } = sorted;
  return { verdict, insert, change, unchanged, quarantine, claim, state };
}
