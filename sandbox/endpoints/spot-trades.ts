import type { PageEndpoint } from '../call.ts';
import { admitStream } from '../gate.ts';
import { refusals } from '../refusal.ts';
import { streams } from '../streams/index.ts';
import { windowOf } from '../window.ts';

const { endpoint: path, cap } = streams['spot-trades'];

/** Executions on the spot market over all pairs, or those of one pair or order mode. */
export const spotTrades: PageEndpoint = {
  method: 'POST',
  path,
  level: 'signed',
  limit: { calls: 12, windowMs: 2_000 },
  word: 'success',
  listName: null,
  question: (call) => {
    admitStream(call.key, 'spot-trades');
    const { parameters } = call;
    const limit = parameters.number('limit') ?? cap;
    if (!(limit >= 1 && limit <= cap)) throw refusals.badRequest(50000, 'limit is invalid');
    const orderMode = parameters.text('orderMode');
    if (orderMode !== null && !['spot', 'iso_margin'].includes(orderMode)) {
      throw refusals.badRequest(52000, 'orderMode is invalid');
    }
    const window = windowOf(call, 'spot-trades', {
      start: 'startTime',
      end: 'endTime',
      refusal: (what, isReversed) => refusals.badRequest(isReversed ? 52004 : 50000, what),
    });
    return {
      stream: 'spot-trades',
      part: 'all',
      ...window,
      limit,
      symbol: parameters.text('symbol'),
      concerns: (row) => orderMode === null || row.orderMode === orderMode,
    };
  },
};
