import type { MetricMeter } from '@temporalio/common';
import type { ClampName, RequestOutcome } from '../../bitmart/index.ts';
import { ExchangeFailure } from '../../history/failure.ts';
import type { Pace } from '../../history/pace.ts';

/** Requests to the exchange: how long they take, their outcome, and the wait for a rate-limit slot. */
export function createRequestMetrics(meter: MetricMeter) {
  const duration = meter.createHistogram(
    'bitmart_sync_request_seconds',
    'float',
    's',
    'From sending a request to BitMart to its whole answer, or to giving up',
  );
  const answers = meter.createCounter(
    'bitmart_sync_answers_total',
    '',
    'Requests to BitMart by what came of them: answered, or the class of the failure',
  );
  const waits = meter.createHistogram(
    'bitmart_sync_pace_wait_seconds',
    'float',
    's',
    'How long a request waited for its slot within the limits',
  );
  const refusals = meter.createCounter(
    'bitmart_sync_pace_refusals_total',
    '',
    'Turns so far off that the activity was put off instead',
  );
  const clamps = meter.createCounter(
    'bitmart_sync_clamps_total',
    '',
    'Answers of BitMart that exceeded a clamp: longer, deeper, or with another wait or clock than is believed',
  );
  const discarded = meter.createCounter(
    'bitmart_sync_requests_discarded_total',
    '',
    'Requests to BitMart that were made before their slot, and whose answers were not used',
  );
  return {
    onDiscarded(stream: string, requests: number): void {
      discarded.add(requests, { stream });
    },

    onClamp(clamp: ClampName, endpoint: string): void {
      clamps.add(1, { clamp, endpoint });
    },

    onRequest({ endpoint, outcome, durationMs }: RequestOutcome): void {
      duration.record(durationMs / 1_000, { endpoint });
      answers.add(1, { endpoint, outcome });
    },

    /** The same pace, with its waits counted. */
    measured(pace: Pace): Pace {
      return {
        ...pace,
        async waitForSlot(slot, signal) {
          const startedMs = performance.now();
          const { endpoint } = slot;
          try {
            await pace.waitForSlot(slot, signal);
            waits.record((performance.now() - startedMs) / 1_000, { endpoint });
            // Shown as 0 before the first one, so that an increase can be seen.
            refusals.add(0, { endpoint });
          } catch (error) {
            if (error instanceof ExchangeFailure) refusals.add(1, { endpoint });
            throw error;
          }
        },
      };
    },
  };
}
