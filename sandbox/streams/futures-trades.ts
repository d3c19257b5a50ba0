import { moments } from '../moments.ts';
import type { Random } from '../random.ts';
import { type Decimal, decimalOf, decimalText, product } from '../rows/decimal.ts';
import type { Ids } from '../rows/ids.ts';
import { type Contract, contracts } from '../rows/markets.ts';
import { nearPrice } from '../rows/quantities.ts';
import type { SandboxStream, Spread } from '../stream.ts';
import type { GivenRow, WireRow } from '../wire-text.ts';

/** Executions of contracts, of the futures and the copy trading account. */
export const futuresTrades: SandboxStream = {
  service: 'contract',
  endpoint: '/contract/private/trades',
  parts: ['futures', 'copy_trading'],
  unitMs: 1_000,
  cap: 200,
  defaultWindowMs: 7 * 86_400_000,
  reach: 'trades',
  timeField: 'create_time',
  idField: 'trade_id',
  amountField: 'vol',
  symbolField: 'symbol',
  orderIdField: 'order_id',
  completed,
  generated,
};

function completed(given: WireRow, random: Random, ids: Ids): WireRow {
  const contract = contracts.find(({ symbol }) => symbol === given.symbol) ?? random.pick(contracts);
  const price = String(given.price ?? nearPrice(contract.price, contract.priceDigits, 0.1, random));
  const volume = String(given.vol ?? random.between(1, contract.mostContracts));
  const role = given.exec_type ?? random.pick(['Taker', 'Maker']);
  const rate = decimalOf(role === 'Taker' ? '0.0006' : '0.0002');
  const side = Number(given.side ?? random.between(1, 4));
  // Only closing realises a profit.
  const closes = side === 2 || side === 3;
  const profit = closes ? random.between(-900_000, 900_000) : 0;
  const orderId = given.order_id ?? ids.futuresOrder();
  return {
    order_id: orderId,
    client_order_id: '',
    trade_id: ids.futuresTrade(),
    symbol: contract.symbol,
    side,
    price,
    vol: volume,
    exec_type: role,
    profit: profit > 0,
    realised_profit: closes ? decimalText({ units: BigInt(profit), digits: 5 }) : '0',
    paid_fees: decimalText(
      feeOf(contract, decimalOf(price), product(8, decimalOf(volume), decimalOf(contract.size), rate)),
    ),
    ...given,
  };
}

/** In the coin that the contract is settled in. `ofSize`: the share of volume times size. */
function feeOf({ quote }: Contract, price: Decimal, ofSize: Decimal): Decimal {
  if (quote !== 'USD') return product(8, price, ofSize);
  return { units: (ofSize.units * 10n ** BigInt(8 + price.digits - ofSize.digits)) / price.units, digits: 8 };
}

/** A burst is one order that was filled in many trades of one second. */
function* generated(part: string, spread: Spread, random: Random, ids: Ids): Iterable<GivenRow> {
  const secondMs = 1_000;
  for (const { atMs, count } of moments(spread, random)) {
    const order = { part, symbol: random.pick(contracts).symbol, side: random.between(1, 4) };
    const orderId = ids.futuresOrder();
    const second = Math.floor(atMs / secondMs) * secondMs;
    // No later than drawn, so that nothing lies in the future.
    for (let i = 0; i < count; i++) {
      const time = random.between(second, atMs);
      yield { ...order, order_id: orderId, create_time: time };
    }
  }
}
