import { type Action, Attempt, isReadDue } from './attempt.ts';
import { crossEdge } from './edge.ts';
import { givenBack } from './failed-window.ts';
import { ExchangeFailure } from './failure.ts';
import { LastPage } from './last-page.ts';
import { nextStep } from './next-question.ts';
import { beginCommit, Counts, change, type PartReading, type PartResult, type ReadContext } from './part-reading.ts';
import { leftUnproved, type PartState } from './part-state.ts';
import type { Scope } from './plan.ts';
import type { PartReference } from './ports.ts';
import type { Range } from './range-set.ts';
import { refuseRead } from './read.ts';
import { readList } from './read-list.ts';
import { asItStands, ReadProgress } from './read-progress.ts';
import { replayAnswers } from './replay.ts';
import { requestWindow, requireAnswers, setAside } from './request-window.ts';
import { RequestsAhead } from './requests-ahead.ts';
import { SizerMemory } from './sizer-memory.ts';
import { beginDivision, divideFurther } from './unit.ts';
import { walkFromMs } from './walk.ts';
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
    if (stream.isList) return readList(reading);
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

/** What the exchange refuses as a whole ends the reading: as a gap where it is for good, and otherwise until another time. */
export async function orBlocked(reading: PartReading, read: () => Promise<PartResult>): Promise<PartResult> {
  const { counts } = reading;
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    const { kind, isRefusalOfAll } = error.details;
    if (kind === 'not-opened' || kind === 'refused-stream' || isRefusalOfAll) {
      const reason = kind === 'not-opened' ? 'not-opened' : 'refused';
      await change(reading, (begun) => refuseRead(begun, reason));
      const isExpected = kind === 'not-opened' || reading.reference.stream.right !== undefined;
      return counts.result({ done: true, blocked: isExpected ? null : error.details });
    }
    return counts.result({ done: false, blocked: error.details });
  }
}

/** Asks until nothing is left of a scope, or the budget or the signal ends it. */
export async function readScope(
  reading: PartReading,
  from: PartState,
  scope: Scope,
): Promise<{ readonly state: PartState; readonly isDone: boolean }> {
  const { reference } = reading;
  const { stream, part } = reference;
  const read = { readEndMs: from.readEndMs ?? 0, fittingWindowMs: from.fittingWindowMs };
  const sizers = reading.sizers ?? new SizerMemory();
  const sizer = sizers.take(reference, read);
  const attempt = new Attempt(reading, from, scope, sizer);
  const last = new LastPage();
  const ahead = new RequestsAhead(reading, sizer.foresight);
  let state = from;
  try {
    await readOn();
    state = (await last.stored())?.state ?? state;
  } finally {
    await ahead.close();
  }
  if (!attempt.isDone) sizers.keep(reference, read.readEndMs, sizer);
  const { isDone, fittingMs } = attempt;
  return { state: await rememberWidth(reading, state, fittingMs), isDone };

  async function readOn(): Promise<void> {
    for (;;) {
      const step = attempt.plan(state, ahead.windows);
      if (step === null) return;
      if (step.kind === 'division') {
        ahead.discard();
        state = (await last.stored())?.state ?? state;
        state = await divideFurther(reading, step.mark);
        continue;
      }
      const { core } = step;
      const early = ahead.take(core);
      const request = (signal: AbortSignal) => requestWindow({ ...reading, signal }, { part, core }, early);
      const answering = last.storedMeanwhile(reading.signal, request);
      ahead.send(attempt.foresee(state, step, ahead.windows), state);
      const answer = await answering;
      const before = state;
      if (answer === null) {
        // The page before it was judged anew when it was stored: what is next may be another window.
        if (early) ahead.noteUnused();
        state = last.decision?.state ?? state;
        continue;
      }
      let action: Action;
      if ('failure' in answer) action = attempt.judgeFailure(step, answer, state);
      else {
        const decision = await last.begin(beginCommit(reading, answer.page, { known: early?.known }));
        state = decision.state;
        action = attempt.judgePage(step, answer.page, decision, before);
        if (decision.verdict.kind === 'no-evidence') ahead.discard();
      }
      if (action.kind === 'stop') return;
      if (action.kind === 'continue') continue;
      ahead.discard();
      state = await act(action, core);
    }
  }

  async function act(action: Exclude<Action, { kind: 'continue' | 'stop' }>, core: Range): Promise<PartState> {
    const rest = (found: PartState) => givenBack(found, core, walkFromMs(found, stream));
    switch (action.kind) {
      case 'ask-others':
        await requireAnswers(reading, action.failure);
        return state;
      case 'find-edge':
        return changed((found) => crossEdge(found, action.refused, stream));
      case 'leave-unproved':
        return changed((found) => leftUnproved(found, action.unproved));
      case 'set-aside':
        await last.stored();
        return setAside(reading, state, action.failed);
      case 'divide-unit':
        return changed((found) => leftUnproved(beginDivision(rest(found), core), action.unproved));
      case 'give-back':
        return changed((found) => leftUnproved(rest(found), action.unproved));
    }
  }

  /** What is known of the part changes after the page that is being stored. */
  async function changed(to: (found: PartState) => PartState): Promise<PartState> {
    await last.stored();
    return change(reading, to);
  }
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

/** The next attempt at this read goes on where this one was in sizing its windows. */
async function rememberWidth(
  reading: PartReading,
  state: PartState,
  fittingWindowMs: number | null,
): Promise<PartState> {
  if (state.fittingWindowMs === fittingWindowMs) return state;
  return change(reading, (found) => ({ ...found, fittingWindowMs }));
}
