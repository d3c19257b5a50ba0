import type { FailedReason } from './failed-window.ts';
import { ExchangeFailure } from './failure.ts';
import { alignDown, horizonMs } from './horizon.ts';
import { commit, type PartReading } from './part-reading.ts';
import type { Page, Question } from './stream.ts';

/**
 * - `page`: an answer, not judged yet
 * - `failure`: this window is not answered, while others are; `beyond-reach` where the exchange says that it is too old
 */
export type WindowAnswer =
  | { readonly page: Page }
  | { readonly failure: FailedReason | 'beyond-reach'; readonly error: ExchangeFailure };

/** Asks for one window. Throws ExchangeFailure for whatever concerns the key, the exchange as a whole, or its limits. */
export async function requestWindow(reading: PartReading, question: Question): Promise<WindowAnswer> {
  const { stream } = reading.reference;
  reading.budget.spend(1);
  try {
    return { page: await reading.reader.ask(stream, question, reading.signal) };
  } catch (error) {
    if (!(error instanceof ExchangeFailure) || !mayConcernWindow.has(error.details.kind)) throw error;
    const { kind } = error.details;
    if (kind === 'beyond-reach' && question.core.from < horizonMs(stream, reading.exchange.clockMs())) {
      return { failure: 'beyond-reach', error };
    }
    return { failure: kind === 'transient' ? 'unanswered' : 'unexpected-answer', error };
  }
}

const mayConcernWindow: ReadonlySet<string> = new Set(['transient', 'unexpected', 'unknown-symbol', 'beyond-reach']);

/**
 * Whether a failure is the window's own: the newest minute is asked, and answered as it should be. Where it is not, the
 * exchange fails as a whole, and nothing is given up.
 */
export async function isAnsweringOthers(reading: PartReading): Promise<boolean> {
  const { reference, exchange, settings } = reading;
  const { unitMs } = reference.stream;
  const to = alignDown(exchange.clockMs() - settings.settleLagMs, unitMs);
  const answer = await requestWindow(reading, { part: reference.part, core: { from: to - controlMs, to } });
  if ('failure' in answer) return false;
  const { decision } = await commit(reading, answer.page);
  return decision.verdict.kind !== 'no-evidence';
}

/** As short as may be, so that what fails is hardly ever in it; every stream's unit divides it. */
const controlMs = 60_000;
