import { sql } from 'kysely';
import type { ClosedOrder } from '../history/ports.ts';
import type { Database } from './database.ts';

/** An order with missing trades. */
export interface ShortOrder extends ClosedOrder {
  /** The sum of its stored trades, in the base currency. */
  readonly stored: string;
}

/** The times of an order and of its trades may come from different clocks. */
const blur = sql.lit('1 minute');

/**
 * Those of the given orders with missing trades, the oldest first: by what was traded in the base currency and, if both the
 * order and its trades name it, also in the quote currency. If only one of the two is short, an amount has another meaning than
 * we think, or was rounded. No index has the order, so trades are searched in the time in which it was open.
 */
export async function ordersShort(
  database: Database,
  accountId: string,
  orders: readonly ClosedOrder[],
): Promise<readonly ShortOrder[]> {
  if (orders.length === 0) return [];
  const { rows } = await sql<{ order_id: string; stored: string }>`
    select served.order_id, trades.size::text as stored
    from unnest(
      ${orders.map(({ orderId }) => orderId)}::text[], ${orders.map(({ filled }) => filled)}::numeric[],
      ${orders.map(({ filledNotional }) => filledNotional)}::numeric[],
      ${orders.map(({ from }) => new Date(from))}::timestamptz[], ${orders.map(({ to }) => new Date(to))}::timestamptz[]
    ) as served (order_id, filled, filled_notional, opened_at, closed_at)
    cross join lateral (
      select coalesce(sum(size), 0) as size, case when count(*) = count(notional) then coalesce(sum(notional), 0) end as notional
      from spot_trade
      where account_id = ${accountId} and order_id = served.order_id
        and traded_at between opened_at - interval ${blur} and closed_at + interval ${blur}
    ) as trades
    where filled > trades.size and coalesce(filled_notional > trades.notional, true)
    order by opened_at, order_id`.execute(database.kysely);
  const served = new Map(orders.map((order) => [order.orderId, order]));
  return rows.flatMap(({ order_id, stored }) => {
    const order = served.get(order_id);
    return order ? [{ ...order, stored }] : [];
  });
}
