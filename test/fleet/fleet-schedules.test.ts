import { afterEach, expect, test, vi } from 'vitest';
import { keepFleetSchedules } from '../../src/worker/fleet-schedules.ts';
import type { TemporalConnection } from '../../src/worker/temporal-connection.ts';

afterEach(() => vi.useRealTimers());

test('Schedules that could not be made when the worker started are made later, and then left alone', async () => {
  vi.useFakeTimers();
  const made: string[] = [];
  let isAway = true;
  const create = async ({ scheduleId }: { readonly scheduleId: string }) => {
    if (isAway) throw new Error('Temporal is away.');
    made.push(scheduleId);
  };
  const temporal = { client: { schedule: { create } } } as unknown as TemporalConnection;
  const errors: unknown[] = [];
  const log = { error: (fields: unknown) => errors.push(fields) };
  const kept = await keepFleetSchedules(
    { temporal, taskQueue: 'queue', reconcileIntervalMs: 900_000, retentionAuditIntervalMs: 21_600_000 },
    log,
  );
  await vi.advanceTimersByTimeAsync(150_000);
  expect(errors.length).toBeGreaterThanOrEqual(3);
  expect(made).toEqual([]);
  isAway = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made).toEqual(['queue/reconcile', 'queue/retention-audit']);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(made).toHaveLength(2);
  kept.stop();
});
