import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import { startTemporal } from '../../dev/temporal.ts';
import { findTemporal } from '../../dev/temporal-binary.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-test-'));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const taken = 'listen tcp 127.0.0.1:40123: bind: address already in use';

/** A `temporal` on the PATH that loses a port to another process at its first starts. */
async function startWithLosses(losses: number) {
  const real = await findTemporal(() => undefined);
  const directory = mkdtempSync(join(folder, 'case-'));
  const [command, starts] = [join(directory, 'temporal'), join(directory, 'starts')];
  const script = [
    '#!/bin/sh',
    'if [ "$1" = --version ]; then echo temporal version 99.0.0; exit; fi',
    `echo >> ${starts}`,
    `if [ "$(wc -l < ${starts})" -le ${losses} ]; then echo '${taken}' >&2; exit 1; fi`,
    `exec ${real} "$@"`,
  ];
  writeFileSync(command, `${script.join('\n')}\n`);
  chmodSync(command, 0o755);
  vi.stubEnv('PATH', `${directory}:${process.env.PATH}`);
  return startTemporal({ directory: join(directory, 'server'), temporary: true, say: () => undefined });
}

test('a Temporal that loses one of its own ports to another process is started again', async () => {
  const server = await startWithLosses(1);
  expect((await fetch(server.uiUrl)).status).toBe(200);
  await server.stop();
});

test('one that never gets ready is an error that says what its log says', async () => {
  await expect(startWithLosses(99)).rejects.toThrow(taken);
});

test.runIf(process.platform === 'linux')('no outgoing connection is given a port that was found free', async () => {
  const outgoing = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  expect(Math.max(...ports)).toBeLessThan(Number(outgoing.trim().split(/\s+/)[0]));
  expect(new Set(ports).size).toBe(50);
});
