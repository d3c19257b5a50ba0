import { afterEach, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** BitMart winds down: spot ended first, and its endpoints may be removed while the others still answer. */
let system: System;
afterEach(() => system.close());

test.each([
  ['withdraws', { code: 30031, httpStatus: 200 }, 'exchange-closed'],
  ['removes', { code: null, httpStatus: 404 }, 'exchange-closed'],
] as const)(
  'once BitMart %s the endpoints of spot and its clock, an account is still linked, and all else is read',
  async (name, answer, problem) => {
    system = await startSystem({ switches: refusedBeyondReach });
    const { exchange } = system.sandbox;
    for (const endpoint of [
      '/system/time',
      '/account/v1/wallet',
      '/spot/v4/query/trades',
      '/spot/v4/query/history-orders',
    ])
      exchange.inject({ fault: 'error', ...answer, endpoint });
    await system.startWorker();
    const account = exchange.addAccount({ name });
    exchange.generate(name, { futuresTrades: 300, futuresFlows: 200, withdrawals: 20, deposits: 20, days: 60 });
    const owner = system.client.forOwner(name);
    const { accountId } = await notRefused(owner.link(account));
    // That an endpoint is removed is believed once several syncs in a row have met it.
    await expect
      .poll(
        async () => {
          await owner.sync(accountId).catch(() => undefined);
          return (await owner.status(accountId)).status;
        },
        { timeout: 90_000 },
      )
      .toBe('live');
    expect(await compareWithTruth(system.sandbox, system.database, { exchangeAccount: name, accountId })).toEqual({
      lost: {},
      surplus: {},
      stored: 540,
    });
    const { streams } = await owner.coverage(accountId);
    expect(streams.find(({ stream }) => stream === 'futures-trades')).toMatchObject({ rows: 300 });
    const { problems, status } = await owner.status(accountId);
    expect(status).toBe('live');
    expect(problems.map(({ code, stream }) => [code, stream])).toEqual([[problem, 'spot-trades']]);

    // A key that BitMart refuses now is known as such, although neither of its usual reads is left.
    for (const endpoint of [
      '/contract/private/trades',
      '/contract/private/transaction-history',
      '/account/v2/deposit-withdraw/history',
    ])
      exchange.inject({ fault: 'error', code: 30011, httpStatus: 403, endpoint });
    await owner.sync(accountId).catch(() => undefined);
    await expect.poll(async () => (await owner.status(accountId)).status, { timeout: 60_000 }).toBe('needs-attention');
  },
  180_000,
);
