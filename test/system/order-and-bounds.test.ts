import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Switches } from '../../sandbox/switches.ts';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** Whatever order the exchange uses, and whether or not it includes the bounds: all of it is stored, once. */
let system: System;

beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
  await system.startWorker();
});
afterAll(() => system.close());

const orders = ['newest-first', 'oldest-first', 'shuffled', 'any-choice-sorted'] as const;
const bounds = [
  { includesStart: true, includesEnd: true },
  { includesStart: false, includesEnd: false },
] as const;

describe.each(orders)('rows %s', (order) => {
  test.each(bounds)(
    'with the bounds %o',
    async (bound) => {
      const { exchange } = system.sandbox;
      const switches: Partial<Switches> = { order, ...bound };
      exchange.setSwitches(switches);
      const account = exchange.addAccount({ name: `${order} ${bound.includesEnd}` });
      exchange.generate(account.name, {
        spotTrades: 900,
        futuresTrades: 700,
        futuresFlows: 600,
        withdrawals: 40,
        deposits: 40,
        days: 88,
        bursts: 12,
        burstSize: 150,
      });
      const owner = system.client.forOwner(account.name);
      const { accountId } = await notRefused(owner.link(account));
      const status = await owner.waitForLive(accountId);

      const difference = await compareWithTruth(system.sandbox, system.database, {
        exchangeAccount: account.name,
        accountId,
      });
      expect(difference).toEqual({ lost: {}, surplus: {}, stored: 2_280 });
      // Left out is what the key may not read, and loans where no generated trade is on margin.
      for (const stream of status.streams.filter(({ unreadable }) => unreadable === undefined)) {
        expect(stream).toMatchObject({ complete: true });
        const holes = stream.gaps.filter((gap) => !['expired-before-link', 'reach-unknown'].includes(gap.reason));
        expect(holes).toEqual([]);
      }
      const { verified, differences } = await owner.coverage(accountId, { evidence: true });
      expect({ verified, differences }).toEqual({ verified: true, differences: [] });
    },
    90_000,
  );
});

test('records between the claimed and the true reach are stored, although wider windows are refused', async () => {
  const { exchange } = system.sandbox;
  const dayMs = 86_400_000;
  exchange.setSwitches({ order: 'newest-first', includesStart: true, includesEnd: true, beyondReach: 'error' });
  const account = exchange.addAccount({ name: 'edge' });
  const near = (days: number) => Date.now() - days * dayMs;
  exchange.add(
    'edge',
    'spot-trades',
    [89.2, 89.5, 89.9, 60].map((days) => ({ createTime: near(days) })),
  );
  exchange.add(
    'edge',
    'futures-trades',
    [89.2, 89.9].map((days) => ({ create_time: near(days) })),
  );
  const owner = system.client.forOwner('edge');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  const difference = await compareWithTruth(system.sandbox, system.database, { exchangeAccount: 'edge', accountId });
  expect(difference).toEqual({ lost: {}, surplus: {}, stored: 6 });
});
