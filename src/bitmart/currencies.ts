/** What a deposit's or withdrawal's currency code means. */
interface Currency {
  readonly asset: string;
  /** Null if the code does not say. */
  readonly network: string | null;
}

/** Codes that follow no rule. */
const odd: Readonly<Record<string, Currency>> = {
  'AVAX-C': { asset: 'AVAX', network: 'AVAX-C' },
  LIGHTNING_BTC: { asset: 'BTC', network: 'LIGHTNING' },
};

/**
 * Networks that BitMart appends to a coin's code. A dash alone says nothing, because other codes contain one too. A network
 * that is missing here loses nothing, because the code is stored as served.
 */
const networks = [
  ...['ERC20', 'TRC20', 'TRC10', 'OMNI', 'BSC', 'BSC_BNB', 'BEP20', 'BEP2', 'SOL', 'BTC', 'ETH', 'TRX', 'TRON'],
  ...['POLYGON', 'MATIC', 'ARB', 'ARBI', 'ARBITRUM', 'OP', 'OPTIMISM', 'BASE', 'LINEA', 'ZKSYNC', 'ERA', 'SCROLL'],
  ...['AVAX', 'AVAXC', 'AVAX-C', 'AVAX_C', 'FTM', 'FANTOM', 'HECO', 'HRC20', 'KCC', 'CRO', 'CELO', 'KAVA', 'KLAY'],
  ...['ALGO', 'APT', 'APTOS', 'ATOM', 'EOS', 'EGLD', 'FLOW', 'HBAR', 'INJ', 'NEAR', 'ONT', 'OSMO', 'STX', 'SUI', 'TON'],
  ...['XLM', 'XRP', 'XTZ', 'BRC20', 'RUNES', 'LIGHTNING', 'MANTLE', 'BLAST', 'SONIC', 'SEI', 'ZETA', 'MANTA', 'CORE'],
].sort((a, b) => b.length - a.length);

/** Asset and network of a served code: "USDT-TRC20" is USDT on TRC20. If that is unclear, the asset is the whole code. */
export function currencyOf(code: string): Currency {
  if (Object.hasOwn(odd, code)) return odd[code] as Currency;
  const network = networks.find((name) => code.length > name.length + 1 && code.toUpperCase().endsWith(`-${name}`));
  if (network === undefined) return { asset: code, network: null };
  return { asset: code.slice(0, -network.length - 1), network: code.slice(-network.length) };
}
