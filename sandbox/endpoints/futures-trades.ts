import type { PageEndpoint } from '../call.ts';
import { refusals } from '../refusal.ts';
import { streams } from '../streams/index.ts';
import { windowOf } from '../window.ts';
import { futuresPart } from './futures-part.ts';

const { endpoint: path, cap } = streams['futures-trades'];
const widestMs = 90 * 86_400_000;

/** Executions of contracts, of one of the two accounts. Bounds in seconds; there is no limit to ask for. */
export const futuresTrades: PageEndpoint = {
  method: 'GET',
  path,
  level: 'keyed',
  limit: { calls: 6, windowMs: 2_000 },
  word: 'Ok',
  listName: null,
  question: (call) => {
    const { parameters } = call;
    const part = futuresPart(call, 'futures-trades');
    const window = windowOf(call, 'futures-trades', {
      start: 'start_time',
      end: 'end_time',
      refusal: refusals.invalidFuturesParameter,
    });
    if (window.toMs - window.fromMs > widestMs) {
      throw refusals.ofStream('futures-trades', 40011, 'The time range must not exceed 90 days');
    }
    const orderId = parameters.text('order_id');
    const clientOrderId = parameters.text('client_order_id');
    return {
      stream: 'futures-trades',
      part,
      ...window,
      limit: cap,
      symbol: parameters.text('symbol'),
      concerns: (row) =>
        (orderId === null || row.order_id === orderId) &&
        (clientOrderId === null || row.client_order_id === clientOrderId),
    };
  },
};
