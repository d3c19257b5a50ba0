import { givenBack, hasFailed, windowFailed } from './failed-window.ts';
import { ExchangeFailure, type FailureDetails } from './failure.ts';
import { horizonMs } from './horizon.ts';
import { isFull } from './judge-page.ts';
import { LastPage } from './last-page.ts';
import { type NextStep, nextStep, type Scope, type WindowStep } from './next-question.ts';
import { beginCommit, Counts, change, type PartReading, type PartResult, type ReadContext } from './part-reading.ts';
import { leftUnproved, type PartState } from './part-state.ts';
import type { PartReference } from './ports.ts';
import { intersection, sameSet } from './range-set.ts';
import { refuseRead } from './read.ts';
import { asItStands, ReadProgress } from './read-progress.ts';
import { replayAnswers } from './replay.ts';
import { isAnsweringOthers, requestWindow } from './request-window.ts';
import { SizerMemory } from './sizer-memory.ts';
import { type Page, type Question, unknownRight } from './stream.ts';
import { beginDivision, divideFurther } from './unit.ts';
import { crossEdge, walkFromMs } from './walk.ts';
import { WindowSizer } from './window-sizer.ts';

/**
 * Reads one part from where coverage says it stands to the exchange's present, page by page, each stored before the next
 * decision is made. Throws FenceLost when another attempt has taken over; every ExchangeFailure ends up in `blocked`.
 */
export async function readPart(context: ReadContext, reference: PartReference): Promise<PartResult> {
  const { exchange, store, settings, keyId } = context;
  const counts = new Counts(reference.part);
  if (context.budget.spent() || context.signal.aborted) return counts.result({ done: false });
  const { fence, hasReplays, state: opened } = await store.openPart(reference);
  const changingAtMs = await store.changingRecords(reference);
  const { accountId, stream } = reference;
  const startAt = (clockMs: number) => new ReadProgress({ accountId, stream, keyId, clockMs, settings, changingAtMs });
  const reading = { ...context, reference, fence, counts, progress: startAt(exchange.clockMs()) };
  return await orBlocked(reading, async () => {
    // The end of the read is frozen by the exchange's clock, so that clock comes first.
    await exchange.measureClock(context.signal);
    const replayed = hasReplays && context.replays;
    if (replayed) await replayAnswers(reading, replayed);
    const progress = startAt(exchange.clockMs());
    reading.progress = progress;
    const kept = replayed || progress.mustBeKept(opened);
    const begun = kept ? await change(reading, (state) => state) : progress.begun(opened);
    const { state, isDone } = await readScope(reading, begun, 'reach');
    if (!isDone) return counts.result({ done: false });
    const ended = progress.ended ? state : await change(reading, (left) => progress.finished(left));
    return counts.result({ done: true, hasWalkLeft: !ended.readThrough || isLeftToWalk(reading, ended) });
  });
}

/** Requests what is older than the documented reach, and was not requested with this key yet. */
export async function walkPart(context: ReadContext, reference: PartReference): Promise<PartResult> {
  const counts = new Counts(reference.part);
  if (context.budget.spent() || context.signal.aborted) return counts.result({ done: false });
  const { fence, state: opened } = await context.store.openPart(reference);
  const reading: PartReading = { ...context, reference, fence, counts, progress: { ...asItStands } };
  return await orBlocked(reading, async () => {
    await context.exchange.measureClock(context.signal);
    const { state, isDone } = await readScope(reading, opened, 'walk');
    if (isDone && !state.readThrough) await change(reading, (walked) => ({ ...walked, readThrough: true }));
    return counts.result({
      done: isDone,
      hasWalkLeft: !isDone,
      isReadDue: !isDone && isReadDue(opened, context.exchange.clockMs()),
    });
  });
}

/**
 * However long the walk takes (a slow exchange, a long outage of it), new records never wait longer for it than for a sync.
 * The walk goes on after that read, because each of its windows is requested once. Gaps that are asked for again do not: each
 * read would make some of them due anew. Once a read is due, they wait for the next sync, so that this one ends.
 */
function isReadDue({ lastReadEndMs }: PartState, clockMs: number): boolean {
  return clockMs - (lastReadEndMs ?? 0) > maxWalkMs;
}

const maxWalkMs = 3_600_000;

/** What the exchange refuses as a whole ends the reading: as a gap where it is for good, and otherwise until another time. */
export async function orBlocked(reading: PartReading, read: () => Promise<PartResult>): Promise<PartResult> {
  const { counts } = reading;
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    const { kind } = error.details;
    const { right } = reading.reference.stream;
    if (kind === 'not-opened' || kind === 'refused-stream' || isUnknownRefusal(error.details, right)) {
      const reason = kind === 'not-opened' ? 'not-opened' : 'refused';
      await change(reading, (begun) => refuseRead(begun, reason));
      const isExpected = kind === 'not-opened' || right !== undefined;
      return counts.result({ done: true, blocked: isExpected ? null : error.details });
    }
    return counts.result({ done: false, blocked: error.details });
  }
}

/** How a stream that was never seen refuses nobody knows. A page that contradicts its question is none of its refusals. */
function isUnknownRefusal({ kind, exchangeCode }: FailureDetails, right: string | undefined): boolean {
  return right === unknownRight && kind === 'unexpected' && exchangeCode !== successCode;
}

const successCode = 1_000;

/** How often a page that is no evidence is asked for before its window is said to fail. */
const maxObjections = 3;
/** The same of a request that was tried several times each time already. */
const maxFailures = 2;

/** Asks until nothing is left of a scope, or the budget or the signal ends it. */
export async function readScope(
  reading: PartReading,
  from: PartState,
  scope: Scope,
): Promise<{ readonly state: PartState; readonly isDone: boolean }> {
  const { stream, part } = reading.reference;
  let state = from;
  const readEndMs = from.readEndMs ?? 0;
  const sizers = reading.sizers ?? new SizerMemory();
  const sizer = sizers.take(reading.reference, { readEndMs, fittingWindowMs: from.fittingWindowMs });
  let crowded = from.fittingWindowMs !== null;
  let anchorMs = crowded ? null : state.newestRowMs;
  let failures = 0;
  let isDone = false;
  let hasRetried = false;
  let hasProbed = false;
  let isProbe = false;
  const last = new LastPage();
  const stored = async () => (await last.stored())?.state ?? state;
  const changed = async (to: (found: PartState) => PartState) => {
    await last.stored();
    return await change(reading, to);
  };
  const failed = async (window: WindowStep, how: Omit<WindowFailure, 'window'>) => {
    failures = 0;
    anchorMs = null;
    sizer.learnFailed();
    if (window.target === null) return await change(reading, (found) => leftUnproved(found, window.doubted));
    return await setAside(reading, state, { ...how, window: window.target });
  };
  for (;;) {
    const clockMs = reading.exchange.clockMs();
    const servedFromMs = horizonMs(stream, clockMs);
    const step = nextStep(state, stream, { scope, sizer, anchorMs, crowded, servedFromMs, clockMs, hasProbed });
    const isForLater = isRetry(step) && hasRetried && failures === 0 && isReadDue(state, clockMs);
    isDone = step === null || isForLater;
    // What fails is seen to its end in one attempt: an attempt of a single page would never come to it.
    const isBetween = failures === 0 && !isProbe;
    if (isDone || step === null || reading.signal.aborted || (isBetween && reading.budget.spent())) break;
    isProbe = scope === 'walk' && step.kind === 'window' && step.target === null;
    hasProbed ||= isProbe;
    const before = state;
    if (step.kind === 'division') {
      state = await stored();
      const { division } = step.mark;
      if (division) state = await divideFurther(reading, step.mark, division);
      continue;
    }
    hasRetried ||= isRetry(step);
    const question = { part, core: step.core };
    const answer = await last.storedMeanwhile(reading.signal, (signal) =>
      requestWindow({ ...reading, signal }, question),
    );
    if (answer === null) {
      state = last.decision?.state ?? state;
      continue;
    }
    if ('failure' in answer) {
      state = await stored();
      const { failure, error } = answer;
      if (failure === 'beyond-reach')
        state = await change(reading, (found) =>
          crossEdge(found, { from: step.core.from, to: step.rangeToMs ?? (step.target ?? step.core).to }, stream),
        );
      else if (++failures < maxFailures && !isNarrowed(state, question)) await requireAnswers(reading, error);
      else state = await failed(step, { reason: failure, error, omittedAtMs: null });
      continue;
    }
    const { page } = answer;
    const decision = await last.begin(beginCommit(reading, page));
    state = decision.state;
    if (decision.verdict.kind === 'no-evidence') {
      const { reason, omittedAtMs = null } = decision.verdict;
      if (++failures < maxObjections && !isNarrowed(before, question)) continue;
      state = await stored();
      state = await failed(step, {
        reason: 'unexpected-answer',
        error: notEvidence(reading, page, reason),
        omittedAtMs,
      });
      continue;
    }
    failures = 0;
    const full = isFull(page, stream);
    if (full && step.core.to - step.core.from <= stream.unitMs) {
      state = await changed((found) => beginDivision(rest(found), step.core));
    } else {
      sizer.learn(page, full);
      if (full && before.marks.some(hasFailed)) state = await changed(rest);
    }
    const unsettled = intersection(step.doubted ?? [], state.suspect);
    if (unsettled.length > 0 && !(step.target === null && state.boundsHonoured)) {
      state = await changed((found) => leftUnproved(found, unsettled));
    }
    // A full page may be full of the anchor's own unit: the next window does without.
    anchorMs = full ? null : (newestOf(page) ?? anchorMs);
    crowded ||= full;
    if (!full && !isProbe && standsStill(before, state)) break;

    function rest(found: PartState): PartState {
      return givenBack(found, question.core, walkFromMs(found, stream));
    }
  }
  state = await stored();
  if (!isDone) sizers.keep(reading.reference, readEndMs, sizer);
  return { state: await rememberWidth(reading, state, isDone ? null : sizer.fittingMs), isDone };
}

function isLeftToWalk({ reference: { stream }, exchange }: PartReading, state: PartState): boolean {
  const clockMs = exchange.clockMs();
  const plan = {
    sizer: new WindowSizer(stream),
    anchorMs: null,
    crowded: false,
    servedFromMs: clockMs,
    clockMs,
  };
  return nextStep(state, stream, { ...plan, scope: 'walk' }) !== null;
}

function isRetry(step: NextStep | null): boolean {
  return step?.kind === 'window' && step.isRetry === true;
}

interface WindowFailure {
  readonly window: { readonly from: number; readonly to: number };
  readonly reason: Parameters<typeof windowFailed>[2]['reason'];
  readonly error: ExchangeFailure;
  readonly omittedAtMs: number | null;
}

/** Leaves a window that fails behind, if the exchange answers others. Throws its failure where it does not. */
async function setAside(reading: PartReading, state: PartState, failed: WindowFailure): Promise<PartState> {
  const { window, reason, error, omittedAtMs } = failed;
  const { stream, part } = reading.reference;
  // Half of a window that is known to fail says enough by itself; which unit it is in the end is looked at twice.
  if (!isNarrowed(state, { part, core: window })) await requireAnswers(reading, error);
  const clockMs = reading.exchange.clockMs();
  return change(reading, (found) =>
    windowFailed(found, window, { stream, clockMs, reason, omittedAtMs, reachFromMs: walkFromMs(found, stream) }),
  );
}

/** Throws a window's failure where the exchange answers no other window either. */
async function requireAnswers(reading: PartReading, error: ExchangeFailure): Promise<void> {
  if (!(await isAnsweringOthers(reading))) throw error;
}

/** Whether a window is a half of one that is known to fail. */
function isNarrowed({ marks }: PartState, { core }: Question): boolean {
  return marks.some(
    (mark) =>
      mark.narrowing && mark.from <= core.from && core.to <= mark.to && core.to - core.from < mark.to - mark.from,
  );
}

/** The next attempt at this read goes on where this one was in sizing its windows. */
async function rememberWidth(
  reading: PartReading,
  state: PartState,
  fittingWindowMs: number | null,
): Promise<PartState> {
  if (state.fittingWindowMs === fittingWindowMs) return state;
  return change(reading, (found) => ({ ...found, fittingWindowMs }));
}

/** A proving page that moves nothing (its one row lies at the very end): the next read will have more to go by. */
function standsStill(before: PartState, after: PartState): boolean {
  return (
    sameSet(before.pending, after.pending) &&
    sameSet(before.suspect, after.suspect) &&
    sameSet(before.requested, after.requested) &&
    JSON.stringify(before.marks) === JSON.stringify(after.marks) &&
    before.boundsHonoured === after.boundsHonoured
  );
}

function newestOf(page: Page): number | null {
  const times = page.rows.flatMap((row) => (row.kind === 'row' ? [row.at] : []));
  return times.length > 0 ? Math.max(...times) : null;
}

function notEvidence(reading: PartReading, page: Page, reason: string): ExchangeFailure {
  const { stream, part } = reading.reference;
  const { from, to } = page.question.core;
  const window = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;
  return new ExchangeFailure({
    kind: 'unexpected',
    problem: 'unexpected-answer',
    message: `${stream.name} (${part}), ${window}: the answer is no evidence, because ${reason}.`,
    httpStatus: 200,
    exchangeCode: 1000,
    endpoint: stream.endpoint,
    retryAfterMs: null,
    trace: page.trace,
  });
}
