import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { previousRelease, previousSources } from '../support/previous-release.ts';
import { type System, startSystem } from '../support/system.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-previous-'));
let system: System | null = null;
afterAll(async () => {
  await system?.close();
  rmSync(folder, { recursive: true });
});

test('the worker of the release before goes on against this schema, and what it began this one ends', async (context) => {
  const sources = previousSources(folder);
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
  await owner.waitForLive(accountId);
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
  await owner.sync(accountId);
  await owner.waitFor(accountId, ({ streams }) => streams[0]?.rows === 702);
  expect(await compareWithTruth(sandbox, database, names)).toMatchObject({ lost: {}, surplus: {} });
});
