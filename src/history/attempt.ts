import { type FailedWindow, failedAround, isHalfOfFailed } from './failed-window.ts';
import type { ExchangeFailure } from './failure.ts';
import { nextStep } from './next-question.ts';
import { greatest } from './numbers.ts';
import type { PartReading } from './part-reading.ts';
import { isUnderWay, type PartState } from './part-state.ts';
import type { NextStep, Plan, Scope, WindowStep } from './plan.ts';
import type { PageDecision } from './ports.ts';
import { difference, intersection, isSame, type Range, type RangeSet, rangeSet, union } from './range-set.ts';
import { notEvidence, type WindowAnswer } from './request-window.ts';
import type { Page } from './stream.ts';
import type { WindowSizer } from './window-sizer.ts';

/**
 * What to do after an answer:
 *
 * - `continue`: nothing; the part's state gives the next request, which is the same window if the answer was no evidence
 * - `ask-others`: it failed: it is requested again only if the exchange answers others
 * - `find-edge`: it was refused as too old
 * - `leave-unproved`: it should have settled a doubt, and did not
 * - `set-aside`: it keeps failing: its halves are requested, or it becomes a gap
 * - `divide-unit`: one unit is full
 * - `give-back`: a window that had failed is full: it is read like any other
 * - `stop`: the answer proves its window but changes nothing: the next read will know more
 */
export type Action =
  | { readonly kind: 'continue' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'ask-others'; readonly failure: ExchangeFailure }
  | { readonly kind: 'find-edge'; readonly refused: Range }
  | { readonly kind: 'leave-unproved' | 'divide-unit' | 'give-back'; readonly unproved: RangeSet }
  | { readonly kind: 'set-aside'; readonly failed: FailedWindow };

/** How many pages in a row may be no evidence before their window counts as failed. */
const maxObjections = 3;
/** The same for failed requests, each of which was already retried. */
const maxFailures = 2;

/**
 * What one attempt remembers from one window to the next, beside the part's state. It decides what is requested, how often and
 * how wide, and nothing that is claimed. It ends, because each step leaves less to do: a page takes its window off a list; a
 * window that fails is requested a bounded number of times and then narrowed, divided or made a gap (see failed-window.ts,
 * unit.ts, edge.ts); a doubt is settled or left (see confirmation.ts); and a full page makes the next window smaller (see
 * window-sizer.ts).
 */
export class Attempt {
  readonly #reading: PartReading;
  readonly #scope: Scope;
  readonly #sizer: WindowSizer;
  #isCrowded: boolean;
  #anchorMs: number | null;
  /** Consecutive failures of one window. */
  #failures = 0;
  #isProbe = false;
  #hasProbed = false;
  #hasRetried = false;
  /** Nothing is left to request. */
  isDone = false;

  constructor(reading: PartReading, from: PartState, scope: Scope, sizer: WindowSizer) {
    this.#reading = reading;
    this.#scope = scope;
    this.#sizer = sizer;
    this.#isCrowded = from.fittingWindowMs !== null;
    this.#anchorMs = this.#isCrowded ? null : from.newestRowMs;
  }

  /** The next request, with nothing in flight; null when nothing is left, or when the attempt must end. */
  plan(state: PartState): NextStep | null {
    const { exchange, reference, signal, budget } = this.#reading;
    const clockMs = exchange.clockMs();
    const step = nextStep(state, reference.stream, this.#planAt(clockMs));
    const isRetry = step?.kind === 'window' && step.isRetry === true;
    const isForLater =
      isRetry && this.#hasRetried && this.#failures === 0 && clockMs - (state.lastReadEndMs ?? 0) > maxWalkMs;
    this.isDone = step === null || isForLater;
    // A failing window is decided within one attempt, because attempts of a single page would never decide it.
    const isBetween = this.#failures === 0 && !this.#isProbe;
    if (this.isDone || signal.aborted || (isBetween && budget.spent())) return null;
    this.#isProbe = this.#scope === 'walk' && step?.kind === 'window' && step.target === null;
    this.#hasProbed ||= this.#isProbe;
    this.#hasRetried ||= isRetry;
    return step;
  }

  /**
   * Windows to request beside those in flight, unless an answer changes the plan: plain ones only, and no more than the
   * exchange's limit needs, the budget has left, and it is worth.
   */
  foresee(state: PartState, inFlight: readonly WindowStep[]): readonly WindowStep[] {
    const { exchange, reader, reference, signal, budget } = this.#reading;
    const { stream } = reference;
    const isPlain = inFlight.every(({ cut }) => cut) && !state.marks.some(isUnderWay);
    if (!isPlain || signal.aborted || budget.spent()) return [];
    const most = Math.min(budget.left(), (reader.readAhead?.(stream) ?? 0) + 1 - inFlight.length);
    const plan = { ...this.#planAt(exchange.clockMs()), anchorMs: null };
    const found: WindowStep[] = [];
    const { foresight } = this.#sizer;
    while (found.length < most) {
      const asked = [...inFlight, ...found];
      const windows = rangeSet(asked.map(({ core }) => core));
      const next = nextStep(asAnswered(state, windows), stream, plan);
      if (next?.kind !== 'window' || next.isRetry || next.target === null) break;
      if (next.cut === undefined) {
        // A second look may join them if it shares no window with them; what follows depends on its answer.
        if (next.doubted && intersection([next.core], windows).length === 0) found.push(next);
        break;
      }
      if (!isSame(next.target, next.core)) break;
      // A window of known rows that follows a guess depends on its answer.
      const isAfterGuess = asked.some(({ core, cut }) => isBeside(core, next.core) && !cut?.isKnown);
      const isKnown = next.cut.isKnown && !isAfterGuess;
      if (asked.length > foresight.depth(isKnown)) break;
      found.push(next);
    }
    return found;
  }

  #planAt(clockMs: number): Plan {
    return {
      scope: this.#scope,
      sizer: this.#sizer,
      anchorMs: this.#anchorMs,
      crowded: this.#isCrowded,
      clockMs,
      hasProbed: this.#hasProbed,
    };
  }

  judgeFailure(step: WindowStep, answer: Extract<WindowAnswer, { failure: unknown }>, state: PartState): Action {
    const { failure, error } = answer;
    if (failure === 'beyond-reach') {
      const { core, target, cut } = step;
      const { to } = cut && cut.window.to < cut.range.to ? cut.range : (target ?? core);
      return { kind: 'find-edge', refused: { from: core.from, to } };
    }
    if (this.#mayAskAgain(step, state, maxFailures)) return { kind: 'ask-others', failure: error };
    return this.#given(step, { reason: failure, error, omittedAtMs: null });
  }

  /** The action after a judged page that is being stored. */
  judgePage(step: WindowStep, page: Page, { verdict, state }: PageDecision, before: PartState): Action {
    const { stream } = this.#reading.reference;
    if (verdict.kind === 'no-evidence') {
      if (this.#mayAskAgain(step, before, maxObjections)) return { kind: 'continue' };
      const error = notEvidence(this.#reading, page, verdict.reason);
      return this.#given(step, { reason: 'unexpected-answer', error, omittedAtMs: verdict.omittedAtMs ?? null });
    }
    this.#failures = 0;
    const isPageFull = verdict.kind === 'steers';
    // The anchor's own unit may fill the page, so the next window goes without.
    this.#anchorMs = isPageFull
      ? null
      : greatest([this.#anchorMs, ...page.rows.map((row) => (row.kind === 'row' ? row.at : null))]);
    this.#isCrowded ||= isPageFull;
    const isSettled = step.target === null && state.boundsHonoured;
    const unproved = isSettled ? [] : intersection(step.doubted ?? [], state.suspect);
    if (isPageFull && step.core.to - step.core.from <= stream.unitMs) return { kind: 'divide-unit', unproved };
    this.#sizer.learn(page, isPageFull, step.cut);
    if (isPageFull && failedAround(before, step.core)) return { kind: 'give-back', unproved };
    if (unproved.length > 0) return { kind: 'leave-unproved', unproved };
    const isStill = !isPageFull && !this.#isProbe && basisOf(before) === basisOf(state);
    if (isStill && step.isRetry) {
      // Part of a gap, whose answer still lacks what made it one: the gap is due no longer.
      const error = notEvidence(this.#reading, page, 'it proves nothing new');
      return this.#given(step, { reason: 'unexpected-answer', error, omittedAtMs: null });
    }
    return isStill ? { kind: 'stop' } : { kind: 'continue' };
  }

  #mayAskAgain({ core }: WindowStep, state: PartState, most: number): boolean {
    return ++this.#failures < most && !isHalfOfFailed(state, core);
  }

  #given(step: WindowStep, failed: Omit<FailedWindow, 'window'>): Action {
    this.#failures = 0;
    this.#anchorMs = null;
    this.#sizer.learnFailed();
    if (step.target === null) return { kind: 'leave-unproved', unproved: step.doubted ?? [] };
    return { kind: 'set-aside', failed: { ...failed, window: step.target } };
  }

  /** The width for the next attempt to continue with; null if there is none. */
  get fittingMs(): number | null {
    return this.isDone ? null : this.#sizer.fittingMs;
  }
}

/**
 * However long the walk takes, a read is due after an hour, so that new records do not wait for it. Gaps that are requested
 * again then wait for the next sync: each read would make some of them due anew, and this one ends.
 */
export const maxWalkMs = 3_600_000;

/** The state for planning, as if these windows were answered. */
function asAnswered(state: PartState, windows: RangeSet): PartState {
  return { ...state, pending: difference(state.pending, windows), requested: union(state.requested, windows) };
}

/** What the next request follows from: if an answer leaves it as it was, the same request would follow. */
function basisOf({ pending, suspect, requested, covered, answered, marks, boundsHonoured }: PartState): string {
  return JSON.stringify([pending, suspect, requested, covered, answered, marks, boundsHonoured]);
}

function isBeside(one: Range, other: Range): boolean {
  return one.to === other.from || other.to === one.from;
}
