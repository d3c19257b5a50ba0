import { afterAll, beforeAll, expect, test } from 'vitest';
import { isUnexplained, reconcile } from '../../src/books/reconcile.ts';
import { walletOfPair } from '../../src/books/wallets.ts';
import { loadBook, saveBalances } from '../../src/database/index.ts';
import type { WalletBalances } from '../../src/history/ports.ts';
import { migratedDatabase, type TestDatabase } from '../database/support.ts';

/** Balances of isolated margin, from the snapshots to the verdict. */
let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 5, 1);
let accounts = 0;

type Held = Readonly<Record<string, Readonly<Record<string, string | null>>>>;
type Day = Held | { readonly refusal: string; readonly isUnreadable?: boolean };

/** An account of which so much was held, day by day; a text is why it was not answered. */
async function bookOf(...days: readonly Day[]) {
  const accountId = `margin-${accounts++}`;
  for (const [day, held] of days.entries()) {
    const times = { askedAtMs: startMs + day * dayMs, answeredAtMs: startMs + day * dayMs + 100 };
    const wallets: readonly WalletBalances[] =
      'refusal' in held
        ? [{ wallet: 'isolated-margin', balances: [], ...times, ...(held as { readonly refusal: string }) }]
        : Object.entries(held).map(([wallet, amounts]) => {
            const balances = Object.entries(amounts).map(([currency, balance]) => {
              return { currency, balance, available: balance, frozen: '0', total: balance, raw: '{}' };
            });
            return { wallet, balances, refusal: null, ...times };
          });
    await saveBalances(database, accountId, 'before', wallets);
  }
  return loadBook(database, accountId);
}

const booksOf = async (...days: readonly Day[]) => reconcile(await bookOf(...days), () => []);

const [btc, eth] = [walletOfPair('BTC_USDT'), walletOfPair('ETH_USDT')];

test('the pairs are one book, whose difference is shown and is no verdict', async () => {
  const books = await booksOf(
    { [btc]: { USDT: '20.00000000', BTC: '0.50000000' }, [eth]: { USDT: '1.25000000' } },
    { [btc]: { USDT: '19.00000000', BTC: '0.50000000' } },
  );
  const shown = books.map(({ asset, from, to, difference, verdict, reasons }) => [
    asset,
    ...[from?.balance, to?.balance, difference].map((amount) => Number(amount?.units) / 10 ** (amount?.digits ?? 0)),
    verdict,
    ...reasons,
  ]);
  expect(shown).toEqual([
    ['BTC', 0.5, 0.5, 0, 'not-comparable', 'margin-moves'],
    ['USDT', 21.25, 19, -2.25, 'not-comparable', 'margin-moves'],
  ]);
  expect(books.map(({ unexplained }) => unexplained)).toEqual([[], []]);
  expect(books.map(({ wallet }) => wallet)).toEqual(['isolated-margin', 'isolated-margin']);
});

test('what margin has received is not lost to the spot wallet', async () => {
  const books = await booksOf(
    { spot: { USDT: '50.00000000', BTC: '1.00000000' }, [btc]: { USDT: '1.00000000' } },
    { spot: { USDT: '30.00000000', BTC: '0.90000000' }, [btc]: { USDT: '21.00000000' } },
  );
  const spot = books.filter(({ wallet }) => wallet === 'spot');
  expect(spot.map(({ asset, verdict, reasons: [likeliest] }) => [asset, verdict, likeliest])).toEqual([
    ['BTC', 'unexplained', 'no-endpoint'],
    ['USDT', 'unexplained', 'transfer'],
  ]);
  expect(spot.map(isUnexplained)).toEqual([true, false]);
});

test.each([
  ['balance-refused', { refusal: 'the key may not read this' }],
  ['unreadable-balance', { refusal: 'success, but no list', isUnreadable: true }],
  ['one-snapshot', { [btc]: { USDT: '20.00000000' } }],
] as const)('one day compares with nothing: %s', async (reason, day) => {
  const trade = { wallet: 'isolated-margin', asset: 'USDT', kind: 'trade', after: 0, amount: '1' };
  const books = reconcile({ ...(await bookOf(day)), sums: [trade] }, () => []);
  expect(books).toMatchObject([{ asset: 'USDT', verdict: 'not-comparable', reasons: [reason] }]);
});

test('a balance of one pair that can not be read is none of the sum', async () => {
  const books = await booksOf(
    { [btc]: { USDT: '20.00000000' }, [eth]: { USDT: '1.00000000' } },
    { [btc]: { USDT: '20.00000000' }, [eth]: { USDT: null } },
  );
  expect(books).toMatchObject([{ verdict: 'not-comparable', reasons: ['unreadable-balance'] }]);
});
