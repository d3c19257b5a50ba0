import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { type System, startSystem } from '../support/system.ts';

/** The commit of the release before this one. */
const previousRelease = { version: '0.1.0', commit: 'e17e96a' };

const repository = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-previous-'));
let system: System | null = null;
afterAll(async () => {
  await system?.close();
  rmSync(folder, { recursive: true });
});

/** Its sources, or null where they are not at hand. */
function sourcesOf(commit: string): string | null {
  try {
    const archive = execFileSync('git', ['archive', commit, 'src', 'sandbox', 'package.json'], {
      cwd: repository,
      maxBuffer: 100_000_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const sources = join(folder, commit);
    mkdirSync(sources);
    execFileSync('tar', ['-x', '-C', sources], { input: archive });
    symlinkSync(join(repository, 'node_modules'), join(sources, 'node_modules'));
    return sources;
  } catch {
    return null;
  }
}

test('the worker of the release before goes on against this schema, and what it began this one ends', async (context) => {
  const sources = sourcesOf(previousRelease.commit);
  if (sources === null) return context.skip(`the sources of ${previousRelease.version} are not in this checkout`);
  system = await startSystem();
  const { sandbox, client, database } = system;
  const account = sandbox.exchange.addAccount();
  sandbox.exchange.generate(account.name, {
    spotTrades: 700,
    futuresTrades: 300,
    withdrawals: 5,
    deposits: 5,
    days: 60,
  });
  const owner = client.forOwner('anna');

  const previous = await system.startWorker({}, join(sources, 'src/worker.ts'));
  const { accountId, outcome } = await owner.link(account);
  expect(outcome).toBe('accepted');
  await owner.waitForLive(accountId, { timeoutMs: 60_000 });
  const names = { exchangeAccount: account.name, accountId };
  expect(await compareWithTruth(sandbox, database, names)).toMatchObject({ lost: {}, surplus: {} });

  // What it stored is numbered, and what happened is told, although it knows of neither.
  const changes = [];
  for await (const change of owner.allChanges(accountId)) changes.push(change);
  expect(changes).toHaveLength(1_010);
  expect(new Set(changes.map(({ stream, key }) => `${stream} ${key}`)).size).toBe(1_010);
  const { events } = await owner.events({ accountId });
  expect(events.map((event) => event.kind)).toEqual(['linked', 'backfilled']);

  expect(await previous.stop()).toBe(0);
  const moment = Date.now() - 5_000;
  sandbox.exchange.add(account.name, 'spot-trades', [{ createTime: moment }, { createTime: moment + 1 }]);
  await system.startWorker();
  await owner.sync(accountId, { timeoutMs: 60_000 });
  await owner.waitFor(accountId, ({ streams }) => streams[0]?.rows === 702, { timeoutMs: 60_000 });
  expect(await compareWithTruth(sandbox, database, names)).toMatchObject({ lost: {}, surplus: {} });
}, 180_000);
