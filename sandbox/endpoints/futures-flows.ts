import type { PrivateEndpoint } from '../call.ts';
import { success } from '../envelope.ts';
import { servePage } from '../page.ts';
import { refusals } from '../refusal.ts';
import { streams } from '../streams.ts';
import { windowOf } from '../window.ts';
import { futuresPart } from './futures-part.ts';

const { endpoint: path, cap, defaultWindowMs } = streams['futures-flows'];
const defaultLimit = 100;

/** Transfers, funding, fees and profits of the futures account. Bounds in milliseconds, other than those of its trades. */
export const futuresFlows: PrivateEndpoint = {
  method: 'GET',
  path,
  level: 'keyed',
  limit: { calls: 6, windowMs: 2_000 },
  servesPages: true,
  answer: (call) => {
    const { parameters } = call;
    const part = futuresPart(call, 'futures-flows');
    const limit = parameters.number('page_size') ?? defaultLimit;
    if (!(limit >= 1 && limit <= cap)) throw refusals.invalidFuturesParameter();
    const window = windowOf(call, {
      start: 'start_time',
      end: 'end_time',
      unitMs: 1,
      defaultWindowMs,
      unreadable: refusals.invalidFuturesParameter,
      reversed: refusals.invalidFuturesParameter,
    });
    const symbol = parameters.text('symbol');
    const flowType = parameters.number('flow_type') ?? 0;
    const served = servePage(call, {
      stream: 'futures-flows',
      part,
      ...window,
      limit,
      concerns: (row) =>
        (symbol === null || row.symbol === symbol) && (flowType === 0 || Number(row.flow_type) === flowType),
    });
    return { ...success('Ok', served.instead ?? served.list, served.page), headers: served.headers };
  },
};
