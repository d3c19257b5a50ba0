import type { Account } from '../account.ts';
import type { PrivateEndpoint } from '../call.ts';
import { successOf } from '../envelope.ts';
import { type Decimal, decimalOf, fixedText, plus, zero } from '../rows/decimal.ts';
import { marginPairs } from '../rows/markets.ts';

const text = (amount: Decimal) => fixedText(amount, 8);

/**
 * What lies on isolated margin, of every pair that the exchange lends on. The net is what trades have moved, and loans that are
 * not repaid lie beside it. Moves to and from the spot wallet are not simulated.
 */
export const marginAccount: PrivateEndpoint = {
  method: 'GET',
  path: '/spot/v1/margin/isolated/account',
  level: 'keyed',
  limit: { calls: 12, windowMs: 2_000 },
  answer: ({ account, parameters, clockMs }) => {
    const asked = parameters.text('symbol');
    const symbols = marginPairs
      .filter((pair) => asked === null || pair === asked)
      .map((pair) => {
        const holdings = account.books.holdings(`isolated-margin/${pair}`, clockMs);
        const [base, quote] = pair.split('_').map((currency) => {
          const net = holdings.get(currency)?.available ?? zero;
          const owed = (field: string) => owedOn(account, { pair, currency, field, clockMs });
          const borrowed = owed('borrow_amount');
          const held = text(plus(net, borrowed));
          return {
            currency,
            borrow_enabled: true,
            borrowed: text(borrowed),
            available: held,
            frozen: text(zero),
            net_asset: text(net),
            net_assetBTC: text(zero),
            total_asset: held,
            borrow_unpaid: text(borrowed),
            interest_unpaid: text(owed('interest_amount')),
          };
        });
        const risk = { risk_rate: '999.00', risk_level: '1', liquidate_price: null, liquidate_rate: '1.15' };
        return { symbol: pair, ...risk, buy_enabled: false, sell_enabled: false, base, quote };
      });
    return successOf('OK', { symbols });
  },
};

interface Loans {
  readonly pair: string;
  readonly currency: string;
  readonly field: string;
  readonly clockMs: number;
}

/** A borrowing says 0 once it is repaid. */
function owedOn(account: Account, { pair, currency, field, clockMs }: Loans): Decimal {
  return account
    .records('margin-loans', `borrow-${pair}`)
    .all()
    .filter(({ row, timeMs }) => row.currency === currency && timeMs <= clockMs)
    .map(({ row }) => decimalOf(String(row[field])))
    .reduce(plus, zero);
}
