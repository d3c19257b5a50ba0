import type { PrivateEndpoint } from '../call.ts';
import { successOf } from '../envelope.ts';
import { refusals } from '../refusal.ts';

/** The sandbox keeps no books: the same for everybody, and unrelated to the history. */
const held = [
  { currency: 'USDT', name: 'Tether USD', available: '1000.00000000', zero: '0.00000000', usd: '1002.00000000' },
  { currency: 'BMX', name: 'BitMart Token', available: '59.000000000000', zero: '0.000000000000', usd: '18.44930000' },
];

/** What lies on the spot account, as the endpoint of spot trading says it. */
export const spotWallet: PrivateEndpoint = {
  method: 'GET',
  path: '/spot/v1/wallet',
  level: 'keyed',
  limit: { calls: 12, windowMs: 2_000 },
  answer: () => {
    const wallet = held.map(({ currency, name, available, zero }) => ({
      id: currency,
      name,
      available,
      frozen: zero,
      total: available,
    }));
    return successOf('OK', { wallet });
  },
};

/** What lies on the spot account. */
export const wallet: PrivateEndpoint = {
  method: 'GET',
  path: '/account/v1/wallet',
  level: 'keyed',
  limit: { calls: 12, windowMs: 2_000 },
  answer: ({ parameters }) => {
    const currency = parameters.text('currency');
    const needsUsd = parameters.text('needUsdValuation') === 'true';
    const rows = held.filter((row) => currency === null || row.currency === currency);
    const wallet = rows.map(({ zero, usd, ...row }) => ({
      ...row,
      available_usd_valuation: needsUsd ? usd : '',
      frozen: zero,
      unAvailable: zero,
      fundAvailable: zero,
      fundFroze: zero,
    }));
    return successOf('OK', { wallet });
  },
};

/** What lies on the futures account: rows even for what is zero. */
export const futuresAssets: PrivateEndpoint = {
  method: 'GET',
  path: '/contract/private/assets-detail',
  level: 'keyed',
  limit: { calls: 12, windowMs: 2_000 },
  answer: ({ account }) => {
    if (!account.futuresOpened) throw refusals.futuresNotOpened();
    const rows = ['USDT', 'BTC', 'ETH'].map((currency) => {
      const held = currency === 'USDT' ? '100' : '0';
      const idle = { frozen_balance: '0', unrealized: '0', position_deposit: '0' };
      return { currency, available_balance: held, equity: held, ...idle };
    });
    return successOf('Ok', rows);
  },
};
