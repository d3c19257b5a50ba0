/**
 * Published limits, per key and endpoint, as calls in two seconds. The limit belongs to the key: a bot that the user runs on
 * the same key shares it, which is why only a share of it is used (RATE_SHARE).
 */
const callsIn2Seconds: Readonly<Record<string, number>> = {
  '/spot/v4/query/trades': 12,
  '/contract/private/trades': 6,
  '/contract/private/transaction-history': 6,
  '/account/v2/deposit-withdraw/history': 8,
  '/account/v1/wallet': 12,
  '/contract/private/assets-detail': 12,
  '/contract/public/details': 12,
  '/system/time': 20,
};

/** For endpoints whose limit is not published: slow enough to be right for those that we know of and use. */
const unknownCallsIn2Seconds = 2;

/** From one request to the next, when requests are evenly spaced at this share of the published limit. */
export function spacingMs(endpoint: string, rateShare: number): number {
  return Math.ceil(2_000 / ((callsIn2Seconds[endpoint] ?? unknownCallsIn2Seconds) * rateShare));
}
