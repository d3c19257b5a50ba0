import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { freshPlatform, type Platform } from '../client/surroundings.ts';

const commandLine = fileURLToPath(new URL('../../src/cli/command-line.ts', import.meta.url));

let platform: Platform;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  platform = await freshPlatform();
  const url = `http://127.0.0.1:${await freePort()}`;
  env = { ...platform.env, LINK_ADDRESS: url.slice('http://'.length), LINK_URL: url };
});
afterAll(() => platform.close());

/** Ends with its test, also with one that fails. */
function serve(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [commandLine, 'serve', ...args], { env: { ...process.env, ...env, ...more } });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

test('`link-session` makes a URL that `serve` answers, and a signal stops `serve`', async () => {
  const child = serve(['--json']);
  const [ready] = (await once(child.stdout, 'data')) as [Buffer];
  expect(JSON.parse(ready.toString())).toMatchObject({ url: env.LINK_URL });
  expect((await fetch(`${env.LINK_URL}/readyz`)).status).toBe(200);
  const made = await runCommandLine(['link-session', '--owner', 'anna', '--language', 'ja', '--json'], { env });
  expect(made.status, made.stderr).toBe(0);
  const session = documentOf(made) as { sessionId: string; url: string; expiresAt: string };
  expect(session).toEqual({ sessionId: expect.any(String), url: expect.any(String), expiresAt: expect.any(String) });
  expect(Date.parse(session.expiresAt) - Date.now()).toBeLessThanOrEqual(30 * 60_000);
  const page = await (await fetch(session.url)).text();
  expect(page).toContain('<html lang="ja">');
  expect(page).toContain(`data-session="${session.sessionId}"`);
  // An open page does not hold up the end.
  await fetch(`${session.url}/live`);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('`serve` connects to Temporal at its start, so that the first user does not wait for it', async () => {
  const temporal = createServer().listen(0, '127.0.0.1');
  await once(temporal, 'listening');
  const { port } = temporal.address() as AddressInfo;
  serve([], { LINK_ADDRESS: '127.0.0.1:0', TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
  const [connection] = (await once(temporal, 'connection')) as [Socket];
  connection.destroy();
  temporal.close();
});

test('`serve` without the public key fails at its start, and says what to set', async () => {
  const child = serve([], { CREDENTIALS_PUBLIC_KEY: '' });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => {
    stderr += text;
  });
  // Without its failure it would say that it is ready, and go on.
  await Promise.race([once(child, 'close'), once(child.stdout, 'data')]);
  expect([child.exitCode, stderr]).toEqual([2, expect.stringContaining('CREDENTIALS_PUBLIC_KEY')]);
});

test('errors in a session’s options or the page’s configuration are listed, with status 2', async () => {
  const wrong = [
    ['link-session', '--origin', 'https://app.example.com/path'],
    ['link-session', '--origin', 'https://*.example.com'],
    ['link-session', '--origin', 'https://app.example.com;sandbox'],
    ['link-session', '--return-url', 'javascript:alert(1)'],
    ['link-session', '--language', 'fr'],
    ['link-session', '--label', 'x'.repeat(201)],
  ];
  for (const args of wrong) {
    expect(await runCommandLine([...args, '--owner', 'anna', '--json'], { env })).toMatchObject({ status: 2 });
  }
  for (const LINK_URL of ['http://link.example.com', 'http://127.example.com']) {
    const ended = await runCommandLine(['serve'], { env: { ...env, LINK_URL } });
    expect(ended).toMatchObject({ status: 2, stderr: expect.stringContaining('must be https') });
  }
});
