import type { Holding } from '../books.ts';
import type { PrivateEndpoint } from '../call.ts';
import { successOf } from '../envelope.ts';
import { refusals } from '../refusal.ts';
import { decimalText, fixedText, plus, zero } from '../rows/decimal.ts';

const names: Readonly<Record<string, string>> = { USDT: 'Tether USD', BMX: 'BitMart Token', BTC: 'Bitcoin' };
/** Documentation shows BMX with 12 digits, everything else with 8. */
const digitsOf = (coin: string) => (coin === 'BMX' ? 12 : 8);

/** The spot wallet as the endpoint of spot trading shows it. */
export const spotWallet: PrivateEndpoint = {
  method: 'GET',
  path: '/spot/v1/wallet',
  level: 'keyed',
  limit: { calls: 12, windowMs: 2_000 },
  answer: ({ account, clockMs }) => {
    const rows = heldCoins(account.books.holdings('spot', clockMs)).map(([coin, { available, frozen }]) => {
      const digits = digitsOf(coin);
      return {
        id: coin,
        name: names[coin] ?? coin,
        available: fixedText(available, digits),
        frozen: fixedText(frozen, digits),
        total: fixedText(plus(available, frozen), digits),
      };
    });
    return successOf('OK', { wallet: rows });
  },
};

function heldCoins(holdings: ReadonlyMap<string, Holding>) {
  return [...holdings].filter(([, { available, frozen }]) => available.units !== 0n || frozen.units !== 0n);
}

/** What lies in the spot wallet: what it had at first, and what the account's records have moved. Only what is above zero. */
export const wallet: PrivateEndpoint = {
  method: 'GET',
  path: '/account/v1/wallet',
  level: 'keyed',
  limit: { calls: 12, windowMs: 2_000 },
  answer: ({ account, parameters, clockMs }) => {
    const currency = parameters.text('currency');
    const needsUsd = parameters.text('needUsdValuation') === 'true';
    const rows = heldCoins(account.books.holdings('spot', clockMs))
      .filter(([coin]) => currency === null || coin === currency)
      .map(([coin, { available, frozen }]) => {
        const digits = digitsOf(coin);
        const nothing = fixedText(zero, digits);
        return {
          currency: coin,
          name: names[coin] ?? coin,
          available: fixedText(available, digits),
          available_usd_valuation: needsUsd ? '1002.00000000' : '',
          // Of orders; what a withdrawal holds back is in `unAvailable` alone.
          frozen: nothing,
          unAvailable: fixedText(frozen, digits),
          fundAvailable: nothing,
          fundFroze: nothing,
        };
      });
    return successOf('OK', { wallet: rows });
  },
};

/** What lies on the futures account: rows even for what is zero. */
export const futuresAssets: PrivateEndpoint = {
  method: 'GET',
  path: '/contract/private/assets-detail',
  level: 'keyed',
  limit: { calls: 12, windowMs: 2_000 },
  answer: ({ account, clockMs }) => {
    if (!account.futuresOpened) throw refusals.futuresNotOpened();
    const rows = [...account.books.holdings('futures', clockMs)].map(([currency, { available }]) => {
      const held = decimalText(available);
      const idle = { frozen_balance: '0', unrealized: '0', position_deposit: '0' };
      return { currency, available_balance: held, equity: held, ...idle };
    });
    return successOf('Ok', rows);
  },
};
