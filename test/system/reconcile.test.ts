import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Reconciliation } from '../../src/client/index.ts';
import { notRefused } from '../support/not-refused.ts';
import { type System, startSystem } from '../support/system.ts';

/** Balances of the exchange against what was read, from the key to the answer of `reconcile`. */
let system: System;

beforeAll(async () => {
  system = await startSystem();
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
        `select moment, count(distinct wallet)::int as wallets from balance_snapshot where account_id = $1
         group by moment, date_trunc('minute', taken_at) order by moment`,
        [accountId],
      )
    ).rows;
  expect(new Set((await moments()).map(({ moment, wallets }) => `${moment} ${wallets}`))).toEqual(
    new Set(['after 2', 'before 2']),
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
