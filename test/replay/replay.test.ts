import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, expect, test } from 'vitest';

/** Runs that are under way in the field must go on with today's code: each shape was recorded once and is never recorded anew. */
const folder = new URL('histories/', import.meta.url);
const shapes = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
const silent = new DefaultLogger('ERROR');

let workflowBundle: { code: string };
let brokenBundle: { code: string };

beforeAll(async () => {
  Runtime.install({ logger: silent });
  const bundleOf = (path: string) =>
    bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL(path, import.meta.url)), logger: silent });
  workflowBundle = await bundleOf('../../src/workflows/index.ts');
  brokenBundle = await bundleOf('broken-workflow.ts');
});

test('every shape is there', () => {
  expect(shapes).toEqual(
    expect.arrayContaining([
      'link',
      'refused',
      'backfill',
      'pause',
      'continue-as-new',
      'continued',
      'needs-attention',
      'unlink',
      'events',
      'range',
    ]),
  );
});

test.each(shapes)('replays: %s', async (shape) => {
  await Worker.runReplayHistory({ workflowBundle }, historyOf(shape));
});

test('a workflow that does something else first is found out', async () => {
  await expect(Worker.runReplayHistory({ workflowBundle: brokenBundle }, historyOf('link'))).rejects.toThrow(
    DeterminismViolationError,
  );
});

function historyOf(shape: string) {
  return JSON.parse(readFileSync(new URL(`${shape}.json`, folder), 'utf8'));
}
