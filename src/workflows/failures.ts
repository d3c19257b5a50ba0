import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';

/** A sentence for the person who waits for the answer, with the reason that the activity gave. */
export function toUserError(error: unknown, sentence: string): unknown {
  if (!(error instanceof ActivityFailure) || isCancellation(error)) return error;
  const reason = error.cause instanceof ApplicationFailure ? ` ${error.cause.message}` : '';
  return ApplicationFailure.nonRetryable(`${sentence}${reason}`);
}
