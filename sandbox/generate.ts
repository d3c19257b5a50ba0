import { type MomentOptions, moments } from './moments.ts';
import type { Random } from './random.ts';
import type { Ids } from './rows/ids.ts';
import type { GivenRow } from './rows/index.ts';
import { contracts, spotMarkets } from './rows/markets.ts';
import { nearPrice } from './rows/quantities.ts';
import type { StreamName } from './streams.ts';

export interface GenerateOptions {
  readonly spotTrades?: number;
  /** One in eight is of copy trading. */
  readonly futuresTrades?: number;
  readonly withdrawals?: number;
  readonly deposits?: number;
  /** One in eight is of copy trading; several of one instant share their `tran_id`. */
  readonly futuresFlows?: number;
  /** Over how many days, back from `endMs`, they are spread. @default 90 */
  readonly days?: number;
  /** When the last of them happened. @default now, by the exchange's clock */
  readonly endMs?: number;
  /** One by one, all at the same distance. @default false: in bursts of any size */
  readonly evenly?: boolean;
  /** Of each kind of trade, exactly so many bursts of `burstSize`, and the rest single. @default bursts of any size */
  readonly bursts?: number;
  /** Trades of one millisecond (futures: of one second) at the most. @default 150 */
  readonly burstSize?: number;
}

/** How many records of each stream were made. */
export type Generated = Readonly<Partial<Record<StreamName, number>>>;

interface GeneratedRow {
  readonly stream: StreamName;
  readonly row: GivenRow;
}

const dayMs = 86_400_000;

/** Made-up records; a burst is one order that was filled in many trades. */
export function* generatedRows(
  options: GenerateOptions & { readonly clockMs: number },
  random: Random,
  ids: Ids,
): Iterable<GeneratedRow> {
  const { clockMs, endMs = clockMs, days = 90, evenly = false, burstSize = 150 } = options;
  const spread = { startMs: endMs - days * dayMs, endMs, evenly, burstSize, bursts: options.bursts ?? null };
  const single = { ...spread, bursts: 0 };
  const copies = Math.floor((options.futuresTrades ?? 0) / 8);
  yield* spotTrades({ ...spread, count: options.spotTrades ?? 0 }, random, ids);
  yield* futuresTrades('futures', { ...spread, count: (options.futuresTrades ?? 0) - copies }, random, ids);
  yield* futuresTrades('copy_trading', { ...spread, count: copies }, random, ids);
  yield* movements('withdrawals', { ...single, count: options.withdrawals ?? 0 }, clockMs, random);
  yield* movements('deposits', { ...single, count: options.deposits ?? 0 }, clockMs, random);
  const copiedFlows = Math.floor((options.futuresFlows ?? 0) / 8);
  yield* futuresFlows('futures', { ...spread, count: (options.futuresFlows ?? 0) - copiedFlows }, random);
  yield* futuresFlows('copy_trading', { ...spread, count: copiedFlows }, random);
}

function* spotTrades(spread: MomentOptions, random: Random, ids: Ids): Iterable<GeneratedRow> {
  for (const { atMs, count } of moments(spread, random)) {
    const market = random.pick(spotMarkets);
    const order = { createTime: atMs, symbol: market.symbol, side: random.pick(['buy', 'sell']) };
    const orderId = ids.spotOrder();
    const orderPrice = Number(nearPrice(market.price, market.priceDigits, 0.1, random));
    for (let i = 0; i < count; i++) {
      const price = nearPrice(orderPrice, market.priceDigits, 0.001, random);
      yield { stream: 'spot-trades', row: { ...order, orderId, price } };
    }
  }
}

function* futuresTrades(part: string, spread: MomentOptions, random: Random, ids: Ids): Iterable<GeneratedRow> {
  const secondMs = 1_000;
  for (const { atMs, count } of moments(spread, random)) {
    const order = { part, symbol: random.pick(contracts).symbol, side: random.between(1, 4) };
    const orderId = ids.futuresOrder();
    const second = Math.floor(atMs / secondMs) * secondMs;
    // No later than drawn, so that nothing lies in the future.
    for (let i = 0; i < count; i++) {
      const time = random.between(second, atMs);
      yield { stream: 'futures-trades', row: { ...order, order_id: orderId, create_time: time } };
    }
  }
}

/** A burst is one funding of many positions: some of them equal in everything, as small amounts are. */
function* futuresFlows(part: string, spread: MomentOptions, random: Random): Iterable<GeneratedRow> {
  for (const { atMs, count } of moments(spread, random)) {
    for (let i = 0; i < count; i++) {
      const small = random.chance(0.3)
        ? { symbol: 'BTCUSDT', flow_type: 3, amount: random.pick(['-0.0001', '-0.0002']) }
        : {};
      yield { stream: 'futures-flows', row: { part, time: atMs, ...small } };
    }
  }
}

/** Requested within the last day, a withdrawal may not have arrived yet. */
function* movements(
  stream: 'withdrawals' | 'deposits',
  spread: MomentOptions,
  clockMs: number,
  random: Random,
): Iterable<GeneratedRow> {
  for (const { atMs } of moments(spread, random)) {
    // Whole seconds, as in every capture.
    const time = { apply_time: Math.floor(atMs / 1_000) * 1_000 };
    const isPending = stream === 'withdrawals' && atMs > clockMs - dayMs && random.chance(0.7);
    yield { stream, row: isPending ? { ...time, status: random.between(0, 2) } : time };
  }
}
