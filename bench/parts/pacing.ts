import type { LoggedRequest } from '../../sandbox/request-log.ts';

/** How an account was read under limits. */
export interface Pacing {
  /** Requests sent, as a share of those allowed, at the endpoint that took longest: it sets the time. */
  readonly share: number;
  /** Requests with this account's key that were answered 429. */
  readonly refused: number;
  /** The most requests of one endpoint within any two seconds, as a share of what is published. */
  readonly densest: number;
}

/** Calls in two seconds as published, per key; the sandbox refuses by the same figures. */
const published: Readonly<Record<string, number>> = {
  '/spot/v4/query/trades': 12,
  '/contract/private/trades': 6,
  '/account/v2/deposit-withdraw/history': 8,
};
const windowMs = 2_000;
const rateShare = 0.9;
/** Fewer requests say little about a rate. */
const leastRequests = 10;
/** Requests pause this long only when a worker was killed; then a share has no meaning. */
const nobodyThereMs = 5_000;

export function pacingOf(log: readonly LoggedRequest[], account: string): Pacing {
  const own = log.filter((request) => request.account === account);
  const endpoints = Object.entries(published).flatMap(([endpoint, calls]) => {
    const asked = own.filter((request) => request.endpoint === endpoint);
    // A key check sends one or two requests before the backfill begins.
    const times = asked.slice(asked.findIndex((request) => request.rows > 0)).map(({ atMs }) => atMs);
    if (times.length < leastRequests) return [];
    const steps = times.slice(1).map((atMs, i) => atMs - (times[i] as number));
    const worked = steps.filter((stepMs) => stepMs < nobodyThereMs);
    const elapsedMs = worked.reduce((total, stepMs) => total + stepMs, 0);
    const share = (worked.length * windowMs) / (calls * rateShare * elapsedMs);
    return [{ elapsedMs, share, densest: densest(times) / calls }];
  });
  const slowest = endpoints.toSorted((a, b) => b.elapsedMs - a.elapsedMs)[0];
  return {
    share: slowest?.share ?? Number.NaN,
    refused: own.filter((request) => request.httpStatus === 429).length,
    densest: Math.max(...endpoints.map((one) => one.densest)),
  };
}

function densest(times: readonly number[]): number {
  const within = times.map((fromMs, i) => times.slice(i).filter((atMs) => atMs < fromMs + windowMs).length);
  return Math.max(...within);
}
