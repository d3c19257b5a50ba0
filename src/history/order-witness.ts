import type { ClosedOrder, ClosedOrders } from './ports.ts';
import { covers, intersection, type Range, type RangeSet, rangeSet } from './range-set.ts';
import type { StreamSummary } from './summary.ts';

/**
 * Closed orders are a second witness of trades: an order that was filled more than its stored trades add up to lacks one,
 * although the answers that should hold it prove their windows. Only covered and settled time is compared.
 */
export function witnessed({ covered, settledThroughMs }: Provable, reachFromMs: number): RangeSet {
  if (settledThroughMs === null) return [];
  return intersection(covered, rangeSet([{ from: reachFromMs, to: settledThroughMs }]));
}

type Provable = Pick<StreamSummary, 'covered' | 'settledThroughMs'>;

/** A missing trade proves nothing if the order was open in time that is not covered, or before it. */
export function comparable(orders: readonly ClosedOrder[], { covered, settledThroughMs }: Provable): ClosedOrder[] {
  return orders.filter((order) => settledThroughMs !== null && order.to <= settledThroughMs && covers(covered, order));
}

/**
 * Reads the orders of a range, the newest first, until the range or the requests are used up. The orders of a full answer
 * count, but it may leave some out, so the window is made smaller.
 */
export async function readOrders(
  ask: (window: Range) => Promise<ClosedOrders>,
  { from, to }: Range,
  maxRequests: number,
): Promise<readonly ClosedOrder[]> {
  const found = new Map<string, ClosedOrder>();
  let [endMs, widthMs] = [to, to - from];
  for (let requests = 0; requests < maxRequests && endMs > from; requests++) {
    const window = { from: Math.max(from, endMs - widthMs), to: endMs };
    const { orders, isFull } = await ask(window);
    for (const order of orders) found.set(order.orderId, order);
    if (isFull && window.to - window.from > 1) {
      widthMs = Math.max(1, Math.floor(Math.min((window.to - window.from) / 2, spanMs(orders) * aimedShare)));
    } else {
      endMs = window.from;
      // The width fits as long as answers are about half full.
      if (orders.length < roomyOrders) widthMs *= 2;
    }
  }
  return [...found.values()];
}

/** A window as wide as the span of a full answer's orders would be full again. */
const aimedShare = 0.75;
const roomyOrders = 80;

/** The span of time in which an answer's orders were made. */
function spanMs(orders: readonly ClosedOrder[]): number {
  const times = orders.map(({ from }) => from);
  return times.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...times) - Math.min(...times);
}
