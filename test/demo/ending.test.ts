import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { descendantsOf, survivorsOf } from '../stack/processes.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('npm run demo leaves nothing behind', () => {
  it('when it is interrupted', async () => {
    const demo = await demoThat('Linking alice');
    const family = await descendantsOf(demo.process.pid as number);
    expect(family.length, 'the demo, Postgres, Temporal, a worker and those who guard them').toBeGreaterThan(8);
    demo.process.kill('SIGINT');
    const [status] = await demo.ended;
    expect(status, demo.said()).toBe(130);
    expect(await survivorsOf(family, 5_000)).toEqual([]);
    expect(leftIn(demo.folder)).toEqual([]);
  });

  it('when it is killed', async () => {
    const demo = await demoThat('Linking alice');
    const family = await descendantsOf(demo.process.pid as number);
    demo.process.kill('SIGKILL');
    await demo.ended;
    expect(await survivorsOf(family, 25_000)).toEqual([]);
    expect(leftIn(demo.folder)).toEqual([]);
  });
});

/** The copy of Postgres' programs, made where no other user may read the checkout, is kept for later runs. */
function leftIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('bitmart-sync-postgres-'));
}

/** The demo, once it has said something, with a folder of its own for temporary files. */
async function demoThat(hasSaid: string) {
  const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-test-'));
  // Where we are root, Postgres runs as another user and has to get through.
  chmodSync(folder, 0o711);
  folders.push(folder);
  const running: ChildProcess = spawn(process.execPath, ['dev/demo/main.ts', '--exit'], {
    cwd: repository,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [running.stdout, running.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  while (!output.includes(hasSaid)) {
    if (running.exitCode !== null || !existsSync(folder)) throw new Error(`The demo ended:\n${output}`);
    await sleep(50);
  }
  return { process: running, folder, ended: once(running, 'exit'), said: () => output };
}
