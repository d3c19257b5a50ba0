import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../dev/free-port.ts';
import { workflowIdOf } from '../../src/workflows/messages.ts';
import { scrape, total } from '../../test/observability/scrape.ts';
import { openClockedWorkflows } from '../../test/support/clocked-workflow.ts';
import { notRefused } from '../../test/support/not-refused.ts';
import { actionsIn, actionsPerDay } from '../billed-actions.ts';
import { atMost, type PartReport } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';

const hourMs = 3_600_000;
const hoursPerDay = 24;

/** What Temporal Cloud bills for an account in which nothing happens: of a recorded run, and of a month on a clock of our own. */
export async function measureActions(surroundings: Surroundings): Promise<PartReport> {
  const recorded = await recordedPerDay(surroundings);
  const workflows = await openClockedWorkflows();
  const idle = (await actionsPerDay(workflows, { intervalMs: hourMs })).perDay;
  const resting = (await actionsPerDay(workflows, { intervalMs: 23.5 * hourMs })).perDay;
  await workflows.close();
  const figure = (name: string, value: number) => ({ name, unit: 'a day', values: [value] });
  return {
    part: 'actions',
    setting:
      'Recorded: the history of a real run of twelve syncs, a second apart instead of an hour, and the heartbeats that its worker sent. On a clock of our own: the real workflow for a month, with activities that answer in 200 ms, a check of the key every four days included.',
    figures: [
      figure('idle, by the recorded run', recorded.total),
      figure('of these heartbeats', recorded.heartbeats),
      figure('idle, a month', idle.total),
      ...Object.entries(idle).flatMap(([kind, count]) => (kind === 'total' ? [] : [figure(`of these ${kind}`, count)])),
      figure('resting, a month', resting.total),
    ],
    targets: [
      atMost('an idle account, at most 60', Math.max(recorded.total, idle.total), 60),
      atMost('a resting account, at most 8', resting.total, 8),
    ],
  };
}

async function recordedPerDay(surroundings: Surroundings) {
  const database = await surroundings.database(1);
  const exchange = await surroundings.sandbox('none');
  const metrics = `127.0.0.1:${await freePort()}`;
  const env = { BITMART_LIMITS: 'none', SYNC_INTERVAL: '1s', METRICS_ADDRESS: metrics };
  const system = await surroundings.system({ databaseUrl: database.url, exchange, env });
  await system.startWorker();
  const account = await exchange.addAccount('idle');
  const owner = system.client.forOwner('idle');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  const handle = () => system.temporal.workflow.getHandle(workflowIdOf(accountId));
  // The first run begins with the link.
  const nextRun = async (runId: string): Promise<string> => {
    for (;;) {
      const now = (await handle().describe()).runId;
      if (now !== runId) return now;
      await sleep(200);
    }
  };
  const second = await nextRun((await handle().describe()).runId);
  const before = await heartbeats(metrics);
  await nextRun(second);
  const sent = (await heartbeats(metrics)) - before;
  const history = await system.temporal.workflow.getHandle(workflowIdOf(accountId), second).fetchHistory();
  await surroundings.clear();
  const actions = actionsIn(history);
  const runsPerDay = hoursPerDay / actions.activities;
  const total = Object.values(actions).reduce((sum, count) => sum + count, sent);
  return { total: total * runsPerDay, heartbeats: sent * runsPerDay };
}

async function heartbeats(address: string): Promise<number> {
  return total(await scrape(address), 'temporal_request', { operation: 'RecordActivityTaskHeartbeat' }) ?? 0;
}
