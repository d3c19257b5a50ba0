import { isFull } from '../history/judge-page.ts';
import type { ClosedOrder, ClosedOrders } from '../history/ports.ts';
import type { Range } from '../history/range-set.ts';
import type { Asker } from './client.ts';
import { decimal, identifier, instantMs, optionalDecimal, UnreadableField } from './fields.ts';
import { wholeList } from './list-answer.ts';
import type { RowFields } from './rows.ts';
import { spotTrades } from './streams/spot-trades.ts';

/** Closed orders of every pair and order mode, by the time of the order. Signed; bounds in milliseconds. */
export async function closedOrdersOf(asker: Asker, range: Range): Promise<ClosedOrders> {
  const request = {
    host: 'spot',
    method: 'POST',
    endpoint: '/spot/v4/query/history-orders',
    callsIn2Seconds: 12,
    level: 'signed',
    // As for trades: the same cap, and one more unit on each side.
    parameters: { startTime: range.from - 1, endTime: range.to, limit: spotTrades.stream.cap },
  } as const;
  const { rows } = await wholeList(asker, request, ['data']);
  return {
    orders: rows.map(({ fields }) => (fields === null ? null : orderIn(fields))).filter((order) => order !== null),
    isFull: isFull({ rows }, spotTrades.stream),
  };
}

/** Null if it can't be read: then it proves nothing about trades. */
function orderIn(row: RowFields): ClosedOrder | null {
  try {
    const [from, lastMs] = [instantMs(row, 'createTime'), instantMs(row, 'updateTime')];
    if (lastMs < from) return null;
    return {
      orderId: identifier(row, 'orderId'),
      symbol: identifier(row, 'symbol'),
      filled: decimal(row, 'filledSize'),
      filledNotional: optionalDecimal(row, 'filledNotional'),
      from,
      to: lastMs + 1,
    };
  } catch (error) {
    if (error instanceof UnreadableField) return null;
    throw error;
  }
}
