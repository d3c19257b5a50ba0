import { sql } from 'kysely';
import type { Database } from '../../src/database/index.ts';

/** The first of the trades made here; each is one second after the one before unless said otherwise. */
export const firstTradeMs = Date.UTC(2026, 0, 1);

/** So many spot trades, straight into the table: price and size have more digits than a number holds. */
export async function storeSpotTrades(
  database: Database,
  accountId: string,
  options: { readonly from: number; readonly count: number; readonly perInstant?: number },
): Promise<void> {
  const { from, count, perInstant = 1 } = options;
  await sql`
    insert into spot_trade (account_id, symbol, trade_id, order_id, side, price, size, fee, fee_currency, traded_at,
                            page_id, digest, fixed_digest, raw)
    select ${accountId}, 'BTC_USDT', lpad(n::text, 9, '0'), 'o' || n, 'buy', 26910.40000000000000000001,
           0.10, case when n % 2 = 0 then 0.00012 end, 'BMX',
           ${new Date(firstTradeMs).toISOString()}::timestamptz + (n / ${perInstant}::int) * interval '1 second',
           '00000000-0000-7000-8000-000000000000', 'd' || n, 'f' || n, json_build_object('tradeId', n::text)
    from generate_series(${from}::int, ${from + count - 1}::int) as n`.execute(database.kysely);
}

export async function storeFuturesTrades(database: Database, accountId: string, count: number): Promise<void> {
  await sql`
    insert into futures_trade (account_id, part, symbol, trade_id, order_id, side_code, side, price, contracts, traded_at,
                               page_id, digest, fixed_digest, raw)
    select ${accountId}, (array['futures', 'copy_trading'])[1 + n % 2], 'BTCUSDT', lpad(n::text, 9, '0'), 'o' || n, 1,
           'buy', 26910.4, 3, ${new Date(firstTradeMs).toISOString()}::timestamptz + n * interval '1 second',
           '00000000-0000-7000-8000-000000000000', 'd' || n, 'f' || n, '{}'
    from generate_series(0, ${count - 1}::int) as n`.execute(database.kysely);
}
