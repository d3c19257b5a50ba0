import type { PublicEndpoint } from '../call.ts';
import { successOf } from '../envelope.ts';
import { decimalText } from '../rows/decimal.ts';
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
    const symbols = listed.map((contract) => {
      const price = String(contract.price);
      return {
        symbol: contract.symbol,
        product_type: 1,
        open_timestamp: 1_594_080_000_000,
        expire_timestamp: 0,
        settle_timestamp: 0,
        base_currency: contract.base,
        quote_currency: contract.quote,
        last_price: price,
        volume_24h: '18969368',
        turnover_24h: '458933659.7858',
        index_price: price,
        index_name: contract.symbol,
        contract_size: contract.size,
        min_leverage: '1',
        max_leverage: '100',
        price_precision: decimalText({ units: 1n, digits: contract.priceDigits }),
        vol_precision: '1',
        max_volume: '500000',
        market_max_volume: '500000',
        min_volume: '1',
        funding_rate: '0.0001',
        expected_funding_rate: '0.00011',
        open_interest: '4134180870',
        open_interest_value: '94100888927.0433258',
        high_24h: price,
        low_24h: price,
        change_24h: '0.004',
        funding_interval_hours: 8,
        ...(switches.delistedSymbols.includes(contract.symbol)
          ? { status: 'Delisted', delist_time: delistedAt }
          : { status: 'Trading', delist_time: 0 }),
      };
    });
    return successOf('Ok', { symbols });
  },
};
