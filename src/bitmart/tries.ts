import { setTimeout as sleep } from 'node:timers/promises';
import { ExchangeFailure } from '../history/failure.ts';

export const triesWithinMs = 15_000;
/** Before the second and the third try. */
const defaultPausesMs: readonly number[] = [300, 1_000];

/** Retries where a moment later may help: three tries at most, within 15 seconds. */
export async function withTries<Result>(
  once: () => Promise<Result>,
  signal: AbortSignal,
  pausesMs: readonly number[] = defaultPausesMs,
): Promise<Result> {
  const startedMs = performance.now();
  for (let tries = 0; ; tries++) {
    try {
      return await once();
    } catch (error) {
      if (!(error instanceof ExchangeFailure) || error.details.kind !== 'transient') throw error;
      const pauseMs = pausesMs[tries];
      if (pauseMs === undefined || performance.now() - startedMs + pauseMs >= triesWithinMs) throw afterTries(error);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

/** A senseless answer may pass; if it stays, the exchange is not down but answers wrongly. */
function afterTries(failure: ExchangeFailure): ExchangeFailure {
  const { details } = failure;
  if (details.problem !== 'unexpected-answer') return failure;
  return new ExchangeFailure({ ...details, kind: 'unexpected', mayPass: true });
}
