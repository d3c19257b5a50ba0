import { ExchangeFailure } from './failure.ts';
import { alignDown, horizonMs } from './horizon.ts';
import { isFull } from './judge-page.ts';
import { LastPage } from './last-page.ts';
import { nextQuestion } from './next-question.ts';
import {
  beginCommit,
  Counts,
  change,
  commit,
  type PartReading,
  type PartResult,
  type ReadContext,
} from './part-reading.ts';
import type { PartState } from './part-state.ts';
import type { PartReference, ShorterReach } from './ports.ts';
import { sameSet } from './range-set.ts';
import { isConfirmed } from './reach-confirmation.ts';
import { crossEdge, refuseRead } from './read.ts';
import { ReadProgress } from './read-progress.ts';
import { replayAnswers } from './replay.ts';
import { SizerMemory } from './sizer-memory.ts';
import type { Page, Question } from './stream.ts';
import { divideUnit } from './unit.ts';

/**
 * Reads one part from where coverage says it stands to the exchange's present, page by page, each stored before the next
 * decision is made. Throws FenceLost when another attempt has taken over; every ExchangeFailure ends up in `blocked`.
 */
export async function readPart(context: ReadContext, reference: PartReference): Promise<PartResult> {
  const { exchange, store, settings } = context;
  const counts = new Counts(reference.part);
  if (context.budget.spent() || context.signal.aborted) return counts.result(false, null);
  const { fence, hasReplays, state: opened } = await store.openPart(reference);
  const changingAtMs = await store.changingRecords(reference);
  const { accountId, stream } = reference;
  const startAt = (clockMs: number) => new ReadProgress({ accountId, stream, clockMs, settings, changingAtMs });
  const reading = { ...context, reference, fence, counts, progress: startAt(exchange.clockMs()) };
  try {
    // The end of the read is frozen by the exchange's clock, so that clock comes first.
    await exchange.measureClock(context.signal);
    const replayed = hasReplays && context.replays;
    if (replayed) await replayAnswers(reading, replayed);
    const progress = startAt(exchange.clockMs());
    reading.progress = progress;
    const kept = replayed || progress.mustBeKept(opened);
    const left = await readPending(reading, kept ? await change(reading, (begun) => begun) : progress.begun(opened));
    if (left.pending.length > 0) return counts.result(false, null);
    if (!progress.ended) await change(reading, (begun) => progress.finished(begun));
    return counts.result(true, null);
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    const { kind } = error.details;
    if (kind === 'not-opened' || kind === 'refused-stream') {
      const reason = kind === 'not-opened' ? 'not-opened' : 'refused';
      await change(reading, (begun) => refuseRead(begun, reason));
      return counts.result(true, kind === 'not-opened' ? null : error.details);
    }
    return counts.result(false, error.details);
  }
}

/** How often a page that is no evidence is asked for again before the stream is said to need attention. */
export const objectionsAtMost = 3;

async function readPending(reading: PartReading, from: PartState): Promise<PartState> {
  const { stream, part } = reading.reference;
  let state = from;
  const readEndMs = from.readEndMs ?? 0;
  const sizers = reading.sizers ?? new SizerMemory();
  const sizer = sizers.take(reading.reference, { readEndMs, fittingWindowMs: from.fittingWindowMs });
  let crowded = from.fittingWindowMs !== null;
  let anchorMs = crowded ? null : state.newestRowMs;
  let objections = 0;
  const last = new LastPage();
  while (!reading.budget.spent() && !reading.signal.aborted) {
    const question = nextQuestion(state, stream, part, {
      sizer,
      anchorMs,
      crowded,
      servedFromMs: horizonMs(stream, reading.exchange.clockMs()),
    });
    if (!question) break;
    const before = state;
    const page = await last.storedMeanwhile(reading.signal, (signal) => askWithin({ ...reading, signal }, question));
    if (page === null) {
      state = last.decision?.state ?? state;
      continue;
    }
    if (page === 'beyond-reach') {
      const servedFromMs = await findEdge(reading, question);
      if (servedFromMs === null) break;
      if (servedFromMs === question.core.to) sizer.learnRefused(question.core);
      state = await change(reading, (found) => crossEdge(found, servedFromMs));
      if (standsStill(before, state)) break;
      continue;
    }
    const decision = await last.begin(beginCommit(reading, page));
    state = decision.state;
    if (decision.verdict.kind === 'no-evidence') {
      const { shorterReach } = decision.verdict;
      if (shorterReach && reading.onShorterReach) {
        await last.stored();
        if (await isConfirmed(reading, page, shorterReach)) {
          await reading.onShorterReach(stream, shorterReach);
          throw notEvidence(reading, page, reachReason(shorterReach));
        }
      }
      if (++objections < objectionsAtMost) continue;
      await last.stored();
      throw notEvidence(reading, page, decision.verdict.reason);
    }
    objections = 0;
    const full = isFull(page, stream);
    const coreMs = question.core.to - question.core.from;
    if (full && coreMs <= stream.unitMs) {
      await last.stored();
      state = await divideUnit(reading, page);
    } else sizer.learn(page, full);
    // A full page may be full of the anchor's own unit: the next window does without.
    anchorMs = full ? null : (newestOf(page) ?? anchorMs);
    crowded ||= full;
    if (!full && standsStill(before, state)) break;
  }
  state = (await last.stored())?.state ?? state;
  if (state.pending.length > 0) sizers.keep(reading.reference, readEndMs, sizer);
  return rememberWidth(reading, state, sizer.fittingMs);
}

/** The next attempt at this read goes on where this one was in sizing its windows. */
async function rememberWidth(
  reading: PartReading,
  state: PartState,
  fittingWindowMs: number | null,
): Promise<PartState> {
  if (state.pending.length === 0 || state.fittingWindowMs === fittingWindowMs) return state;
  return change(reading, (found) => ({ ...found, fittingWindowMs }));
}

/** What lies nearer to the edge than this may stay unread: it expires while we look for it. */
const edgePrecisionMs = 3_600_000;

/**
 * A window that reaches beyond the edge is refused as a whole, however much of it could be served. Halves it until the edge
 * is known, stores what the served halves hold, and answers with the oldest instant that was served; null when interrupted.
 */
async function findEdge(reading: PartReading, { part, core }: Question): Promise<number | null> {
  const { unitMs } = reading.reference.stream;
  let refusedFromMs = core.from;
  let servedFromMs = core.to;
  while (servedFromMs - refusedFromMs > edgePrecisionMs && !reading.signal.aborted) {
    const from = alignDown((refusedFromMs + servedFromMs) / 2, unitMs);
    const page = await askWithin(reading, { part, core: { from, to: core.to } });
    if (page === 'beyond-reach') {
      refusedFromMs = from;
    } else {
      await commit(reading, page);
      servedFromMs = from;
    }
  }
  return reading.signal.aborted ? null : servedFromMs;
}

/** A proving page that moves nothing (its one row lies at the very end): the next read will have more to go by. */
function standsStill(before: PartState, after: PartState): boolean {
  return (
    sameSet(before.pending, after.pending) &&
    sameSet(before.suspect, after.suspect) &&
    before.boundsHonoured === after.boundsHonoured
  );
}

function newestOf(page: Page): number | null {
  const times = page.rows.flatMap((row) => (row.kind === 'row' ? [row.at] : []));
  return times.length > 0 ? Math.max(...times) : null;
}

/** Asks, and stores what came. `beyond-reach` only where the window really is old: nearer, that answer makes no sense. */
export async function askWithin(reading: PartReading, question: Question): Promise<Page | 'beyond-reach'> {
  const { stream } = reading.reference;
  reading.budget.spend(1);
  try {
    return await reading.reader.ask(stream, question, reading.signal);
  } catch (error) {
    if (!(error instanceof ExchangeFailure) || error.details.kind !== 'beyond-reach') throw error;
    if (question.core.from < horizonMs(stream, reading.exchange.clockMs())) return 'beyond-reach';
    throw new ExchangeFailure({
      ...error.details,
      kind: 'unexpected',
      problem: 'unexpected-answer',
      message: `${error.details.message} (said of a window that lies within the documented reach)`,
    });
  }
}

function reachReason({ reachMs, witnesses }: ShorterReach): string {
  const days = Math.floor(reachMs / 86_400_000);
  return `${witnesses} records that are older than ${days} days are not served any more; from now on nothing older is claimed`;
}

export function notEvidence(reading: PartReading, page: Page, reason: string): ExchangeFailure {
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
