import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** Streams that are read once a day: savings, of which no answer was ever seen, and loans, which are requested pair by pair. */
let system: System;

beforeAll(async () => {
  system = await startSystem({ switches: { ...refusedBeyondReach, order: 'shuffled' } });
  await system.startWorker();
});
afterAll(() => system.close());

const dayMs = 86_400_000;

async function linked(name: string) {
  const account = system.sandbox.exchange.addAccount({ name });
  const owner = system.client.forOwner(name);
  return { owner, link: () => notRefused(owner.link(account)) };
}

async function earnOf(owner: Awaited<ReturnType<typeof linked>>['owner'], accountId: string) {
  return (await owner.coverage(accountId)).streams.find(({ stream }) => stream === 'earn-records');
}

test('savings of both products are stored once each, and what can’t be read is quarantined', async () => {
  const { exchange } = system.sandbox;
  const { owner, link } = await linked('saves');
  exchange.generate('saves', { earnRecords: 800, days: 700, endMs: Date.now() - dayMs });
  const { accountId, problems } = await link();
  expect(problems).toEqual([]);
  await owner.waitForLive(accountId);
  const names = { exchangeAccount: 'saves', accountId };
  expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual({
    lost: {},
    surplus: {},
    stored: 800,
  });
  expect(await earnOf(owner, accountId)).toMatchObject({ rows: 800, complete: true });

  exchange.add('saves', 'earn-records', [{ time: Date.now() - 3_600_000, part: 'fixed-redeem', amount: 'all of it' }]);
  await owner.sync(accountId);
  expect(await earnOf(owner, accountId)).toMatchObject({ rows: 800, quarantined: [{ rows: 1 }] });
});

test.each([
  ['a key that may not read it', { fault: 'error', code: 30012, httpStatus: 403 }],
  ['an endpoint that is not there', { fault: 'error', code: 30000, httpStatus: 404 }],
  ['an answer of another shape', { fault: 'instead', body: { code: 1000, message: 'OK', data: { rows: [] } } }],
] as const)('%s is a gap and no problem, and keeps nothing else from being complete', async (what, fault) => {
  const { exchange } = system.sandbox;
  const { owner, link } = await linked(what);
  exchange.generate(what, { spotTrades: 5, earnRecords: 5, days: 20 });
  for (const path of ['/newearn/cloud/v1/saving/record', '/newearn/cloud/v1/saving/fixed/record'])
    exchange.inject({ ...fault, endpoint: path, account: what });
  const { accountId, problems } = await link();
  expect(problems).toEqual([]);
  await owner.waitForLive(accountId);
  await owner.sync(accountId);
  const reported = await earnOf(owner, accountId);
  expect(reported).toMatchObject({ rows: 0, missingRight: 'unknown' });
  expect(reported?.gaps.map(({ reason }) => reason)).toContain('refused');
  expect(await owner.status(accountId)).toMatchObject({ status: 'live', problems: [] });
  expect(await owner.explain(accountId)).toMatchObject({ complete: true });
});

const loansOf = async (owner: Awaited<ReturnType<typeof linked>>['owner'], accountId: string) =>
  (await owner.coverage(accountId)).streams.find(({ stream }) => stream === 'margin-loans');

const loanRequests = (name: string) =>
  system.sandbox.exchange.log.filter(({ account, stream }) => account === name && stream === 'margin-loans').length;

test('loans are read for each pair that was traded on margin, also one that is traded later, and a repaid one keeps what it was', async () => {
  const { exchange } = system.sandbox;
  const { owner, link } = await linked('borrows');
  const hourAgo = Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000;
  const onMargin = (symbol: string) =>
    exchange.add('borrows', 'spot-trades', [{ createTime: hourAgo, symbol, orderMode: 'iso_margin' }]);
  onMargin('BTC_USDT');
  const [loan] = exchange.add('borrows', 'margin-loans', [{ part: 'borrow-BTC_USDT', create_time: hourAgo }]);
  // More than one answer holds, of years.
  const timesMs = Array.from({ length: 130 }, (_, i) => hourAgo - (i + 1) * 5 * dayMs);
  const repayments = (pair: string) => timesMs.map((repay_time) => ({ part: `repay-${pair}`, repay_time }));
  exchange.add('borrows', 'margin-loans', repayments('BTC_USDT'));
  exchange.add('borrows', 'margin-loans', repayments('ETH_USDT').slice(0, 3));
  const { accountId, problems } = await link();
  expect(problems).toEqual([]);
  await owner.waitForLive(accountId);
  expect(await loansOf(owner, accountId)).toMatchObject({ rows: 131, complete: true });

  exchange.change('borrows', 'margin-loans', loan?.id as string, { borrow_amount: '0.00000000', interest_amount: '0' });
  onMargin('ETH_USDT');
  await owner.sync(accountId);
  await expect.poll(async () => (await loansOf(owner, accountId))?.rows).toBe(134);
  const names = { exchangeAccount: 'borrows', accountId };
  const all = { lost: {}, surplus: {}, stored: 136 };
  expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual(all);
  expect(await loansOf(owner, accountId)).toMatchObject({ complete: true });
  const { changes } = await owner.changes(accountId);
  expect(changes.find(({ record }) => 'record_id' in record && record.record_id === loan?.id)).toMatchObject({
    version: 2,
    record: { kind: 'borrow', amount: '0.00000000' },
  });
});

test('an account that never traded on margin is asked for no loans, and one whose pair is delisted has a gap and no problem', async () => {
  const { exchange } = system.sandbox;
  const plain = await linked('never borrows');
  exchange.add('never borrows', 'spot-trades', [{ createTime: Date.now() - dayMs, orderMode: 'spot' }]);
  const plainId = (await plain.link()).accountId;
  await plain.owner.waitForLive(plainId);
  expect(loanRequests('never borrows')).toBe(0);
  const nothing = await loansOf(plain.owner, plainId);
  expect(nothing).toMatchObject({ rows: 0, atRiskAt: null, gaps: [{ reason: 'not-opened' }] });
  expect(await plain.owner.status(plainId)).toMatchObject({ status: 'live', complete: true, problems: [] });

  const delisted = await linked('delisted');
  exchange.add('delisted', 'spot-trades', [
    { createTime: Date.now() - dayMs, symbol: 'LTC_USDT', orderMode: 'iso_margin' },
  ]);
  const { accountId } = await delisted.link();
  const borrowing = await onlyBorrowing();
  await delisted.owner.waitForLive(accountId);
  const loans = await loansOf(delisted.owner, accountId);
  expect(loans).toMatchObject({ rows: 0, missingRight: 'unknown' });
  expect(loans?.gaps.map(({ reason }) => reason)).toContain('refused');
  expect(await delisted.owner.status(accountId)).toMatchObject({ status: 'live', complete: true, problems: [] });
  await borrowing.foundWithoutTrades();
});

/** An account that owes on a pair that it never traded: the margin account names it, once a day. */
async function onlyBorrowing() {
  const { exchange } = system.sandbox;
  const name = 'only borrows';
  const endpoint = '/spot/v1/margin/isolated/account';
  const { owner, link } = await linked(name);
  exchange.add(name, 'spot-trades', [{ createTime: Date.now() - dayMs, orderMode: 'spot' }]);
  exchange.add(name, 'margin-loans', [{ part: 'borrow-ETH_USDT', create_time: Date.now() - dayMs, currency: 'USDT' }]);
  const { accountId } = await link();
  const asked = () => exchange.log.filter((call) => call.account === name && call.endpoint === endpoint).length;
  const wallets = async () => {
    const { rows } = await system.database.query<{ wallet: string; currency: string; moment: string; reason: string }>(
      'select wallet, currency, moment, reason from balance_snapshot where account_id = $1 and wallet like $2 order by taken_at',
      [accountId, 'isolated-margin%'],
    );
    return rows;
  };
  return {
    foundWithoutTrades: async () => {
      await owner.waitForLive(accountId);
      expect(await loansOf(owner, accountId)).toMatchObject({ rows: 1, complete: true });
      expect(await owner.status(accountId)).toMatchObject({ status: 'live', complete: true, problems: [] });
      const owed = { wallet: 'isolated-margin/ETH_USDT', currency: 'USDT', moment: 'before', reason: null };
      expect(await wallets()).toEqual([owed]);
      expect(asked()).toBe(1);
      // Withdrawn, or answered with what can't be read, it says so and stops nothing.
      for (const [fault, reason] of [
        [{ fault: 'error', code: 30031, httpStatus: 200 }, 'answered HTTP 200, code 30031'],
        [{ fault: 'instead', body: { code: 1000, message: 'OK', data: null } }, 'unreadable: '],
      ] as const) {
        const id = exchange.inject({ account: name, endpoint, ...fault });
        const before = await wallets();
        await owner.sync(accountId);
        await expect.poll(wallets).toHaveLength(before.length + 1);
        expect((await wallets()).at(-1)).toMatchObject({
          wallet: 'isolated-margin',
          reason: expect.stringContaining(reason),
        });
        exchange.clearFaults(id);
      }
      expect(await owner.status(accountId)).toMatchObject({
        complete: true,
        problems: [],
        balances: { verdict: 'balanced' },
      });
    },
  };
}
