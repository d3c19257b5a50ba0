/** The streams whose records move a wallet: where one of them has a gap, its books may not balance. */
export const streamsOfWallet: Readonly<Record<string, readonly string[]>> = {
  spot: ['spot-trades', 'deposits', 'withdrawals', 'futures-flows'],
  futures: ['futures-flows'],
  copy_trading: ['futures-flows'],
  'isolated-margin': ['spot-trades'],
};
