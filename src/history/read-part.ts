import { type Action, Attempt } from './attempt.ts';
import { leftUnproved } from './confirmation.ts';
import { crossEdge } from './edge.ts';
import { givenBack } from './failed-window.ts';
import { ExchangeFailure } from './failure.ts';
import { nextStep } from './next-question.ts';
import {
  beginCommit,
  Counts,
  change,
  type PageUnderWay,
  type PartReading,
  type PartResult,
  type ReadContext,
} from './part-reading.ts';
import { isRemoved, type PartState } from './part-state.ts';
import type { Scope } from './plan.ts';
import type { PageDecision, PartReference } from './ports.ts';
import { intersection, type Range } from './range-set.ts';
import { refuseRead } from './read.ts';
import { readList } from './read-list.ts';
import { asItStands, ReadProgress } from './read-progress.ts';
import { replayAnswers } from './replay.ts';
import { requireAnswers, setAside } from './request-window.ts';
import { type Arrival, RequestsInFlight } from './requests-in-flight.ts';
import { SizerMemory } from './sizer-memory.ts';
import { beginDivision, divideFurther } from './unit.ts';
import { walkFromMs } from './walk.ts';
import { WindowSizer } from './window-sizer.ts';

/**
 * Reads one part from its coverage to the exchange's present, page by page; each page is stored before the next decision.
 * Throws FenceLost if another attempt has taken over; every ExchangeFailure ends up in `blocked`.
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
  return await orBlocked(reading, opened, async () => {
    // The end of the read is frozen by the exchange's clock, so it is measured first.
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
    return counts.result({
      done: true,
      hasWalkLeft: !ended.readThrough || isLeftToWalk(reading, ended),
      readAgoMs: exchange.clockMs() - (ended.lastReadEndMs ?? 0),
    });
  });
}

/** Requests time older than the documented reach that was not requested with this key yet. */
export async function walkPart(context: ReadContext, reference: PartReference): Promise<PartResult> {
  const counts = new Counts(reference.part);
  if (context.budget.spent() || context.signal.aborted) return counts.result({ done: false });
  const { fence, state: opened } = await context.store.openPart(reference);
  const reading: PartReading = { ...context, reference, fence, counts, progress: { ...asItStands } };
  return await orBlocked(reading, opened, async () => {
    await context.exchange.measureClock(context.signal);
    const { state, isDone } = await readScope(reading, opened, 'walk');
    if (isDone && !state.readThrough) await change(reading, (walked) => ({ ...walked, readThrough: true }));
    return counts.result({
      done: isDone,
      readAgoMs: context.exchange.clockMs() - (opened.lastReadEndMs ?? 0),
    });
  });
}

/** A refusal of the whole stream ends the read: as a gap if it is permanent, otherwise until another time. */
export async function orBlocked(
  reading: PartReading,
  opened: PartState,
  read: () => Promise<PartResult>,
): Promise<PartResult> {
  const { counts } = reading;
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    const { isRefusalOfAll } = error.details;
    const isOfRemoved = isRefusalOfAll === 'withdrawn';
    const isSaid = error.details.facts?.isEndpointWithdrawn === true;
    if (isOfRemoved && !isSaid && reading.doubtsRemoval && !opened.marks.some(isRemoved)) {
      const doubted = { ...error.details, kind: 'unexpected', problem: 'unexpected-answer' } as const;
      return counts.result({ done: false, blocked: doubted });
    }
    const details = isOfRemoved ? { ...error.details, ...withdrawn } : error.details;
    const { kind, facts } = details;
    if (kind === 'not-opened' || kind === 'refused-stream' || isRefusalOfAll) {
      const reason = kind === 'not-opened' ? 'not-opened' : 'refused';
      const ofNoKey = facts?.isEndpointWithdrawn ? 'withdrawn' : facts?.notForSubAccounts ? 'sub-account' : undefined;
      await change(reading, (begun) => refuseRead(begun, { reason, ...(ofNoKey && { ofNoKey }) }));
      const isExpected = kind === 'not-opened' || reading.reference.stream.right !== undefined;
      return counts.result({ done: true, blocked: isExpected ? null : details });
    }
    return counts.result({ done: false, blocked: details });
  }
}

const withdrawn = {
  kind: 'refused-stream',
  problem: 'exchange-closed',
  facts: { isEndpointWithdrawn: true },
} as const;

/** Requests windows until nothing is left of a scope, or the budget or the signal ends it. */
export async function readScope(
  reading: PartReading,
  from: PartState,
  scope: Scope,
): Promise<{ readonly state: PartState; readonly isDone: boolean }> {
  const { reference } = reading;
  const { stream } = reference;
  const read = { readEndMs: from.readEndMs ?? 0, fittingWindowMs: from.fittingWindowMs };
  const sizers = reading.sizers ?? new SizerMemory();
  const sizer = sizers.take(reference, read);
  const attempt = new Attempt(reading, from, scope, sizer);
  const inFlight = new RequestsInFlight(reading, (requests) => {
    sizer.foresight.waste(requests);
    reading.onDiscarded?.(stream.name, requests);
  });
  /** The page that is being stored, while requests are in flight that assume its result. */
  let storing: { readonly page: PageUnderWay; readonly expected: PageDecision } | null = null;
  /** A window that was requested beside others and has to be requested again alone, with no other beside it. */
  let doubted: Range | null = null;
  let state = await withOwnAnswers(reading, from);
  try {
    await readOn();
    await stored();
  } finally {
    await inFlight.close();
  }
  if (!attempt.isDone) sizers.keep(reference, read.readEndMs, sizer);
  const { isDone, fittingMs } = attempt;
  return { state: await rememberWidth(reading, state, fittingMs), isDone };

  async function readOn(): Promise<void> {
    for (;;) {
      if (inFlight.steps.length === 0) {
        const step = attempt.plan(state);
        if (step === null) {
          // A page that is judged again when it is stored may leave more to request.
          if (await stored()) return;
          continue;
        }
        if (step.kind === 'division') {
          await stored();
          state = await divideFurther(reading, step.mark);
          continue;
        }
        inFlight.send(step, state);
      }
      if (doubted === null) for (const step of attempt.foresee(state, inFlight.steps)) inFlight.send(step, state);
      // Plans rest on stored pages only: a page that is not stored discards the requests that assumed it.
      if (!(await stored())) {
        inFlight.discard();
        continue;
      }
      const { step, known, isFirst, outcome } = await inFlight.first();
      if (doubted !== null && intersection([doubted], [step.core]).length > 0) doubted = null;
      if (!isFirst && !isPage(outcome)) {
        askAlone(step.core);
        continue;
      }
      if (outcome.status === 'rejected') throw outcome.reason;
      const before = state;
      let action: Action;
      if ('failure' in outcome.value) action = attempt.judgeFailure(step, outcome.value, state);
      else {
        const page = beginCommit(reading, outcome.value.page, { known });
        const decision = await page.decided;
        storing = { page, expected: decision };
        state = decision.state;
        if (!isFirst && decision.verdict.kind === 'no-evidence') {
          askAlone(step.core);
          continue;
        }
        action = attempt.judgePage(step, outcome.value.page, decision, before);
        if (decision.verdict.kind === 'no-evidence') inFlight.discard();
      }
      if (action.kind === 'stop') return;
      if (action.kind === 'continue') continue;
      if (action.kind !== 'leave-unproved') inFlight.discard();
      await stored();
      state = await act(action, step.core);
    }
  }

  /** False if the page was judged again when it was stored. Throws the error that kept it from being stored. */
  async function stored(): Promise<boolean> {
    const last = storing;
    storing = null;
    if (last === null) return true;
    const { decision } = await last.page.stored;
    state = decision.state;
    return decision === last.expected;
  }

  /** An answer that came beside others decides nothing: its window is requested again alone. */
  function askAlone(core: Range): void {
    doubted = core;
    inFlight.discard();
  }

  async function act(action: Exclude<Action, { kind: 'continue' | 'stop' }>, core: Range): Promise<PartState> {
    const rest = (found: PartState) => givenBack(found, core, walkFromMs(found, stream));
    switch (action.kind) {
      case 'ask-others':
        await requireAnswers(reading, { error: action.failure });
        return state;
      case 'find-edge':
        return change(reading, (found) => crossEdge(found, action.refused, stream));
      case 'leave-unproved':
        return change(reading, (found) => leftUnproved(found, stream, action.unproved));
      case 'set-aside':
        return setAside(reading, state, action.failed);
      case 'divide-unit':
        return change(reading, (found) => leftUnproved(beginDivision(rest(found), core), stream, action.unproved));
      case 'give-back':
        return change(reading, (found) => leftUnproved(rest(found), stream, action.unproved));
    }
  }
}

/**
 * What another key was answered claims nothing of what this one is served: only the read that begins next walks back again,
 * but a range on demand, or a walk that goes on, may come before it.
 */
async function withOwnAnswers(reading: PartReading, state: PartState): Promise<PartState> {
  if (state.walkedWith === reading.keyId || state.answered.length === 0) return state;
  return change(reading, (found) => ({ ...found, answered: [] }));
}

function isPage(outcome: Arrival['outcome']): boolean {
  return outcome.status === 'fulfilled' && 'page' in outcome.value;
}

function isLeftToWalk({ reference: { stream }, exchange }: PartReading, state: PartState): boolean {
  const [sizer, clockMs] = [new WindowSizer(stream), exchange.clockMs()];
  const plan = { scope: 'walk', sizer, anchorMs: null, clockMs, crowded: false, hasProbed: true } as const;
  return nextStep(state, stream, plan) !== null;
}

/** The next attempt at this read continues with this one's window width. */
async function rememberWidth(
  reading: PartReading,
  state: PartState,
  fittingWindowMs: number | null,
): Promise<PartState> {
  if (state.fittingWindowMs === fittingWindowMs) return state;
  return change(reading, (found) => ({ ...found, fittingWindowMs }));
}
