import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { FailureDetails, FailureKind } from '../history/failure.ts';

/**
 * The one place that translates failures of the exchange into failures of an activity. Limits, bans and maintenance are
 * expected: they show their reason and the next attempt, and count as no failure (BENIGN).
 */
export function activityFailure(details: FailureDetails): ApplicationFailure {
  const expected = details.kind === 'throttled' || details.kind === 'banned' || details.kind === 'maintenance';
  const delayMs = details.retryAfterMs;
  const jitterMs = delayMs === null ? 0 : Math.floor(Math.random() * Math.min(delayMs, 10_000) * 0.2);
  return ApplicationFailure.create({
    type: typeNames[details.kind] ?? 'UnexpectedAnswer',
    message: details.message,
    nonRetryable: false,
    ...(delayMs !== null && { nextRetryDelay: delayMs + jitterMs }),
    ...(expected && { category: ApplicationFailureCategory.BENIGN }),
  });
}

/** Failures that pass without help. No other fails the activity. */
const typeNames: Readonly<Partial<Record<FailureKind, string>>> = {
  transient: 'ExchangeUnreachable',
  throttled: 'RateLimited',
  banned: 'AddressBanned',
  maintenance: 'Maintenance',
  clock: 'ClockRefused',
};
