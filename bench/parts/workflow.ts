import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import { syncNowSignal, workflowIdOf } from '../../src/workflows/messages.ts';
import { notRefused } from '../../test/support/not-refused.ts';
import { atMost, median, type PartReport } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';
import { heapPerWorkflowKb, replayMs, sleepsOf } from '../workflow-cost.ts';

const runs = 5;
const replaysPerRun = 20;
const workflowsPerRun = 200;

/** What the workflow itself costs: the code that every worker loads, a workflow in memory, and one that comes back from its history. */
export async function measureWorkflow(surroundings: Surroundings): Promise<PartReport> {
  const history = await longestRun(surroundings);
  await surroundings.clear();
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  const bundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
    logger,
  });
  const heapKb: number[] = [];
  for (let run = 0; run < runs; run++) heapKb.push(await heapPerWorkflowKb(bundle, workflowsPerRun));
  const sleeps = sleepsOf(history);
  const longest = sleeps.at(-1);
  if (!longest) throw new Error('The workflow never went to sleep; there is nothing to replay.');
  const chosen = sleeps.filter((sleeping) => [1, 2, 4].includes(sleeping.cycles) || sleeping === longest);
  const replays = [];
  for (const sleeping of chosen) {
    const values: number[] = [];
    for (let run = 0; run < runs; run++) {
      values.push(median(await replayMs(bundle, sleeping.history, replaysPerRun)));
    }
    replays.push({ sleeping, values });
  }
  const bundleMb = bundle.code.length / 2 ** 20;
  return {
    part: 'workflow',
    setting: `Heap: of ${workflowsPerRun} workflows that have begun, in one V8 context as in the worker. Replay: a real history of an account that is synced again and again, cut where the workflow sleeps; the longest is the last sleep before the next run takes over.`,
    figures: [
      { name: 'bundle with source map', unit: 'MB', values: [bundleMb] },
      { name: 'heap of a cached workflow', unit: 'KB', values: heapKb },
      ...replays.map(({ sleeping, values }) => ({
        name: `cold replay, ${sleeping.cycles} cycles (${sleeping.events} events)`,
        unit: 'ms',
        values,
      })),
    ],
    targets: [
      atMost('bundle under 2 MB', bundleMb, 2, 'MB'),
      atMost('heap under 60 KB', median(heapKb), 60, 'KB'),
      atMost('the longest cold replay under 50 ms', median(replays.at(-1)?.values ?? []), 50, 'ms'),
    ],
  };
}

/** The history of a run that was ended by its own length. */
async function longestRun(surroundings: Surroundings): Promise<History> {
  const database = await surroundings.database(1);
  const exchange = await surroundings.sandbox('none');
  const env = { BITMART_LIMITS: 'none', SYNC_INTERVAL: '6h' };
  const system = await surroundings.system({ databaseUrl: database.url, exchange, env });
  await system.startWorker();
  const account = await exchange.addAccount('replayed');
  await exchange.generate('replayed', { spotTrades: 50, days: 60 });
  const owner = system.client.forOwner('replayed');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  const { workflow } = system.temporal;
  const workflowId = workflowIdOf(accountId);
  const runOf = async () => (await workflow.getHandle(workflowId).describe()).runId;
  // The first run begins with the link; the second one is an ordinary one from its first event.
  const first = await runOf();
  let second = first;
  let now = first;
  for (let i = 0; i < 100 && (second === first || now === second); i++) {
    await workflow.getHandle(workflowId).signal(syncNowSignal);
    await sleep(300);
    now = await runOf();
    if (second === first) second = now;
  }
  return await workflow.getHandle(workflowId, second).fetchHistory();
}
