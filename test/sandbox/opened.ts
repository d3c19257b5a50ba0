import { afterEach } from 'vitest';
import type { AccountOptions, Sandbox, SandboxOptions } from '../../sandbox/server.ts';
import { startSandbox } from '../../sandbox/server.ts';
import { SigningClient } from './signing-client.ts';

const running: Sandbox[] = [];

afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.close();
});

/** A sandbox that is closed after the test, with one account and a client of its key. */
export async function opened(options: SandboxOptions = {}, accountOptions: AccountOptions = {}) {
  const sandbox = await startSandbox(options);
  running.push(sandbox);
  const { exchange, url } = sandbox;
  const account = exchange.addAccount({ name: 'anna', ...accountOptions });
  return { sandbox, exchange, url, account, client: new SigningClient(url, account) };
}

/** A whole minute, some hours ago, so that rows around it are in the past and within the reach. */
export const baseMs = Math.floor(Date.now() / 60_000) * 60_000 - 6 * 3_600_000;

export const dayMs = 86_400_000;
