import type { Random } from '../random.ts';
import type { WireRow } from '../wire-text.ts';
import { decimalOf, decimalText, product } from './decimal.ts';
import type { Ids } from './ids.ts';
import { spotMarkets } from './markets.ts';
import { nearPrice, sizeUpTo } from './quantities.ts';

const notionalDigits = 8;

/** A row of the spot trades: what is not given comes from the seed. `createTime` must be given. */
export function spotTrade(given: WireRow, random: Random, ids: Ids): WireRow {
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
    orderMode: random.chance(0.05) ? 'iso_margin' : 'spot',
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
