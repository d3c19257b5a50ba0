import { longestWaits } from '../history/pace.ts';

/**
 * All limits on what the exchange may send, in one place. The exchange is another party's machine: its answers must neither
 * stop this process, nor make it wait for long, nor fill its memory. An answer that exceeds a clamp is a failure of kind
 * `unexpected`; a row that does is quarantined. Each is counted in `bitmart_sync_clamps_total`.
 */
export type ClampName = 'bytes' | 'depth' | 'values' | 'rows' | 'text' | 'wait' | 'clock';

const minuteMs = 60_000;

export const waits = {
  /** Documented as "for a time". More requests make a ban longer; after 15 minutes one request shows whether it is over. */
  ban: { minMs: minuteMs, defaultMs: 10 * minuteMs, maxMs: longestWaits.coolDownMs },
  /** Maintenance takes minutes to hours and has no announced end. */
  maintenanceMs: minuteMs,
  /** Every documented window of a limit is 1, 2 or 60 s long. */
  rateLimitWindow: { defaultMs: 2_000, maxMs: longestWaits.slowDownMs },
  /** A limit resets after one of its windows, of which the longest is 60 s. */
  throttledMaxMs: longestWaits.slowDownMs,
  /** A value above a day is not a wait but an instant since 1970. */
  readableMaxMs: 86_400_000,
} as const;

/**
 * A synchronised clock is right within seconds. Five minutes allow for one that is not, and rule out seconds in place of
 * milliseconds, a local time, or an answer of yesterday: claims would follow them into the past or the future.
 */
export const maxClockOffsetMs = 5 * minuteMs;

const kib = 1_024;

/**
 * The largest answer in bytes: twice the longest documented answer of the endpoint. 1,000 rows of deposits are about 400 kB,
 * 1,000 cash flows 250 kB, 200 trades 100 kB, and the public list of 1,215 contracts about 1.2 MB.
 */
const bytesOfEndpoint: Readonly<Record<string, number>> = {
  '/system/time': 16 * kib,
  '/uapi-key/v1/account/info': 64 * kib,
  '/spot/v4/query/trades': 256 * kib,
  '/spot/v4/query/history-orders': 256 * kib,
  '/contract/private/trades': 256 * kib,
  '/contract/private/transaction-history': 1_024 * kib,
  '/account/v2/deposit-withdraw/history': 1_024 * kib,
  // 100 rows of transfers, savings or loans are about 20 to 30 kB.
  '/newearn/cloud/v1/saving/record': 64 * kib,
  '/newearn/cloud/v1/saving/fixed/record': 64 * kib,
  '/account/v1/transfer-contract-list': 64 * kib,
  '/spot/v1/margin/isolated/borrow_record': 64 * kib,
  '/spot/v1/margin/isolated/repay_record': 64 * kib,
  // BitMart lent on 109 pairs, which are about 80 kB.
  '/spot/v1/margin/isolated/account': 160 * kib,
  '/account/v1/wallet': 512 * kib,
  '/contract/private/assets-detail': 256 * kib,
  '/contract/public/details': 2_560 * kib,
};

/** For endpoints that are not listed above. */
const defaultMaxBytes = 256 * kib;

export function maxBytesOf(endpoint: string): number {
  return bytesOfEndpoint[endpoint] ?? defaultMaxBytes;
}

/** For the HTTP library, which has one limit for all endpoints. */
export const maxBytesOfAny = Math.max(defaultMaxBytes, ...Object.values(bytesOfEndpoint));

export const json = {
  /** A row has one level, an answer four. A deeper row is quarantined alone. */
  maxRowDepth: 32,
  /** A row that is too deep is stored with its text in a json column, and Postgres parses at most about 6,000 levels. */
  maxDepth: 4_096,
  /** The longest list has 49,815: 1,215 contracts and their 40 fields each. Parsing twice as many takes about 20 ms. */
  maxValues: 100_000,
} as const;

/** The highest documented cap is 1,000. Up to twice that is stored and proves nothing; more is not read at all. */
export const maxRows = 2_000;

/** A row of a history has about 500 characters, with a long address and memo 1,000. */
export const maxRowLength = 16_384;

export const texts = {
  /** Ids have 18 digits, symbols up to 30 characters. Three of 200 3-byte characters fit into an index entry (2,704 bytes). */
  maxId: 200,
  /** An address with its memo; a transaction id has 64 to 90 characters. */
  maxText: 2_000,
} as const;

/** Trace ids are UUIDs and numbers joined by dots. */
export const tracePattern = /^[A-Za-z0-9._-]{1,80}$/;

/** Rights of a key: seven names are documented, none longer than 24 letters. */
export const permissions = { pattern: /^[A-Za-z][A-Za-z0-9 _./-]{0,63}$/, maxEntries: 50 } as const;

export const exchangeAccountIdPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Codes have four or five digits. */
export const maxExchangeCode = 999_999;

/** How many contracts are remembered, over all lists ever served. */
export const maxContracts = 10_000;
