import type { Random } from '../random.ts';
import type { WireRow } from '../wire-text.ts';
import { decimalOf, decimalText, product } from './decimal.ts';
import type { Ids } from './ids.ts';
import { contracts } from './markets.ts';
import { nearPrice } from './quantities.ts';

/** A row of the futures trades: what is not given comes from the seed. `create_time` and `account` must be given. */
export function futuresTrade(given: WireRow, random: Random, ids: Ids): WireRow {
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
    paid_fees: decimalText(product(8, decimalOf(price), decimalOf(volume), decimalOf(contract.size), rate)),
    ...given,
  };
}
