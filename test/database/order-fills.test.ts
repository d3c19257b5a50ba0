import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadProblems, ordersShort, replaceProblems, replaceSingleProblem } from '../../src/database/index.ts';
import type { ClosedOrder } from '../../src/history/ports.ts';
import { describeProblem } from '../../src/problems/describe-problem.ts';
import { linkedAccount, migratedDatabase, type TestDatabase } from './support.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
  await linkedAccount(database, 'a');
  await linkedAccount(database, 'b');
  await trade('a', 'o1', { size: '0.1', notional: '10', at: madeMs });
  await trade('a', 'o1', { size: '0.2', notional: '20', at: madeMs + 500 });
  // Of another account, and of another time.
  await trade('b', 'o1', { size: '0.7', notional: '70', at: madeMs });
  await trade('a', 'o1', { size: '0.7', notional: '70', at: madeMs - 120_000 });
  await trade('a', 'unpriced', { size: '0.1', notional: null, at: madeMs });
});
afterAll(() => database.close());

const madeMs = Date.UTC(2026, 10, 1);
let trades = 0;

async function trade(
  accountId: string,
  orderId: string,
  { size, notional, at }: { readonly size: string; readonly notional: string | null; readonly at: number },
): Promise<void> {
  trades++;
  await sql`
    insert into spot_trade (account_id, symbol, trade_id, order_id, side, price, size, notional, traded_at, page_id, digest, fixed_digest, raw, revision)
    values (${accountId}, 'BTC_USDT', ${String(trades)}, ${orderId}, 'buy', 100, ${size}, ${notional}, ${new Date(at)}, gen_random_uuid(), '', '', '{}', 0)`.execute(
    database.kysely,
  );
}

const order = (orderId: string, filled: string, filledNotional: string | null = null): ClosedOrder => ({
  orderId,
  symbol: 'BTC_USDT',
  filled,
  filledNotional,
  from: madeMs,
  to: madeMs + 1_000,
});

test.each([
  ['as much as its trades', order('o1', '0.30000', '30.00'), null],
  ['less than its trades', order('o1', '0.25', '25'), null],
  ['more than its trades', order('o1', '0.31', '31'), '0.3'],
  ['more than its trades, in an answer without the notional', order('o1', '0.31'), '0.3'],
  ['more than trades without a notional', order('unpriced', '0.2', '20'), '0.1'],
  ['more of one currency alone', order('o1', '30', '30'), null],
  ['something, and has no trade', order('none', '0.1', '10'), '0'],
  ['nothing, and has no trade', order('none', '0.00', '0'), null],
])('an order that was filled %s', async (_how, asked, stored) => {
  const found = await ordersShort(database, 'a', [asked]);
  expect(found).toEqual(stored === null ? [] : [{ ...asked, stored }]);
});

test('neither a key check nor a sync of the stream takes back what a comparison has found', async () => {
  const found = describeProblem({ code: 'fills-missing', stream: 'spot-trades', facts: { orders: [], orderCount: 1 } });
  await replaceSingleProblem(database, 'a', 'fills-missing', found);
  await replaceProblems(database, 'a', 'all', []);
  await replaceProblems(database, 'a', 'spot-trades', []);
  await replaceSingleProblem(database, 'a', 'same-account', null);
  expect(await loadProblems(database, 'a')).toMatchObject([found]);
  await replaceSingleProblem(database, 'a', 'fills-missing', null);
  expect(await loadProblems(database, 'a')).toEqual([]);
});
