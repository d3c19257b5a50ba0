import type { PageEndpoint } from '../call.ts';
import { refusals } from '../refusal.ts';
import { streams } from '../streams/index.ts';
import { windowOf } from '../window.ts';
import { futuresPart } from './futures-part.ts';

const { endpoint: path, cap } = streams['futures-flows'];
const defaultLimit = 100;

/** Transfers, funding, fees and profits of the futures account. Bounds in milliseconds, other than those of its trades. */
export const futuresFlows: PageEndpoint = {
  method: 'GET',
  path,
  level: 'keyed',
  limit: { calls: 6, windowMs: 2_000 },
  word: 'Ok',
  listName: null,
  question: (call) => {
    const { parameters } = call;
    const part = futuresPart(call, 'futures-flows');
    const limit = parameters.number('page_size') ?? defaultLimit;
    if (!(limit >= 1 && limit <= cap)) throw refusals.invalidFuturesParameter();
    const window = windowOf(call, 'futures-flows', {
      start: 'start_time',
      end: 'end_time',
      refusal: refusals.invalidFuturesParameter,
    });
    const flowType = parameters.number('flow_type') ?? 0;
    return {
      stream: 'futures-flows',
      part,
      ...window,
      limit,
      symbol: parameters.text('symbol'),
      concerns: (row) => flowType === 0 || Number(row.flow_type) === flowType,
    };
  },
};
