import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Reconciliation } from '../../src/client/index.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** Balances of the exchange against what was read, from the key to the answer of `reconcile`. */
let system: System;

beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
  await system.startWorker();
});
afterAll(() => system.close());

const dayMs = 86_400_000;

const bookOf = ({ assets }: Reconciliation, wallet: string, asset: string) =>
  assets.find((each) => each.wallet === wallet && each.asset === asset);

test('books balance until the exchange withholds a record, which is reported with its interval', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'books', permissions: ['Future-Trade'] });
  const past = { days: 60, endMs: Date.now() - dayMs };
  exchange.generate('books', { spotTrades: 60, futuresFlows: 20, deposits: 6, withdrawals: 6, ...past });
  exchange.generate('books', { earnRecords: 12, transfers: 4, marginLoans: 8, ...past });
  const owner = system.client.forOwner('books');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  const moments = async () =>
    (
      await system.database.query<{ moment: string; wallets: number }>(
        `select moment, count(distinct split_part(wallet, '/', 1))::int as wallets from balance_snapshot where account_id = $1
         group by moment, date_trunc('minute', taken_at) order by moment`,
        [accountId],
      )
    ).rows;
  expect(new Set((await moments()).map(({ moment, wallets }) => `${moment} ${wallets}`))).toEqual(
    new Set(['after 2', 'before 3']),
  );

  exchange.add('books', 'spot-trades', [
    { createTime: Date.now(), symbol: 'BTC_USDT', side: 'buy', orderMode: 'spot' },
  ]);
  exchange.add('books', 'futures-flows', [{ part: 'futures', time: Date.now(), flow_type: 1, amount: '25.5' }]);
  // The same transfer once more, as its own history tells it.
  exchange.add('books', 'transfers', [
    { timestamp: Date.now(), currency: 'USDT', amount: '25.5', type: 'spot_to_contract', state: 'FINISHED' },
  ]);
  const saved = { time: Date.now(), coinName: 'USDT' };
  exchange.add('books', 'earn-records', [
    { part: 'flexible-subscribe', amount: '100', ...saved },
    { part: 'flexible-interest', amount: '0.25', ...saved },
    { part: 'fixed-interest', amount: '0.75', ...saved },
  ]);
  await sleepPastBlur();
  await owner.sync(accountId);
  const [lost] = exchange.add('books', 'deposits', [
    { apply_time: Date.now(), currency: 'BTC', arrival_amount: '0.12345678', status: 3 },
  ]);
  exchange.vanish('books', { ids: [String(lost?.id)] });
  await sleepPastBlur();
  await owner.sync(accountId);
  await sleepPastBlur();
  await owner.sync(accountId);

  // A second axis beside coverage: neither overrules the other.
  expect(await owner.status(accountId)).toMatchObject({ complete: true, balances: { verdict: 'unexplained' } });
  const reconciliation = await owner.reconcile(accountId);
  const usdt = bookOf(reconciliation, 'spot', 'USDT');
  expect(usdt).toMatchObject({ verdict: 'balanced', difference: '0', reasons: [] });
  expect(usdt?.byKind).toMatchObject({ transfer: '-25.5', 'earn-subscribe': '-100', 'earn-interest': '0.25' });
  expect(bookOf(reconciliation, 'futures', 'USDT')).toMatchObject({ verdict: 'balanced', movements: '25.5' });
  const btc = bookOf(reconciliation, 'spot', 'BTC');
  expect(btc).toMatchObject({ verdict: 'unexplained', difference: '0.12345678' });
  const [interval] = btc?.unexplained ?? [];
  expect(btc?.unexplained).toHaveLength(1);
  expect(Date.parse(interval?.from ?? '')).toBeLessThan(Number(lost?.timeMs) + 1_000);
  expect(Date.parse(interval?.to ?? '')).toBeGreaterThan(Number(lost?.timeMs));
  for (const { verdict, wallet } of reconciliation.assets) {
    if (wallet === 'isolated-margin' || wallet === 'copy_trading') expect(verdict).toBe('not-comparable');
  }
  const others = reconciliation.assets.filter((each) => ['spot', 'futures'].includes(each.wallet) && each !== btc);
  expect(others.map(({ asset, verdict }) => [asset, verdict])).toEqual(others.map(({ asset }) => [asset, 'balanced']));
});

/** What moves beside a snapshot may be in it or not. */
const sleepPastBlur = () => new Promise((resolve) => setTimeout(resolve, 4_000));

test('an order that was filled more than its trades say has its time requested again, and is reported until they come', async () => {
  const { exchange } = system.sandbox;
  const owner = system.client.forOwner('orders');
  const createTime = Date.now() - 20 * dayMs;
  const order = { symbol: 'BTC_USDT', orderId: '700000000000000001', size: '0.5', price: '60000.00' };
  const account = exchange.addAccount({ name: 'orders' });
  exchange.generate('orders', { spotTrades: 30, days: 60, endMs: createTime - dayMs });
  const [, hidden] = exchange.add('orders', 'spot-trades', [
    { ...order, createTime },
    { ...order, createTime: createTime + 2_000 },
    { ...order, createTime: createTime + 5_000 },
  ]);
  exchange.vanish('orders', { ids: [String(hidden?.id)] });
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  const requests = (path: string) =>
    exchange.log.filter(({ account: name, endpoint }) => name === 'orders' && endpoint === `/spot/v4/query/${path}`);
  const spotTrades = async () => (await owner.coverage(accountId)).streams[0];
  expect(requests('history-orders')).toHaveLength(1);
  expect(requests('trades').at(-1)?.window?.fromMs).toBeGreaterThan(createTime - dayMs);
  // A second axis beside coverage: neither overrules the other.
  expect(await spotTrades()).toMatchObject({
    rows: 32,
    complete: true,
    fillsMissing: [{ orderId: order.orderId, symbol: 'BTC_USDT', filled: '1.5', stored: '1.0' }],
  });
  const problem = { code: 'fills-missing', stream: 'spot-trades', severity: 'warning' };
  expect(await owner.status(accountId)).toMatchObject({ status: 'live', complete: true, problems: [problem] });
  const { complete, findings } = await owner.explain(accountId);
  expect(complete).toBe(true);
  const command = expect.stringContaining('sync');
  expect(findings[0]).toMatchObject({ cause: 'fills-missing', stream: 'spot-trades', command });

  exchange.restore('orders', { ids: [String(hidden?.id)] });
  await owner.sync(accountId);
  await expect.poll(async () => (await owner.status(accountId)).problems).toEqual([]);
  expect(await spotTrades()).toMatchObject({ rows: 33, complete: true });
  expect(await spotTrades()).not.toHaveProperty('fillsMissing');

  // Refused, or answered with what can't be read, the list of orders says nothing.
  const fault = { account: 'orders', endpoint: '/spot/v4/query/history-orders' };
  for (const bad of [
    { fault: 'error', code: 30012, httpStatus: 403 },
    { fault: 'instead', body: { code: 1000, message: 'success', data: [{ orderId: 7 }, null] } },
  ] as const) {
    const id = exchange.inject({ ...fault, ...bad });
    const before = requests('history-orders').length;
    await owner.sync(accountId);
    await expect.poll(() => requests('history-orders').length).toBeGreaterThan(before);
    exchange.clearFaults(id);
  }
  expect(await owner.status(accountId)).toMatchObject({ status: 'live', complete: true, problems: [] });
});
