import { ApplicationFailure } from '@temporalio/common';
import type { WorkerInterceptors } from '@temporalio/worker';

/**
 * What Postgres' driver throws is for programmers; in the Temporal UI and in the log an operator reads what it means. Such an
 * attempt has stored its pages whole or not at all, and is tried again.
 */
export const activityFailures: WorkerInterceptors = {
  activity: [
    () => ({
      inbound: {
        async execute(input, next) {
          try {
            return await next(input);
          } catch (error) {
            throw isDatabaseAway(error) ? databaseUnavailable(error) : error;
          }
        },
      },
    }),
  ],
};

/** The driver's own codes of a connection that fails, and Postgres' classes: connection, authorisation, resources, shutdown. */
const awayCodes = /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|EPIPE|08|28|3D|53|57P)/;

export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof ApplicationFailure) return false;
  const code = String((error as { code?: unknown }).code ?? '');
  return awayCodes.test(code) || /connection terminated|timeout exceeded when trying to connect/i.test(error.message);
}

function databaseUnavailable(error: unknown): ApplicationFailure {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  return ApplicationFailure.create({
    type: 'DatabaseUnavailable',
    message: `Postgres can't be used (${code ?? message}). Nothing is lost; it is tried again by itself. Runbook: docs/operations.md#bitmartsyncdatabaseunreachable`,
  });
}
