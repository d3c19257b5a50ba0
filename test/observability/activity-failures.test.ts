import type { Context } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { databaseTrouble } from '../../src/database/index.ts';
import { activityFailures } from '../../src/worker/activity-failures.ts';

const troubles = { note: databaseTrouble, done: () => undefined };
const diskFull = Object.assign(new Error('could not extend file'), { code: '53100' });

interface Policy {
  readonly initialInterval?: number;
  readonly backoffCoefficient?: number;
  readonly maximumInterval?: number;
}

async function delayMsOf(attempt: number, retryPolicy: Policy | undefined): Promise<number | undefined> {
  const info = { workflowExecution: { workflowId: 'w' }, activityId: '1', attempt, retryPolicy };
  const interceptor = activityFailures(troubles).activity?.[0]?.({ info } as unknown as Context);
  const outcome = interceptor?.inbound?.execute?.({ args: [], headers: {} }, () => Promise.reject(diskFull));
  const failure = (await outcome?.catch((error: unknown) => error)) as ApplicationFailure;
  return failure.nextRetryDelay === undefined ? undefined : Number(failure.nextRetryDelay);
}

/** The first attempt whose own policy would wait for longer than half a minute; none where it never does. */
test.each([
  { why: 'a read: 2, 4, 8, 16 s, then longer', policy: { initialInterval: 2_000, maximumInterval: 300_000 }, first: 5 },
  {
    why: 'a webhook: 1, 2, 4, 8, 16 s, then longer',
    policy: { initialInterval: 1_000, maximumInterval: 900_000 },
    first: 6,
  },
  {
    why: 'a Schedule: 5, 10, 20 s, then longer',
    policy: { initialInterval: 5_000, maximumInterval: 60_000 },
    first: 4,
  },
  { why: 'one that begins slowly', policy: { initialInterval: 60_000, maximumInterval: 60_000 }, first: 1 },
  {
    why: 'another coefficient',
    policy: { initialInterval: 1_000, backoffCoefficient: 10, maximumInterval: 300_000 },
    first: 3,
  },
  { why: 'what a caller waits for', policy: { initialInterval: 1_000, maximumInterval: 10_000 }, first: null },
  { why: 'the policy of Temporal itself', policy: undefined, first: 6 },
])('an activity that failed because of Postgres waits at most half a minute ($why)', async ({ policy, first }) => {
  for (const attempt of [1, 2, 3, 4, 5, 6, 100]) {
    const delayMs = await delayMsOf(attempt, policy);
    if (first === null || attempt < first) expect(delayMs, `${attempt}`).toBeUndefined();
    else {
      expect(delayMs, `${attempt}`).toBeGreaterThanOrEqual(24_000);
      expect(delayMs, `${attempt}`).toBeLessThanOrEqual(30_000);
    }
  }
});
