import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { heapPerWorkflowKb, replayMs, sleepsOf } from '../../bench/workflow-cost.ts';

/**
 * What a workflow may cost, so that a library that finds its way into the bundle is noticed at once (zod alone makes a
 * workflow ten times as large). The figures themselves are the bench's: `npm run bench -- --only workflow`.
 */

const silent = new DefaultLogger('ERROR');
let bundle: { code: string };

beforeAll(async () => {
  Runtime.install({ logger: silent });
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  bundle = await bundleWorkflowCode({ workflowsPath, logger: silent });
});

test('the bundle is below 2 MB', () => {
  expect(bundle.code.length).toBeLessThan(2 * 2 ** 20);
});

test('a cached workflow takes less than 120 KB of heap (60 are meant)', async () => {
  expect(await heapPerWorkflowKb(bundle, 60)).toBeLessThan(120);
});

test('a workflow comes back from its longest history in a fraction of a workflow task', async () => {
  const file = new URL('../replay/histories/continue-as-new.json', import.meta.url);
  const longest = sleepsOf(JSON.parse(readFileSync(file, 'utf8'))).at(-1);
  expect(longest?.events).toBeGreaterThan(40);
  // 50 ms are meant; a workflow task has 10 s, and a busy machine is no failure of ours.
  const fastest = Math.min(...(await replayMs(bundle, longest?.history ?? {}, 10)));
  expect(fastest).toBeLessThan(500);
});
