import type { Account } from '../account.ts';
import type { PrivateEndpoint } from '../call.ts';
import { success } from '../envelope.ts';
import { earliestMsOf } from '../reach.ts';
import type { TrueRecord } from '../record.ts';
import { decimalOf, decimalText, plus } from '../rows/decimal.ts';
import { type WireRow, wireText } from '../wire-text.ts';
import { spotTrades } from './spot-trades.ts';

/** Spot orders as their true trades make them, the newest first: also of trades that answers leave out. */
export const closedOrders: PrivateEndpoint = {
  method: 'POST',
  path: '/spot/v4/query/history-orders',
  level: 'signed',
  limit: spotTrades.limit,
  answer: (call) => {
    const { fromMs, toMs, limit, symbol, concerns } = spotTrades.question(call);
    const earliestMs = earliestMsOf(call.switches, { stream: 'spot-trades', fromMs }, call.clockMs);
    const rows = ordersOf(call.account)
      .filter(
        ({ madeMs, closedMs }) => madeMs >= Math.max(fromMs, earliestMs) && madeMs <= toMs && closedMs <= call.clockMs,
      )
      .map(({ row }) => row)
      .filter((row) => (symbol === null || row.symbol === symbol) && (concerns?.(row) ?? true));
    return success('success', wireText(rows.slice(0, limit)));
  },
};

interface Order {
  readonly madeMs: number;
  readonly closedMs: number;
  readonly row: WireRow;
}

/** As of the account's last change: an account may have a million trades. */
const known = new WeakMap<Account, { readonly revision: number; readonly orders: readonly Order[] }>();

function ordersOf(account: Account): readonly Order[] {
  const { revision } = account;
  const before = known.get(account);
  if (before?.revision === revision) return before.orders;
  const trades = Map.groupBy(account.records('spot-trades', 'all').all(), ({ row }) => String(row.orderId));
  const orders = [...trades.values()].map(orderOf).toSorted((a, b) => b.madeMs - a.madeMs);
  known.set(account, { revision, orders });
  return orders;
}

function orderOf(trades: readonly TrueRecord[]): Order {
  const { orderId, clientOrderId, symbol, side, orderMode, type, price } = (trades[0] as TrueRecord).row;
  const [size, notional] = (['size', 'notional'] as const).map((field) =>
    decimalText(trades.map(({ row }) => decimalOf(String(row[field]))).reduce(plus)),
  );
  const [madeMs, closedMs] = [trades[0]?.timeMs ?? 0, trades.at(-1)?.timeMs ?? 0];
  const row = {
    ...{ orderId, clientOrderId, symbol, side, orderMode, type, state: 'filled', cancelSource: '' },
    ...{ price, priceAvg: price, size, filledSize: size, notional, filledNotional: notional },
    ...{ createTime: madeMs, updateTime: closedMs, stpMode: 'none' },
  };
  return { madeMs, closedMs, row: row as WireRow };
}
