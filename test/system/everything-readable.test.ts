import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultOptions } from '../../sandbox/faults.ts';
import type { Switches } from '../../sandbox/switches.ts';
import type { StreamName } from '../../src/client/index.ts';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { type System, startSystem } from '../support/system.ts';

/** What the exchange can still serve is read, whatever goes wrong with one window: the whole stack, over HTTP. */
let system: System;
const dayMs = 86_400_000;

beforeAll(async () => {
  system = await startSystem({ workerEnv: { SYNC_INTERVAL: '5s' } });
  await system.startWorker();
});
afterAll(() => system.close());

async function linked(name: string, switches: Partial<Switches>, fault?: FaultOptions) {
  const { exchange } = system.sandbox;
  exchange.setSwitches(switches);
  const account = exchange.addAccount({ name });
  return {
    generate: (options: Parameters<typeof exchange.generate>[1]) => exchange.generate(name, options),
    link: async () => {
      if (fault) exchange.inject({ ...fault, account: name });
      const owner = system.client.forOwner(name);
      const { accountId } = await notRefused(owner.link(account));
      await owner.waitForLive(accountId);
      return { owner, accountId };
    },
    difference: (accountId: string) =>
      compareWithTruth(system.sandbox, system.database, { exchangeAccount: name, accountId }),
  };
}

const reachMs = 270 * dayMs;

describe('an exchange that serves 270 days', () => {
  test.each([
    ['without a word', 'empty'],
    ['with its own codes', 'error'],
    ['with a code that is in no table', { code: 40011, httpStatus: 400 }],
  ] as const)(
    'and refuses what is older %s: nothing is lost, and no gap claims what was never requested',
    async (name, beyondReach) => {
      const account = await linked(`270 ${name}`, { tradesReachMs: reachMs, movementsReachMs: reachMs, beyondReach });
      account.generate({
        spotTrades: 600,
        futuresTrades: 700,
        futuresFlows: 500,
        withdrawals: 40,
        deposits: 40,
        days: 269,
      });
      const { owner, accountId } = await account.link();
      expect(await account.difference(accountId)).toEqual({ lost: {}, surplus: {}, stored: 1_880 });
      const { streams } = await owner.coverage(accountId);
      for (const stream of streams.filter(({ rows }) => rows > 0)) {
        expect(Date.parse(stream.servedBack as string)).toBeLessThan(Date.now() - 250 * dayMs);
        // Each part of a stream vouches from its own oldest record, the stream from the youngest of these.
        const vouchedFrom = Date.now() - (stream.stream === 'spot-trades' ? 250 : 150) * dayMs;
        expect(Date.parse(stream.covered[0]?.[0] as string)).toBeLessThan(vouchedFrom);
        expect(Date.parse(stream.gaps[0]?.to as string)).toBeLessThan(vouchedFrom);
      }
    },
    120_000,
  );

  test('loses no record of an account whose last one is 100 days old, with the real timetable', async () => {
    const account = await linked('idle for 100 days', {
      tradesReachMs: reachMs,
      movementsReachMs: reachMs,
      beyondReach: 'empty',
    });
    const endMs = Date.now() - 100 * dayMs;
    account.generate({ spotTrades: 300, futuresTrades: 800, futuresFlows: 300, days: 169, endMs });
    const { owner, accountId } = await account.link();
    expect(await account.difference(accountId)).toEqual({ lost: {}, surplus: {}, stored: 1_400 });
    const explained = JSON.stringify(await owner.explain(accountId));
    expect(explained).not.toContain('no answer of BitMart proves any of it yet');
  });
});

describe('one instant 50 days back', () => {
  const instantMs = Date.now() - 50 * dayMs;
  // Each account has its own fault. Most of the time is pauses between retries.
  test.concurrent.each([
    ['that answers HTTP 500', { fault: 'server-error', httpStatus: 500, instantMs }, 'unanswered'],
    ['that answers 40012', { fault: 'error', code: 40012, httpStatus: 400, instantMs }, 'unexpected-answer'],
    ['that answers without a list', { fault: 'null-data', instantMs }, 'unexpected-answer'],
  ] as const)(
    '%s costs itself alone',
    async (name, fault, reason) => {
      const account = await linked(
        name,
        { tradesReachMs: 90 * dayMs, movementsReachMs: 90 * dayMs, beyondReach: 'empty' },
        fault,
      );
      account.generate({ spotTrades: 400, futuresTrades: 300, days: 80 });
      const { owner, accountId } = await account.link();
      expect(await account.difference(accountId)).toEqual({ lost: {}, surplus: {}, stored: 700 });
      const { streams } = await owner.coverage(accountId);
      const spot = streams.find(({ stream }) => stream === 'spot-trades');
      const failed = spot?.gaps.filter((gap) => gap.reason === reason) ?? [];
      expect(failed).toHaveLength(1);
      expect(Date.parse(failed[0]?.to as string) - Date.parse(failed[0]?.from as string)).toBeLessThan(10);
      const { problems } = await owner.status(accountId);
      expect(problems.map(({ code, stream }) => [code, stream])).toContainEqual(['unexpected-answer', 'spot-trades']);
    },
    180_000,
  );
});

test('a record that vanishes from the answers does not stop later ones from being read', async () => {
  const account = await linked('vanishing', {
    tradesReachMs: 90 * dayMs,
    movementsReachMs: 90 * dayMs,
    beyondReach: 'empty',
  });
  const { exchange } = system.sandbox;
  const lateMs = Date.now() - 3_600_000;
  exchange.add('vanishing', 'spot-trades', [{ createTime: lateMs }]);
  const { owner, accountId } = await account.link();
  exchange.vanish('vanishing', { stream: 'spot-trades', instantMs: lateMs });
  exchange.add(
    'vanishing',
    'spot-trades',
    [1, 2, 3, 4, 5].map((minutes) => ({ createTime: lateMs + minutes * 60_000 })),
  );
  await owner.sync(accountId);
  const { rows } = await system.database.query('select trade_id from spot_trade where account_id = $1', [accountId]);
  expect(rows).toHaveLength(6);
});

test('a sync of a range ends even if one millisecond has more records than an answer holds', async () => {
  const account = await linked('dense', {
    tradesReachMs: 90 * dayMs,
    movementsReachMs: 90 * dayMs,
    beyondReach: 'empty',
  });
  const { exchange } = system.sandbox;
  const denseMs = Date.now() - 20 * dayMs;
  account.generate({ spotTrades: 300, days: 60 });
  exchange.add(
    'dense',
    'spot-trades',
    Array.from({ length: 270 }, () => ({ createTime: denseMs })),
  );
  const { owner, accountId } = await account.link();
  const range = {
    stream: 'spot-trades' as StreamName,
    from: new Date(denseMs - 60_000),
    to: new Date(denseMs + 60_000),
  };
  const read = await owner.syncRange(accountId, range);
  expect(read.stopped).toBeNull();
  expect(read.requests).toBeLessThan(150);
  expect(read.gaps.map(({ reason }) => reason)).toContain('too-dense');
});
