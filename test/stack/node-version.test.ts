import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};
const ofOurs = Object.entries(scripts).filter(([, command]) => command.includes('.ts'));

it.each(ofOurs)('npm run %s checks the version of Node before anything else', (_name, command) => {
  const calls = command.split('&&').filter((call) => call.includes('.ts'));
  for (const call of calls)
    expect(call.trim()).toMatch(
      /^(?:[A-Z_]+=\S+ )?(?:exec )?node -r \.\/dev\/require-node\.cjs (?:--\S+ )*\S+\.ts(?: \S+)*$/,
    );
});

it.each(['stack', 'start', 'demo', 'test'])('npm run %s passes a signal on, without a shell in between', (name) => {
  expect(scripts[name]).toMatch(/^exec node /);
});

it('the first line names a Node that is too old, and nothing is started', () => {
  const disguise = join(folder, 'disguise.cjs');
  writeFileSync(
    disguise,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.2' } });",
  );
  const ended = spawnSync(process.execPath, ['-r', disguise, '-r', './dev/require-node.cjs', 'dev/stack.ts'], {
    cwd: repository,
    encoding: 'utf8',
  });
  expect(ended.status).toBe(2);
  expect(ended.stdout).toBe('');
  expect(ended.stderr.split('\n')[0]).toContain('needs Node 24 or newer and this is 20.19.2');
});
