import type { Context } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { databaseTrouble } from '../../src/database/index.ts';
import { activityFailures } from '../../src/worker/activity-failures.ts';

const troubles = { note: databaseTrouble, done: () => undefined };
const diskFull = Object.assign(new Error('could not extend file'), { code: '53100' });

async function failureOf(attempt: number, maximumInterval: number): Promise<ApplicationFailure> {
  const info = { workflowExecution: { workflowId: 'w' }, activityId: '1', attempt, retryPolicy: { maximumInterval } };
  const interceptor = activityFailures(troubles).activity?.[0]?.({ info } as unknown as Context);
  const outcome = interceptor?.inbound?.execute?.({ args: [], headers: {} }, () => Promise.reject(diskFull));
  return (await outcome?.catch((error: unknown) => error)) as ApplicationFailure;
}

test('an activity that Postgres kept from its work waits for half a minute at most', async () => {
  // As long as its own policy waits less it is left alone: 2, 4, 8 and 16 seconds.
  for (const attempt of [1, 2, 3, 4]) expect((await failureOf(attempt, 300_000)).nextRetryDelay).toBeUndefined();
  for (const attempt of [5, 6, 100]) {
    const delayMs = Number((await failureOf(attempt, 300_000)).nextRetryDelay);
    expect(delayMs).toBeGreaterThanOrEqual(24_000);
    expect(delayMs).toBeLessThanOrEqual(30_000);
  }
  // Somebody waits for this one.
  expect((await failureOf(100, 10_000)).nextRetryDelay).toBeUndefined();
});
