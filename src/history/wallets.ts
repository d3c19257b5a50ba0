/** The streams whose records move a wallet: where one of them has a gap, its books may not balance. */
export const streamsOfWallet: Readonly<Record<string, readonly string[]>> = {
  spot: ['spot-trades', 'deposits', 'withdrawals', 'futures-flows'],
  futures: ['futures-flows'],
  copy_trading: ['futures-flows'],
  'isolated-margin': ['spot-trades'],
};

const ofPair = 'isolated-margin/';

/** The wallet of a pair on isolated margin: what backs the loans of one pair does not back those of another. */
export function walletOfPair(pair: string): string {
  return `${ofPair}${pair}`;
}

/** The pair whose wallet it is; null for every other wallet. */
export function pairOfWallet(wallet: string): string | null {
  return wallet.startsWith(ofPair) ? wallet.slice(ofPair.length) : null;
}
