/** The history types that the sandbox keeps, and how BitMart names and serves them. */

export type StreamName = 'spot-trades' | 'futures-trades' | 'withdrawals' | 'deposits' | 'futures-flows';

/** The parts of BitMart, as it calls them: each has its own symbols and its own way to refuse. */
export type Service = 'spot' | 'contract' | 'account';

export interface StreamFacts {
  readonly service: Service;
  readonly endpoint: string;
  readonly parts: readonly string[];
  /** The resolution in which a request's bounds are compared. */
  readonly unitMs: number;
  /** The most rows of one answer, as documented. */
  readonly cap: number;
  readonly defaultWindowMs: number;
  /** By which switch its look-back is governed. */
  readonly reach: 'trades' | 'movements';
  readonly timeField: string;
  readonly idField: string;
  /** What a request can be limited to, besides its window. */
  readonly symbolField: 'symbol' | 'currency';
  readonly orderIdField: string | null;
}

const dayMs = 86_400_000;

const movement = {
  service: 'account',
  endpoint: '/account/v2/deposit-withdraw/history',
  parts: ['all'],
  unitMs: 1,
  cap: 1_000,
  // One second less, because a window of 90 days is refused.
  defaultWindowMs: 90 * dayMs - 1_000,
  reach: 'movements',
  timeField: 'apply_time',
  symbolField: 'currency',
  orderIdField: null,
} as const;

export const streams: Readonly<Record<StreamName, StreamFacts>> = {
  'spot-trades': {
    service: 'spot',
    endpoint: '/spot/v4/query/trades',
    parts: ['all'],
    unitMs: 1,
    cap: 200,
    defaultWindowMs: 7 * dayMs,
    reach: 'trades',
    timeField: 'createTime',
    idField: 'tradeId',
    symbolField: 'symbol',
    orderIdField: 'orderId',
  },
  'futures-trades': {
    service: 'contract',
    endpoint: '/contract/private/trades',
    parts: ['futures', 'copy_trading'],
    unitMs: 1_000,
    cap: 200,
    defaultWindowMs: 7 * dayMs,
    reach: 'trades',
    timeField: 'create_time',
    idField: 'trade_id',
    symbolField: 'symbol',
    orderIdField: 'order_id',
  },
  withdrawals: { ...movement, idField: 'withdraw_id' },
  deposits: { ...movement, idField: 'deposit_id' },
  'futures-flows': {
    service: 'contract',
    endpoint: '/contract/private/transaction-history',
    parts: ['futures', 'copy_trading'],
    unitMs: 1,
    cap: 1_000,
    defaultWindowMs: 7 * dayMs,
    reach: 'trades',
    timeField: 'time',
    idField: 'tran_id',
    symbolField: 'symbol',
    orderIdField: null,
  },
};

export const streamNames = Object.keys(streams) as readonly StreamName[];

/** Says what is wrong when a name from outside is none of ours. */
export function streamNamed(name: string): StreamName {
  if (name in streams) return name as StreamName;
  throw new Error(`There is no stream "${name}"; there are ${streamNames.join(', ')}.`);
}
