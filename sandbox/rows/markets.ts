/** The parts of BitMart, as it calls them: each has its own symbols and its own way to refuse. */
export type Service = 'spot' | 'contract' | 'account';

/** What is traded on the exchange. Prices and sizes come with as many digits as each market uses. */
interface SpotMarket {
  readonly symbol: string;
  readonly price: number;
  readonly priceDigits: number;
  readonly sizeDigits: number;
  /** The most of the base currency in one trade. */
  readonly largestSize: number;
}

export const spotMarkets: readonly SpotMarket[] = [
  { symbol: 'BTC_USDT', price: 61_214.55, priceDigits: 2, sizeDigits: 5, largestSize: 0.4 },
  { symbol: 'ETH_USDT', price: 2_843.1, priceDigits: 2, sizeDigits: 4, largestSize: 6 },
  { symbol: 'ADA_USDT', price: 0.245948, priceDigits: 6, sizeDigits: 2, largestSize: 9_000 },
  { symbol: 'LTC_USDT', price: 71.33, priceDigits: 4, sizeDigits: 3, largestSize: 40 },
  { symbol: 'SOL_USDC', price: 142.8, priceDigits: 4, sizeDigits: 4, largestSize: 25 },
  { symbol: 'SHIB_USDT', price: 0.000_014_2, priceDigits: 10, sizeDigits: 0, largestSize: 9_000_000 },
  { symbol: 'BMX_USDT', price: 0.3127, priceDigits: 6, sizeDigits: 2, largestSize: 5_000 },
];

/** Where trading on isolated margin was possible. */
export const marginPairs: readonly string[] = ['BTC_USDT', 'ETH_USDT'];

export interface Contract {
  readonly symbol: string;
  readonly base: string;
  /** Those in USD are settled in their base (inverse), those in a stablecoin in that (linear). */
  readonly quote: 'USDT' | 'USDC' | 'USD';
  readonly price: number;
  readonly priceDigits: number;
  /** Of the base currency in one contract; of an inverse one, of US dollars. */
  readonly size: string;
  readonly mostContracts: number;
}

export const contracts: readonly Contract[] = [
  { symbol: 'BTCUSDT', base: 'BTC', quote: 'USDT', price: 61_210.4, priceDigits: 1, size: '0.001', mostContracts: 400 },
  { symbol: 'ETHUSDT', base: 'ETH', quote: 'USDT', price: 2_843.15, priceDigits: 2, size: '0.01', mostContracts: 900 },
  { symbol: 'SOLUSDT', base: 'SOL', quote: 'USDT', price: 142.81, priceDigits: 3, size: '0.1', mostContracts: 500 },
  { symbol: 'XRPUSDT', base: 'XRP', quote: 'USDT', price: 0.5214, priceDigits: 4, size: '10', mostContracts: 800 },
  { symbol: 'DOGEUSDT', base: 'DOGE', quote: 'USDT', price: 0.112_34, priceDigits: 5, size: '100', mostContracts: 300 },
  { symbol: 'BTCUSDC', base: 'BTC', quote: 'USDC', price: 61_190.2, priceDigits: 1, size: '0.001', mostContracts: 200 },
  { symbol: 'BTCUSD', base: 'BTC', quote: 'USD', price: 61_221.7, priceDigits: 1, size: '100', mostContracts: 300 },
];

/** Codes of withdrawals and deposits: those of multi-chain coins carry the network. */
export interface Coin {
  readonly currency: string;
  /** What it is called in wallets and trades. */
  readonly coin: string;
  readonly digits: number;
  readonly largest: number;
  readonly fee: string;
  readonly addressOf: 'tron' | 'ethereum' | 'bitcoin' | 'ripple';
}

export const coins: readonly Coin[] = [
  { currency: 'USDT-TRC20', coin: 'USDT', digits: 6, largest: 25_000, fee: '1', addressOf: 'tron' },
  { currency: 'USDT-ERC20', coin: 'USDT', digits: 6, largest: 40_000, fee: '4.5', addressOf: 'ethereum' },
  { currency: 'BTC', coin: 'BTC', digits: 8, largest: 2, fee: '0.0003', addressOf: 'bitcoin' },
  { currency: 'ETH', coin: 'ETH', digits: 18, largest: 12, fee: '0.0025', addressOf: 'ethereum' },
  { currency: 'BMX', coin: 'BMX', digits: 12, largest: 3_000, fee: '1.000000000000', addressOf: 'ethereum' },
  { currency: 'XRP', coin: 'XRP', digits: 6, largest: 9_000, fee: '0.25', addressOf: 'ripple' },
  { currency: 'AVAX-C', coin: 'AVAX', digits: 9, largest: 400, fee: '0.01', addressOf: 'ethereum' },
  { currency: 'LIGHTNING_BTC', coin: 'BTC', digits: 8, largest: 0.02, fee: '0.000001', addressOf: 'bitcoin' },
];

/** The symbols of each part of the exchange. */
export const symbolsOf: Readonly<Record<Service, readonly string[]>> = {
  spot: spotMarkets.map(({ symbol }) => symbol),
  contract: contracts.map(({ symbol }) => symbol),
  account: coins.map(({ currency }) => currency),
};
