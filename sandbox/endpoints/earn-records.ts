import type { PageEndpoint } from '../call.ts';
import { admitStream } from '../gate.ts';
import { refusals } from '../refusal.ts';
import { streams } from '../streams/index.ts';
import { windowOf } from '../window.ts';

const { parts, cap } = streams['earn-records'];

export const flexibleEarnRecords = earnRecords('flexible', '/newearn/cloud/v1/saving/record');
export const fixedEarnRecords = earnRecords('fixed', '/newearn/cloud/v1/saving/fixed/record');

/** Subscriptions, redemptions or interest of one product, page by page. */
function earnRecords(product: 'flexible' | 'fixed', path: string): PageEndpoint {
  return {
    method: 'GET',
    path,
    level: 'keyed',
    limit: { calls: 20, windowMs: 2_000 },
    word: 'OK',
    listName: 'list',
    question: (call) => {
      const { parameters } = call;
      admitStream(call.key, 'earn-records');
      const part = `${product}-${parameters.text('type') ?? ''}`;
      const page = parameters.number('currentPage') ?? Number.NaN;
      const limit = parameters.number('sizePage') ?? Number.NaN;
      if (!parts.includes(part)) throw refusals.badRequest(60000, 'type is invalid');
      if (!(page >= 1)) throw refusals.badRequest(60000, 'currentPage is invalid');
      if (!(limit >= 1 && limit <= cap)) throw refusals.badRequest(60000, 'sizePage is invalid');
      const window = windowOf(call, 'earn-records', {
        start: 'startTime',
        end: 'endTime',
        refusal: (what) => refusals.badRequest(60000, what),
      });
      const symbol = parameters.text('coinName');
      return { stream: 'earn-records', part, ...window, limit, skipped: (page - 1) * limit, symbol };
    },
  };
}
