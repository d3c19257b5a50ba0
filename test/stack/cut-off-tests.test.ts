import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { descendantsOf, survivorsOf } from './processes.ts';

test('tests that are killed leave nothing running, neither a worker nor what guards it', async () => {
  const { TEST_DATABASE_URL, NODE_COMPILE_CACHE, ...environment } = process.env;
  // On the stack of this run: one of its own would take longer than the rest.
  const env = { ...environment, DATABASE_URL: TEST_DATABASE_URL };
  const file = 'test/system/order-and-bounds.test.ts';
  const tests = spawn(process.execPath, ['dev/run-tests.ts', file], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env,
    stdio: 'ignore',
  });
  try {
    // One of a test: another only compiles, without any setting.
    const isWorker = (id: number) =>
      said(id, 'cmdline').includes('src/worker.ts') && said(id, 'environ').includes('TASK_QUEUE=');
    const worker = async () => (await descendantsOf(tests.pid as number)).find(isWorker);
    await expect.poll(worker, { interval: 200 }).toBeDefined();
    const family = await descendantsOf(tests.pid as number);
    tests.kill('SIGKILL');
    expect(await survivorsOf(family, 20_000)).toEqual([]);
  } finally {
    tests.kill('SIGKILL');
  }
});

function said(processId: number, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${processId}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
