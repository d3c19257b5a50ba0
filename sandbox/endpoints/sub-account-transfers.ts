import type { PageEndpoint, PrivateCall } from '../call.ts';
import { admitStream } from '../gate.ts';
import { Refusal, refusals } from '../refusal.ts';
import { streams } from '../streams/index.ts';

const { endpoint, cap, defaultWindowMs } = streams['sub-account-transfers'];

/** The newest transfers of a main account with all of its sub-accounts. */
export const mainTransferList = list(endpoint, ({ account }) => {
  if (account.accountType === 'sub') throw refusals.notForSubAccounts();
});

/** The same of a sub-account. */
export const subTransferHistory = list('/account/sub-account/v1/transfer-history', ({ account }) => {
  if (account.accountType === 'main') throw new Refusal(403, 60027, 'Only for sub-accounts');
});

function list(path: string, admit: (call: PrivateCall) => void): PageEndpoint {
  return {
    method: 'GET',
    path,
    level: 'keyed',
    limit: { calls: 8, windowMs: 2_000 },
    word: 'OK',
    listName: 'historyList',
    question: (call) => {
      const { parameters, key, clockMs } = call;
      admitStream(key, 'sub-account-transfers');
      admit(call);
      const limit = parameters.number('N') ?? Number.NaN;
      if (parameters.text('moveType') !== 'spot to spot') throw refusals.badRequest(60000, 'moveType is invalid');
      if (!(limit >= 1 && limit <= cap)) throw refusals.badRequest(60000, 'N is invalid');
      const window = { fromMs: clockMs - defaultWindowMs, toMs: clockMs };
      return { stream: 'sub-account-transfers', part: 'all', ...window, limit, symbol: null };
    },
  };
}
