import type { PageEndpoint } from '../call.ts';
import { admitStream } from '../gate.ts';
import { refusals } from '../refusal.ts';
import { streams } from '../streams/index.ts';
import { windowOf } from '../window.ts';

const { parts, cap } = streams['margin-loans'];

export const borrowRecords = records('borrow', '/spot/v1/margin/isolated/borrow_record');
export const repayRecords = records('repay', '/spot/v1/margin/isolated/repay_record');

/** Borrowings or repayments of one pair. */
function records(kind: 'borrow' | 'repay', path: string): PageEndpoint {
  return {
    method: 'GET',
    path,
    level: 'keyed',
    limit: { calls: 150, windowMs: 2_000 },
    word: 'OK',
    listName: 'records',
    question: (call) => {
      const { parameters } = call;
      admitStream(call.key, 'margin-loans');
      const symbol = parameters.text('symbol');
      const limit = parameters.number('N') ?? 50;
      if (symbol === null) throw refusals.badRequest(50000, 'symbol is required');
      const part = `${kind}-${symbol}`;
      if (!parts.includes(part)) throw refusals.badRequest(50001, 'symbol not found');
      if (!(limit >= 1 && limit <= cap)) throw refusals.badRequest(50000, 'N is invalid');
      const window = windowOf(call, 'margin-loans', {
        start: 'start_time',
        end: 'end_time',
        refusal: (what, isReversed) => refusals.badRequest(isReversed ? 52004 : 50002, what),
      });
      return { stream: 'margin-loans', part, ...window, limit, symbol: null };
    },
  };
}
