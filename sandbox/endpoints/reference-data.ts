import type { PublicEndpoint } from '../call.ts';
import { successOf } from '../envelope.ts';
import { decimalText } from '../rows/decimal.ts';
import { coins, spotMarkets } from '../rows/markets.ts';

/** The pairs that are traded today: a delisted one has vanished. */
export const symbolDetails: PublicEndpoint = {
  method: 'GET',
  path: '/spot/v1/symbols/details',
  level: 'none',
  limit: { calls: 12, windowMs: 2_000 },
  answer: ({ switches }) => {
    const listed = spotMarkets.filter(({ symbol }) => !switches.delistedSymbols.includes(symbol));
    const symbols = listed.map((market, i) => {
      const [base, quote] = market.symbol.split('_');
      const step = decimalText({ units: 1n, digits: market.sizeDigits });
      return {
        symbol: market.symbol,
        symbol_id: 50 + i,
        base_currency: base,
        quote_currency: quote,
        quote_increment: step,
        base_min_size: step,
        base_max_size: '100000000.000000000000000000000000000000',
        price_min_precision: -1,
        price_max_precision: market.priceDigits,
        expiration: 'NA',
        min_buy_amount: '5.000000000000000000000000000000',
        min_sell_amount: '5.000000000000000000000000000000',
        trade_status: 'trading',
      };
    });
    return successOf('OK', { symbols });
  },
};

/** What can be deposited and withdrawn: the codes of coins with several networks carry them. */
export const currencies: PublicEndpoint = {
  method: 'GET',
  path: '/account/v1/currencies',
  level: 'none',
  limit: { calls: 2, windowMs: 2_000 },
  answer: ({ parameters, switches }) => {
    const asked = parameters.text('currencies')?.split(',') ?? null;
    const listed = coins.filter(
      ({ currency }) => !switches.delistedSymbols.includes(currency) && (asked === null || asked.includes(currency)),
    );
    const rows = listed.map(({ currency, fee, digits }) => ({
      currency,
      name: currency,
      contract_address: null,
      network: currency.split('-').slice(1).join('-') || currency,
      withdraw_enabled: true,
      // Deposits have ended.
      deposit_enabled: false,
      withdraw_minsize: fee,
      withdraw_minfee: fee,
      withdraw_fee: fee,
      withdraw_fee_estimate: '1',
      recharge_minsize: decimalText({ units: 1n, digits }),
    }));
    return successOf('OK', { currencies: rows });
  },
};
