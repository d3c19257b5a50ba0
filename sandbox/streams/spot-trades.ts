import { moments } from '../moments.ts';
import type { Random } from '../random.ts';
import { decimalOf, decimalText, product } from '../rows/decimal.ts';
import type { Ids } from '../rows/ids.ts';
import { marginPairs, spotMarkets } from '../rows/markets.ts';
import { nearPrice, sizeUpTo } from '../rows/quantities.ts';
import type { SandboxStream, Spread } from '../stream.ts';
import type { GivenRow, WireRow } from '../wire-text.ts';

/** Executions on the spot market. */
export const spotTrades: SandboxStream = {
  service: 'spot',
  endpoint: '/spot/v4/query/trades',
  parts: ['all'],
  unitMs: 1,
  cap: 200,
  defaultWindowMs: 7 * 86_400_000,
  reach: 'trades',
  timeField: 'createTime',
  otherTimeFields: ['updateTime'],
  idField: 'tradeId',
  amountField: 'size',
  symbolField: 'symbol',
  orderIdField: 'orderId',
  completed,
  generated,
};

const notionalDigits = 8;

function completed(given: WireRow, random: Random, ids: Ids): WireRow {
  const market = spotMarkets.find(({ symbol }) => symbol === given.symbol) ?? random.pick(spotMarkets);
  const symbol = String(given.symbol ?? market.symbol);
  const price = String(given.price ?? nearPrice(market.price, market.priceDigits, 0.1, random));
  const size = String(given.size ?? sizeUpTo(market.largestSize, market.sizeDigits, random));
  const role = given.tradeRole ?? (random.chance(0.6) ? 'taker' : 'maker');
  const rate = decimalOf(role === 'taker' ? '0.0025' : '0.001');
  const notional = product(notionalDigits, decimalOf(price), decimalOf(size));
  const orderId = given.orderId ?? ids.spotOrder();
  return {
    tradeId: ids.spotTrade(),
    orderId,
    // As in captures: the order's own id when the user set none.
    clientOrderId: orderId,
    symbol,
    side: random.pick(['buy', 'sell']),
    // One chance for each row, so that a seed goes on making the trades that it made.
    orderMode: random.chance(0.05) && marginPairs.includes(symbol) ? 'iso_margin' : 'spot',
    type: role === 'taker' ? random.pick(['market', 'limit', 'ioc']) : random.pick(['limit', 'limit_maker']),
    price,
    size,
    notional: decimalText(notional),
    fee: decimalText(product(notionalDigits, notional, rate)),
    feeCoinName: symbol.split('_')[1] ?? 'USDT',
    tradeRole: role,
    updateTime: given.createTime ?? null,
    stpMode: 'none',
    ...given,
  };
}

/** A burst is one order that was filled in many trades. */
function* generated(_part: string, spread: Spread, random: Random, ids: Ids): Iterable<GivenRow> {
  for (const { atMs, count } of moments(spread, random)) {
    const market = random.pick(spotMarkets);
    const order = { createTime: atMs, symbol: market.symbol, side: random.pick(['buy', 'sell']) };
    const orderId = ids.spotOrder();
    const orderPrice = Number(nearPrice(market.price, market.priceDigits, 0.1, random));
    for (let i = 0; i < count; i++) {
      const price = nearPrice(orderPrice, market.priceDigits, 0.001, random);
      yield { ...order, orderId, price };
    }
  }
}
