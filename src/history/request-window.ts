import { type FailedReason, type FailedWindow, isHalfOfFailed, windowFailed } from './failed-window.ts';
import { ExchangeFailure } from './failure.ts';
import { horizonMs, listedToMs } from './horizon.ts';
import { isoRange } from './iso-time.ts';
import { change, commit, type PartReading } from './part-reading.ts';
import type { PartState } from './part-state.ts';
import type { Page, Question } from './stream.ts';
import { walkFromMs } from './walk.ts';

/**
 * - `page`: an answer, not judged yet
 * - `failure`: this window is not answered, while others are; `beyond-reach` where the exchange says that it is too old
 */
export type WindowAnswer =
  | { readonly page: Page }
  | { readonly failure: FailedReason | 'beyond-reach'; readonly error: ExchangeFailure };

/** Requests one window. Throws ExchangeFailure for failures that concern the key, the exchange as a whole, or its limits. */
export async function requestWindow(reading: PartReading, question: Question): Promise<WindowAnswer> {
  const { signal, reader, budget } = reading;
  const { stream } = reading.reference;
  budget.spend(1);
  try {
    return { page: await reader.ask(stream, question, signal) };
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    const { kind, concernsNoWindow, isRefusalOfAll } = error.details;
    if (concernsNoWindow || !(isRefusalOfAll || mayConcernWindow.has(kind))) throw error;
    if (kind === 'beyond-reach' && question.core.from < horizonMs(stream, reading.exchange.clockMs())) {
      return { failure: 'beyond-reach', error };
    }
    return { failure: kind === 'transient' ? 'unanswered' : 'unexpected-answer', error };
  }
}

const mayConcernWindow: ReadonlySet<string> = new Set(['transient', 'unexpected', 'unknown-symbol', 'beyond-reach']);

/**
 * The failure of another window, the newest minute; null if it is answered properly: then a failure concerns its own window alone.
 * Otherwise the exchange fails as a whole, and nothing is given up. If the answer proves nothing because it lacks a record that
 * was stored a moment ago, a minute of yesterday decides. A window that fails because it lacks such a record itself
 * (`omittedAtMs`) is requested again later: a replica that lags soon has it.
 */
async function failureOfAnother(reading: PartReading, omittedAtMs: number | null): Promise<ExchangeFailure | null> {
  const { reference, exchange, settings } = reading;
  let failure: ExchangeFailure | null = null;
  for (const ageMs of [0, dayMs]) {
    const to = listedToMs(reference.stream, exchange.clockMs() - ageMs, settings);
    const answer = await requestWindow(reading, { part: reference.part, core: { from: to - controlMs, to } });
    if ('failure' in answer) return answer.error;
    const { verdict } = (await commit(reading, answer.page)).decision;
    if (verdict.kind !== 'no-evidence') return null;
    failure = notEvidence(reading, answer.page, verdict.reason);
    if (omittedAtMs !== null && omittedAtMs >= to - controlMs) return failure;
  }
  return failure;
}

/** As short as possible, so that it rarely includes failing time; a multiple of every stream's unit. */
const controlMs = 60_000;
const dayMs = 86_400_000;

/**
 * Throws a window's failure if the exchange answers no other window either. One that may refuse the whole stream does so only
 * where the other window is refused like it.
 */
export async function requireAnswers(
  reading: PartReading,
  { error, omittedAtMs = null }: { readonly error: ExchangeFailure; readonly omittedAtMs?: number | null },
): Promise<void> {
  const other = await failureOfAnother(reading, omittedAtMs);
  if (other !== null) throw error.details.isRefusalOfAll ? other : error;
}

/** Gives up a failing window if the exchange answers others. Throws its failure if it does not. */
export async function setAside(reading: PartReading, state: PartState, failed: FailedWindow): Promise<PartState> {
  const { window, reason, omittedAtMs } = failed;
  const { stream } = reading.reference;
  // For half of a window that is known to fail no control request is needed; the final unit is requested twice.
  if (!isHalfOfFailed(state, window)) await requireAnswers(reading, failed);
  const clockMs = reading.exchange.clockMs();
  return change(reading, (found) =>
    windowFailed(found, window, { stream, clockMs, reason, omittedAtMs, reachFromMs: walkFromMs(found, stream) }),
  );
}

export function notEvidence(reading: PartReading, page: Page, reason: string): ExchangeFailure {
  const { stream, part } = reading.reference;
  const window = isoRange(page.question.core).join(' to ');
  return new ExchangeFailure({
    kind: 'unexpected',
    problem: 'unexpected-answer',
    message: `${stream.name} (${part}), ${window}: the answer is not evidence, because ${reason}.`,
    httpStatus: 200,
    exchangeCode: 1000,
    endpoint: stream.endpoint,
    retryAfterMs: null,
    trace: page.trace,
  });
}
