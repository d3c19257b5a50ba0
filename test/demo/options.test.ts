import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const demo = fileURLToPath(new URL('../../dev/demo/main.ts', import.meta.url));
const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, [demo, ...args], { encoding: 'utf8', timeout: 60_000 });

test('demo --help says what it does and starts nothing', () => {
  const { status, stdout } = run('--help');
  expect(status).toBe(0);
  expect(stdout).toMatch(/--exit .*\n/);
});

test('an option that the demo does not know is refused with the ones that it knows', () => {
  const { status, stderr } = run('--quick');
  expect(status).toBe(2);
  expect(stderr).toMatch(/--quick[\s\S]*--exit/);
});
