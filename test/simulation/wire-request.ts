import type { BitmartRequest } from '../../src/bitmart/transport.ts';
import { never, type PlannedRecord } from './plan.ts';
import { flowSymbol } from './wire.ts';

/** What the exchange understands of a request: by the parameters' names and units as BitMart documents them. */
export interface WireRequest {
  readonly part: string;
  /** Both bounds in milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** A symbol, when the request is for that one alone. */
  readonly symbol: string | null;
  /** Whether a record is among those that are asked for. */
  matches(record: PlannedRecord): boolean;
}

export function understood({ endpoint, parameters }: BitmartRequest): WireRequest {
  const text = (name: string) => (parameters[name] === undefined ? null : String(parameters[name]));
  const number = (name: string) => Number(parameters[name]);
  switch (endpoint) {
    case '/spot/v4/query/trades': {
      const [mode, symbol] = [text('orderMode'), text('symbol')];
      const matches = (record: PlannedRecord) =>
        (mode === null || record.mode === mode) && (symbol === null || record.symbol === symbol);
      return { part: 'all', fromMs: number('startTime'), toMs: number('endTime'), symbol, matches };
    }
    case '/contract/private/trades':
    case '/contract/private/transaction-history': {
      // One of them takes seconds, the other milliseconds.
      const unitMs = endpoint === '/contract/private/trades' ? 1_000 : 1;
      const [type, symbol] = [text('flow_type'), text('symbol')];
      const matches = (record: PlannedRecord) =>
        // An empty word asks for all.
        (symbol === null || symbol === '' || symbolOf(record) === symbol) &&
        (type === null || record.states[0]?.status === type);
      const [fromMs, toMs] = [number('start_time') * unitMs, number('end_time') * unitMs];
      return { part: text('account') ?? 'futures', fromMs, toMs, symbol: symbol === '' ? null : symbol, matches };
    }
    case '/account/v2/deposit-withdraw/history': {
      const [stream, currency] = [text('operation_type') === 'deposit' ? 'deposits' : 'withdrawals', text('currency')];
      const matches = (record: PlannedRecord) =>
        record.stream === stream && (currency === null || record.symbol === currency);
      return { part: 'all', fromMs: number('startTime'), toMs: number('endTime'), symbol: currency, matches };
    }
    case '/newearn/cloud/v1/saving/record':
    case '/newearn/cloud/v1/saving/fixed/record': {
      const coin = text('coinName');
      if (text('currentPage') !== '1') throw new Error('Only first pages are proved here.');
      const product = endpoint.includes('fixed') ? 'fixed' : 'flexible';
      const matches = (record: PlannedRecord) => coin === null || record.symbol === coin;
      const [fromMs, toMs] = [number('startTime'), number('endTime')];
      return { part: `${product}-${text('type')}`, fromMs, toMs, symbol: coin, matches };
    }
    case '/spot/v1/margin/isolated/borrow_record':
    case '/spot/v1/margin/isolated/repay_record': {
      const symbol = text('symbol');
      const kind = endpoint.includes('borrow') ? 'borrow' : 'repay';
      const [fromMs, toMs] = [number('start_time'), number('end_time')];
      return { part: `${kind}-${symbol}`, fromMs, toMs, symbol, matches: () => true };
    }
    case '/account/sub-account/main/v1/transfer-list':
      // Whatever there is: it can't be asked for less.
      return { part: 'all', fromMs: 0, toMs: never, symbol: null, matches: () => true };
    case '/account/v1/transfer-contract-list': {
      const currency = text('currency');
      if (text('page') !== '1') throw new Error('Only first pages are proved here.');
      const matches = (record: PlannedRecord) => currency === null || record.symbol === currency;
      return { part: 'all', fromMs: number('time_start'), toMs: number('time_end'), symbol: currency, matches };
    }
    default:
      throw new Error(`The simulated exchange has no ${endpoint}.`);
  }
}

function symbolOf(record: PlannedRecord): string {
  return record.stream === 'futures-flows' ? flowSymbol(record) : record.symbol;
}
