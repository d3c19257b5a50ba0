import { pairOf, partOfPair } from '../../history/parts.ts';
import { unknownRight } from '../../history/stream.ts';
import { type BitmartStream, bitmartOriginMs } from '../bitmart-stream.ts';
import { decimal, identifier, optionalDecimal } from '../fields.ts';
import { spotTrades } from './spot-trades.ts';

const dayMs = 86_400_000;
const cap = 100;

const endpoints: Readonly<Record<string, string>> = {
  borrow: '/spot/v1/margin/isolated/borrow_record',
  repay: '/spot/v1/margin/isolated/repay_record',
};

/**
 * Loans and repayments on isolated margin. Both endpoints require a symbol, so each pair is a part of its own
 * (`borrow-BTC_USDT`): the pairs that the account has traded there. Bounds in milliseconds.
 */
export const marginLoans = {
  stream: {
    name: 'margin-loans',
    parts: ['borrow', 'repay'],
    pairsOf: spotTrades.stream.name,
    unitMs: 1,
    cap,
    // Neither the widest window nor the default window is documented.
    widestWindowMs: 366 * dayMs,
    originMs: bitmartOriginMs,
    reachMs: 89 * dayMs,
    reachIsDocumented: false,
    defaultWindowMs: 7 * dayMs,
    splits: [],
    endpoint: '/spot/v1/margin/isolated/borrow_record',
    suspiciousTotal: null,
    mappingVersion: 1,
    isRare: true,
    right: unknownRight,
    table: {
      name: 'margin_loan',
      hasPart: true,
      columns: [
        { name: 'record_id', type: 'text' },
        { name: 'kind', type: 'text' },
        { name: 'symbol', type: 'text' },
        { name: 'currency', type: 'text' },
        { name: 'amount', type: 'numeric' },
        { name: 'principal', type: 'numeric', nullable: true },
        { name: 'interest', type: 'numeric', nullable: true },
        { name: 'daily_interest', type: 'numeric', nullable: true },
        { name: 'hourly_interest', type: 'numeric', nullable: true },
        { name: 'occurred_at', type: 'timestamptz' },
      ],
      identity: ['record_id'],
      // Amount and interest become 0 once a loan is repaid.
      fixed: ['occurred_at', 'currency'],
      timeColumn: 'occurred_at',
      final: null,
    },
  },
  timeField: (part) => (pairOf(part).kind === 'repay' ? 'repay_time' : 'create_time'),
  // Milliseconds in what was captured, seconds in the documentation's sample.
  timeForm: 'ms-or-s',
  rowsPath: ['data', 'records'],
  request: ({ part }, bounds) => {
    const { kind, pair } = pairOf(part);
    return {
      host: 'spot',
      method: 'GET',
      endpoint: endpoints[kind] as string,
      callsIn2Seconds: 150,
      level: 'keyed',
      parameters: { symbol: pair, start_time: bounds.fromMs, end_time: bounds.toMs, N: cap },
    };
  },
  mapRow: (row, { part }) => {
    const { kind } = pairOf(part);
    const symbol = identifier(row, 'symbol');
    const isRepayment = kind === 'repay';
    return {
      part: partOfPair(kind, symbol),
      columns: {
        record_id: identifier(row, isRepayment ? 'repay_id' : 'borrow_id'),
        kind,
        symbol,
        currency: identifier(row, 'currency'),
        amount: decimal(row, isRepayment ? 'repaid_amount' : 'borrow_amount'),
        principal: isRepayment ? optionalDecimal(row, 'repaid_principal') : null,
        interest: optionalDecimal(row, isRepayment ? 'repaid_interest' : 'interest_amount'),
        daily_interest: isRepayment ? null : optionalDecimal(row, 'daily_interest'),
        hourly_interest: isRepayment ? null : optionalDecimal(row, 'hourly_interest'),
      },
    };
  },
} as const satisfies BitmartStream;
