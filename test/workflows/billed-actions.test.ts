import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { actionsPerDay } from '../../bench/billed-actions.ts';
import { startHeartbeats } from '../../src/activities/heartbeats.ts';
import { openClockedWorkflows } from '../support/clocked-workflow.ts';

let workflows: Awaited<ReturnType<typeof openClockedWorkflows>>;
beforeAll(async () => {
  workflows = await openClockedWorkflows();
});
afterAll(() => workflows.close());

const hourMs = 3_600_000;

test('an idle account that is synced every hour costs at most 60 billable actions a day', async () => {
  const { perDay, found } = await actionsPerDay(workflows, { intervalMs: hourMs });
  expect(found).toBe('live');
  expect(perDay.total, JSON.stringify(perDay)).toBeLessThanOrEqual(60);
  expect(perDay.total).toBeGreaterThan(48);
});

test('an account whose streams all rest costs at most 8', async () => {
  const { perDay, found } = await actionsPerDay(workflows, { intervalMs: 23.5 * hourMs });
  expect(found).toBe('live');
  expect(perDay.total, JSON.stringify(perDay)).toBeLessThanOrEqual(8);
});

test('a paused account costs at most 10, for checks of what expires', async () => {
  const { perDay } = await actionsPerDay(workflows, { intervalMs: hourMs, isPaused: true });
  expect(perDay.total, JSON.stringify(perDay)).toBeLessThanOrEqual(10);
});

test('an activity that is over within five seconds sends no heartbeat; a longer one sends one every two seconds', () => {
  vi.useFakeTimers();
  const sent: number[] = [];
  const beginMs = Date.now();
  const heartbeats = startHeartbeats(() => sent.push(Date.now() - beginMs));
  vi.advanceTimersByTime(4_999);
  heartbeats.beat();
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(4_002);
  heartbeats.beat();
  heartbeats.stop();
  vi.advanceTimersByTime(10_000);
  expect(sent).toEqual([5_000, 7_000, 9_000, 9_001]);
  vi.useRealTimers();
});
