import type { PageEndpoint } from '../call.ts';
import { admitStream } from '../gate.ts';
import { refusals } from '../refusal.ts';
import { streams } from '../streams/index.ts';
import { windowOf } from '../window.ts';

const { endpoint: path, cap } = streams.transfers;
const leastLimit = 10;
const mostPages = 1_000;

/** Transfers between spot and futures, page by page; not for a key that can only read. */
export const transfers: PageEndpoint = {
  method: 'POST',
  path,
  level: 'signed',
  limit: { calls: 1, windowMs: 2_000 },
  word: 'OK',
  listName: 'records',
  question: (call) => {
    const { parameters } = call;
    admitStream(call.key, 'transfers');
    const page = parameters.number('page') ?? Number.NaN;
    const limit = parameters.number('limit') ?? Number.NaN;
    if (!(page >= 1 && page <= mostPages)) throw refusals.badRequest(60000, 'page is invalid');
    if (!(limit >= leastLimit && limit <= cap)) throw refusals.badRequest(60000, 'limit is invalid');
    const window = windowOf(call, 'transfers', {
      start: 'time_start',
      end: 'time_end',
      refusal: (what) => refusals.badRequest(60000, what),
    });
    return {
      stream: 'transfers',
      part: 'all',
      ...window,
      limit,
      skipped: (page - 1) * limit,
      symbol: parameters.text('currency'),
    };
  },
};
