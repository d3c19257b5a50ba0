import { loadParts, loadProblems, ordersShort, replaceSingleProblem, type ShortOrder } from '../database/index.ts';
import { ExchangeFailure, type OrderFact } from '../history/failure.ts';
import { horizonMs } from '../history/horizon.ts';
import { isoTime } from '../history/iso-time.ts';
import { comparable, readOrders, witnessed } from '../history/order-witness.ts';
import { createBudget, type ReadContext } from '../history/part-reading.ts';
import type { ClosedOrder } from '../history/ports.ts';
import { covers, hull, type RangeSet, rangeSet, union } from '../history/range-set.ts';
import { readRange } from '../history/read-range.ts';
import type { Stream } from '../history/stream.ts';
import { type StreamSummary, summariseStreams } from '../history/summary.ts';
import { describeProblem } from '../problems/describe-problem.ts';
import type { SyncRequest } from './contract.ts';
import type { Dependencies } from './dependencies.ts';

/** One answer holds all orders of most accounts. 40 hold about 6,000, in about 10 s; of more, the newest are compared. */
const maxRequests = 40;

/** Requesting the time of an order again usually takes one request. */
const rereadBudget = { pages: 20, durationMs: 30_000 };

/** The time of an order that was open longer is not requested every day, because it may hold any number of trades. */
const shortLifeMs = 86_400_000;

/** An order and its trades may be stamped by different clocks. */
const blurMs = 60_000;

/** 100 take about 20 kB. If there are more, the others are found again every day. */
const maxReported = 100;

/**
 * Compares closed orders with the stored trades of each. Where trades are missing, the time of the order is requested again, and
 * what is still missing then becomes the problem `fills-missing`, until the trades come. Best effort: an answer that does not
 * come, or makes no sense, says nothing.
 */
export async function compareOrders(
  dependencies: Dependencies,
  request: SyncRequest,
  reading: Omit<ReadContext, 'budget'>,
): Promise<void> {
  const { database, exchange } = dependencies;
  const { accountId } = request;
  const stream = exchange.streams.find(({ name }) => name === spotTrades);
  if (stream === undefined || reading.reader.closedOrders === undefined) return;
  const known = await reportedOrders(dependencies, accountId);
  const listed = await listedOrders(dependencies, stream, { accountId, reading });
  const orders = new Map([...known, ...listed].map((order) => [order.orderId, order]));
  const short = await ordersShort(database, accountId, [...orders.values()]);
  if (known.length === 0 && short.length === 0) return;
  const isKnown = ({ orderId }: ClosedOrder) => known.some((order) => order.orderId === orderId);
  const isDue = (order: ClosedOrder) =>
    request.everything === true || !isKnown(order) || order.to - order.from <= shortLifeMs;
  const read = await readAgain(reading, { accountId, stream, part: 'all' }, rangesOf(short.filter(isDue)));
  const left = await ordersShort(database, accountId, short);
  const missing = left.filter((order) => isKnown(order) || covers(read, order));
  await replaceSingleProblem(database, accountId, 'fills-missing', missing.length === 0 ? null : problemOf(missing));
}

const spotTrades = 'spot-trades';

/** The orders that the last comparison reported: they are compared again, even if they are no longer served. */
async function reportedOrders({ database }: Dependencies, accountId: string): Promise<readonly ClosedOrder[]> {
  const problems = await loadProblems(database, accountId);
  const { facts } = problems.find(({ code }) => code === 'fills-missing') ?? {};
  return (facts?.orders ?? []).map(({ from, to, ...order }) => ({
    ...order,
    from: Date.parse(from),
    to: Date.parse(to),
  }));
}

/** The orders that BitMart lists now and that trades can be compared with. */
async function listedOrders(
  dependencies: Dependencies,
  stream: Stream,
  { accountId, reading }: { readonly accountId: string; readonly reading: Omit<ReadContext, 'budget'> },
): Promise<readonly ClosedOrder[]> {
  const { reader, signal } = reading;
  const summary = await summaryOf(dependencies, accountId, stream);
  const range = hull(witnessed(summary, horizonMs(stream, dependencies.exchange.clockMs())));
  if (range === null) return [];
  try {
    const orders = await readOrders(
      async (window) => reader.closedOrders?.(window, signal) ?? none,
      range,
      maxRequests,
    );
    return comparable(orders, summary);
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    return [];
  }
}

const none = { orders: [], isFull: false };

async function summaryOf(
  { database, settings }: Dependencies,
  accountId: string,
  stream: Stream,
): Promise<StreamSummary> {
  const context = { nowMs: Date.now(), linked: true, timetable: settings.timetable };
  const [summary] = summariseStreams([stream], await loadParts(database, accountId), context);
  return summary as StreamSummary;
}

function rangesOf(orders: readonly ClosedOrder[]): RangeSet {
  return rangeSet(orders.map(({ from, to }) => ({ from: from - blurMs, to: to + blurMs })));
}

/** Requests ranges again, the oldest first because they expire first. Returns those that were read to their end. */
async function readAgain(
  reading: Omit<ReadContext, 'budget'>,
  reference: Parameters<typeof readRange>[1],
  ranges: RangeSet,
): Promise<RangeSet> {
  const budget = createBudget(rereadBudget);
  let read: RangeSet = [];
  for (const range of ranges) {
    if (budget.spent()) break;
    const { done } = await readRange({ ...reading, budget }, reference, { ...range, isFirst: true });
    if (done) read = union(read, [range]);
  }
  return read;
}

function problemOf(missing: readonly ShortOrder[]) {
  const orders = missing
    .slice(0, maxReported)
    .map(({ from, to, ...order }): OrderFact => ({ ...order, from: isoTime(from), to: isoTime(to) }));
  return describeProblem({ code: 'fills-missing', stream: spotTrades, facts: { orders, orderCount: missing.length } });
}
