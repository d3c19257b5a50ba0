import { expect, test } from 'vitest';
import { conditionHolds } from './alert-condition.ts';
import { playIncident } from './play-incident.ts';
import { Runbook } from './runbook.ts';
import type { Scene } from './scene.ts';
import { incidents } from './staged/index.ts';

/** These show themselves at once; `npm run incidents` plays all ten, and waits for alerts. */
const playedHere = ['workflow terminated by mistake', 'schema behind', 'clock off'];

test.each(incidents.filter(({ name }) => playedHere.includes(name)))(
  '$name is visible, and following its runbook entry fixes it',
  async (incident) => {
    const outcome = await playIncident(incident);
    expect(outcome.failure).toBeNull();
    expect(outcome.shownBy.length).toBeGreaterThan(0);
    expect(outcome.fixedBy).toContain(incident.runbook);
  },
  180_000,
);

test('each of the ten incidents has an entry in the runbook', () => {
  expect(incidents).toHaveLength(10);
  for (const { runbook } of incidents) expect(() => new Runbook(runbook, {} as Scene)).not.toThrow();
});

test('an action that a runbook entry does not name is refused', async () => {
  const runbook = new Runbook('key-frozen', {} as Scene);
  await expect(runbook.run('unlink ID --erase')).rejects.toThrow('does not name');
  await expect(runbook.act('pull the plug', () => {})).rejects.toThrow('does not say');
});

test('the incidents use the conditions of observability/alerts.yml', () => {
  const sample = (name: string, labels: Record<string, string>, value: number) => ({ name, labels, value });
  const at = (risk: number) => [sample('bitmart_sync_accounts_at_risk', { within: '3d' }, risk)];
  expect(conditionHolds('BitmartSyncHistoryLostSoon', null, at(0))).toBe(false);
  expect(conditionHolds('BitmartSyncHistoryLostSoon', null, at(1))).toBe(true);
  const answers = (throttled: number, all: number) => [
    sample('bitmart_sync_answers_total', { outcome: 'throttled' }, throttled),
    sample('bitmart_sync_answers_total', { outcome: 'page' }, all - throttled),
  ];
  expect(conditionHolds('BitmartSyncRateLimited', answers(50, 100), answers(51, 200))).toBe(false);
  expect(conditionHolds('BitmartSyncRateLimited', answers(0, 100), answers(6, 200))).toBe(true);
  expect(conditionHolds('BitmartSyncWorkerDown', null, null)).toBe(true);
  expect(conditionHolds('BitmartSyncWorkerDown', null, [])).toBe(false);
});
