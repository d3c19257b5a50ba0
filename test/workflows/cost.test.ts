import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { median } from '../../bench/report.ts';
import { heapPerWorkflowKb, replayMs, sleepsOf } from '../../bench/workflow-cost.ts';
import { recordedHistory } from '../replay/recorded.ts';
import { workflowBundle } from '../support/workflow-bundle.ts';

/**
 * What a workflow may cost, so that a library that finds its way into the bundle is noticed at once (zod alone makes a
 * workflow ten times as large). The figures themselves are the bench's: `npm run bench -- --only workflow`.
 */

const silent = new DefaultLogger('ERROR');
let bundle: { code: string };
let bareBundle: { code: string };

beforeAll(async () => {
  Runtime.install({ logger: silent });
  bundle = await workflowBundle();
  const workflowsPath = fileURLToPath(new URL('bare-workflow.ts', import.meta.url));
  bareBundle = await bundleWorkflowCode({ workflowsPath, logger: silent });
});

test('the bundle is below 2.1 MB', () => {
  expect(bundle.code.length).toBeLessThan(2.1 * 2 ** 20);
});

test('a cached workflow takes less than 120 KB of heap (the target is 60)', async () => {
  expect(await heapPerWorkflowKb(bundle, 60)).toBeLessThan(120);
});

/** Both are measured by turns in one process, so that whatever slows the machine slows both. One is usual. */
test('replaying the longest history takes at most five times as long as a bare loop with as many events', async () => {
  const longest = sleepsOf(recordedHistory('continue-as-new')).at(-1);
  const loop = recordedHistory('events-continued');
  expect(longest?.events).toBeGreaterThan(40);
  expect(loop.events?.length).toBeGreaterThanOrEqual(longest?.events ?? 0);
  const ratios: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    const ours = await replayMs(bundle, longest?.history ?? {}, 3);
    const bare = await replayMs(bareBundle, loop, 3);
    ratios.push(median(ours) / median(bare));
  }
  expect(median(ratios), ratios.join(', ')).toBeLessThan(5);
});
