import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const commandLine = fileURLToPath(new URL('../../src/cli/command-line.ts', import.meta.url));

function runWith(stdout: 'pipe' | number, stderr: 'pipe' | number, ...args: readonly string[]) {
  return spawnSync(process.execPath, [commandLine, ...args], { stdio: ['ignore', stdout, stderr], encoding: 'utf8' });
}

test('an output that can not be written is said in words', () => {
  const ended = runWith(openSync('/dev/full', 'w'), 'pipe', '--help');
  expect(ended.stderr).toMatch(/^The output can't be written: .*no space left.*\n$/);
  expect(ended.status).toBe(1);
});

test('a log that can not be written ends no command', () => {
  const ended = runWith('pipe', openSync('/dev/full', 'w'), 'status', 'nothing', '--json');
  expect(ended.status).toBe(2);
  expect(ended.stderr).toBeNull();
});
