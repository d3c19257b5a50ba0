import type { Info } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { WorkerInterceptors } from '@temporalio/worker';
import type { DatabaseTrouble } from '../database/index.ts';
import { type DatabaseHealth, runbookOf } from './database-health.ts';

/** Shorter than the minutes for an unreachable exchange: when Postgres is back, work resumes at once. */
const maxDatabaseRetryMs = 30_000;

/**
 * Translates the errors of Postgres' driver for the operator who reads the Temporal UI. Such an attempt has stored its pages
 * whole or not at all, and is retried. It is as expected as a limit of the exchange: one log line and a metric report it,
 * not the failure of each activity that meets it.
 */
export function activityFailures(troubles: Pick<DatabaseHealth, 'note' | 'done'>): WorkerInterceptors {
  return {
    activity: [
      ({ info }) => ({
        inbound: {
          async execute(input, next) {
            // Every attempt of an activity has the same id.
            const work = `${info.workflowExecution?.workflowId}/${info.activityId}`;
            try {
              const result = await next(input);
              troubles.done(work);
              return result;
            } catch (error) {
              const trouble = troubles.note(error, work);
              if (trouble !== null) throw databaseUnavailable(trouble, info);
              troubles.done(work);
              throw error;
            }
          },
        },
      }),
    ],
  };
}

function databaseUnavailable(
  trouble: DatabaseTrouble,
  info: Pick<Info, 'attempt' | 'retryPolicy'>,
): ApplicationFailure {
  const { condition, code, sentence, remedy } = trouble;
  const waitsLonger = ownDelayMs(info) > maxDatabaseRetryMs;
  const what = code === null ? sentence : `${sentence} (${code})`;
  return ApplicationFailure.create({
    type: 'DatabaseUnavailable',
    message: `${what}. Nothing is lost, and it is retried automatically. ${remedy} Runbook: ${runbookOf(condition)}`,
    details: [{ condition }],
    category: ApplicationFailureCategory.BENIGN,
    ...(waitsLonger && { nextRetryDelay: maxDatabaseRetryMs * (0.8 + 0.2 * Math.random()) }),
  });
}

/** How long the activity's own policy waits after this attempt. Anything it omits is Temporal's default. */
function ownDelayMs({ attempt, retryPolicy = {} }: Pick<Info, 'attempt' | 'retryPolicy'>): number {
  const initialMs = Number(retryPolicy.initialInterval ?? 1_000);
  const maximumMs = Number(retryPolicy.maximumInterval ?? 100 * initialMs);
  return Math.min(maximumMs, initialMs * (retryPolicy.backoffCoefficient ?? 2) ** (attempt - 1));
}
