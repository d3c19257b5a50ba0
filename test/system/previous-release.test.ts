import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { marginPairs } from '../../sandbox/rows/markets.ts';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { previousRelease, previousSources } from '../support/previous-release.ts';
import { type System, startSystem } from '../support/system.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-previous-'));
let system: System | null = null;
afterAll(async () => {
  await system?.close();
  rmSync(folder, { recursive: true });
});

const dayMs = 86_400_000;

test('the previous release’s worker works with this schema, and this one reads what that one did not request', async (context) => {
  const sources = previousSources(folder);
  if (sources === null) return context.skip(`the sources of ${previousRelease.version} are not in this checkout`);
  system = await startSystem();
  const { sandbox, client, database } = system;
  sandbox.exchange.setSwitches({ tradesReachMs: 270 * dayMs, movementsReachMs: 270 * dayMs });
  const account = sandbox.exchange.addAccount();
  const young = { spotTrades: 700, futuresTrades: 300, withdrawals: 5, deposits: 5, days: 60 };
  sandbox.exchange.generate(account.name, young);
  sandbox.exchange.generate(account.name, {
    spotTrades: 200,
    futuresTrades: 200,
    futuresFlows: 100,
    days: 130,
    endMs: Date.now() - 130 * dayMs,
  });
  // Of pairs that trades on margin name: a history that the previous release does not know.
  sandbox.exchange.generate(account.name, { marginLoans: 16, days: 60 });
  sandbox.exchange.add(
    account.name,
    'spot-trades',
    marginPairs.map((symbol) => ({ createTime: Date.now() - dayMs, symbol, orderMode: 'iso_margin' })),
  );
  const owner = client.forOwner('anna');

  const previous = await system.startWorker({}, join(sources, 'src/worker.ts'));
  const { accountId, outcome } = await notRefused(owner.link(account));
  expect(outcome).toBe('accepted');
  await owner.waitForLive(accountId);
  const names = { exchangeAccount: account.name, accountId };
  expect(await compareWithTruth(sandbox, database, names)).toMatchObject({ surplus: {}, stored: 1_012 });
  const before = await owner.coverage(accountId);
  for (const { gaps, requestedAt } of before.streams) {
    expect(requestedAt).toBeNull();
    expect(gaps.map(({ reason }) => reason)).not.toContain('expired-before-link');
  }
  const { events } = await owner.events({ accountId });
  expect(events.map((event) => event.kind)).toEqual(['linked', 'backfilled']);

  expect(await previous.stop()).toBe(0);
  const moment = Date.now() - 15_000;
  sandbox.exchange.add(account.name, 'spot-trades', [{ createTime: moment }, { createTime: moment + 1 }]);
  await system.startWorker();
  await owner.sync(accountId);
  await owner.waitFor(accountId, ({ streams }) => streams[0]?.rows === 904);
  await owner.waitFor(accountId, ({ streams }) => streams.find(({ stream }) => stream === 'margin-loans')?.rows === 16);
  expect(await compareWithTruth(sandbox, database, names)).toEqual({ lost: {}, surplus: {}, stored: 1_530 });
});
