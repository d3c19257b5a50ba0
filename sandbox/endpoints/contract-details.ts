import type { PublicEndpoint } from '../call.ts';
import { successOf } from '../envelope.ts';
import { contracts } from '../rows/markets.ts';

/** In seconds, other than the listing itself. */
const delistedAt = 1_784_973_600;

/** The contracts listed today, with the size of each: one that is delisted has vanished, or says so. */
export const contractDetails: PublicEndpoint = {
  method: 'GET',
  path: '/contract/public/details',
  level: 'none',
  limit: { calls: 12, windowMs: 2_000 },
  answer: ({ parameters, switches }) => {
    const symbol = parameters.text('symbol');
    const listed = contracts.filter(
      (contract) =>
        (symbol === null || contract.symbol === symbol) && !switches.delistedContracts.includes(contract.symbol),
    );
    const symbols = listed.map((contract) => ({
      symbol: contract.symbol,
      product_type: 1,
      open_timestamp: 1_594_080_000,
      expire_timestamp: 0,
      settle_timestamp: 0,
      base_currency: contract.base,
      quote_currency: 'USDT',
      last_price: String(contract.price),
      index_name: contract.symbol,
      contract_size: contract.size,
      min_leverage: '1',
      max_leverage: '100',
      vol_precision: '1',
      max_volume: '500000',
      min_volume: '1',
      ...(switches.delistedSymbols.includes(contract.symbol)
        ? { status: 'Delisted', delist_time: delistedAt }
        : { status: 'Trading', delist_time: 0 }),
    }));
    return successOf('Ok', { symbols });
  },
};
