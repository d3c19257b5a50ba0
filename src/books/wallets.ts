/** The streams whose records move a wallet: if one of them has a gap, its books may not balance. */
export const streamsOfWallet: Readonly<Record<string, readonly string[]>> = {
  spot: ['spot-trades', 'deposits', 'withdrawals', 'futures-flows', 'earn-records'],
  futures: ['futures-flows'],
  copy_trading: ['futures-flows'],
  'isolated-margin': ['spot-trades'],
};

const ofPair = 'isolated-margin/';

/** The wallet of a pair on isolated margin: each pair's loans have their own collateral. */
export function walletOfPair(pair: string): string {
  return `${ofPair}${pair}`;
}

/** The pair of such a wallet; null for every other wallet. */
export function pairOfWallet(wallet: string): string | null {
  return wallet.startsWith(ofPair) ? wallet.slice(ofPair.length) : null;
}
