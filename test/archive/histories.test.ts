import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GenerateOptions } from '../../sandbox/generate.ts';
import type { GivenRow } from '../../sandbox/wire-text.ts';
import type { OwnerClient } from '../../src/client/index.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';
import { scriptNames, UnpackedArchive } from './unpacked.ts';

/** Histories in which a page proves in another way than by its own claim. */
const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-histories-'));
const day = 86_400_000;
let system: System;
beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
  await system.startWorker();
});
afterAll(async () => {
  await system.close();
  rmSync(folder, { recursive: true });
});

async function linked(name: string, history: GenerateOptions, trades: readonly GivenRow[] = []) {
  const { exchange } = system.sandbox;
  const key = exchange.addAccount({ name });
  exchange.generate(name, history);
  exchange.add(name, 'spot-trades', trades);
  const owner = system.client.forOwner(name);
  const { accountId } = await notRefused(owner.link(key));
  return { owner, accountId };
}

async function archived(owner: OwnerClient, accountId: string): Promise<UnpackedArchive> {
  const file = join(folder, `${accountId}.tar.gz`);
  await pipeline(owner.archive(accountId), createWriteStream(file));
  const archive = UnpackedArchive.of(file, folder);
  for (const script of scriptNames) {
    const { said, status } = archive.verify(script);
    expect(said).toMatch(/^Verified/);
    expect(status).toBe(0);
  }
  return archive;
}

test('a year without records is proved by the empty answers of it that an older record confirms', async () => {
  const { exchange } = system.sandbox;
  exchange.setSwitches({ tradesReachMs: null });
  const { owner, accountId } = await linked('years', { spotTrades: 400, futuresTrades: 100, deposits: 30, days: 60 });
  const oldestMs = Date.now() - 500 * day;
  exchange.add('years', 'spot-trades', [{ createTime: oldestMs }]);
  await owner.waitForLive(accountId);
  exchange.setSwitches({ tradesReachMs: 90 * day });
  const archive = await archived(owner, accountId);
  const coverage = archive.json('coverage.json');
  const [stream] = coverage.streams;
  expect(stream.covered).toHaveLength(1);
  expect(Date.parse(stream.covered[0][0])).toBe(oldestMs);

  // Without that record nothing shows that BitMart served the year before.
  const without = archive.copy(folder);
  without.writeLines('records/spot-trades.ndjson', archive.lines('records/spot-trades.ndjson').slice(1));
  stream.rows -= 1;
  without.write('coverage.json', JSON.stringify(coverage));
  without.seal();
  for (const script of scriptNames) expect(without.verify(script).said).toMatch(/no page proves/);
});

test('an instant denser than one answer is proved by the answers that divide it', async () => {
  const history = {
    ...{ spotTrades: 1_500, futuresTrades: 1_500, futuresFlows: 2_500, withdrawals: 20, deposits: 20 },
    ...{ bursts: 2, burstSize: 700, days: 60 },
  };
  // Too many of one instant, but not of either mode.
  const createTime = Date.now() - 10 * day;
  const ofMode = (orderMode: string) =>
    Array.from({ length: 130 }, () => ({ createTime, symbol: 'BTC_USDT', orderMode }));
  const { owner, accountId } = await linked('dense', history, [...ofMode('spot'), ...ofMode('iso_margin')]);
  await owner.waitForLive(accountId);
  const archive = await archived(owner, accountId);
  expect(archive.lines('pages.ndjson').some(({ split }) => split !== null)).toBe(true);
});

test('answers that are not evidence are in the archive, and prove nothing', async () => {
  const { exchange } = system.sandbox;
  for (const fault of ['cached', 'omit-rows', 'wrong-part', 'ignore-parameters', 'malformed-row'] as const)
    exchange.inject({ fault, account: 'odd', times: 3 });
  const { owner, accountId } = await linked('odd', {
    ...{ spotTrades: 700, futuresTrades: 300, futuresFlows: 300, withdrawals: 30, deposits: 30, days: 80 },
  });
  await owner.waitForLive(accountId);
  await owner.sync(accountId);
  const archive = await archived(owner, accountId);
  expect(archive.lines('pages.ndjson').some(({ verdict }) => verdict === 'no-evidence')).toBe(true);
});

test('an account that another one was merged into is verified as one', async () => {
  const { exchange } = system.sandbox;
  exchange.inject({ fault: 'error', endpoint: '/uapi-key/v1/account/info', account: 'merged', httpStatus: 404 });
  const history = { spotTrades: 700, futuresFlows: 100, withdrawals: 30, deposits: 30, days: 80 };
  const { owner, accountId: older } = await linked('merged', history);
  await owner.waitForLive(older);
  const { accountId: younger } = await notRefused(owner.link(exchange.addKey('merged')));
  expect(younger).not.toBe(older);
  await owner.waitFor(
    younger,
    ({ status, problems }) => status === 'live' && problems.some(({ code }) => code === 'same-account'),
  );
  await owner.merge(younger, older);
  await archived(owner, older);
});
