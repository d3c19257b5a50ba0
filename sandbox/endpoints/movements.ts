import type { PageEndpoint, PrivateCall, PrivateEndpoint } from '../call.ts';
import { success } from '../envelope.ts';
import { admitStream } from '../gate.ts';
import { Refusal, refusals } from '../refusal.ts';
import { type StreamName, streams } from '../streams/index.ts';
import { type Window, windowOf } from '../window.ts';

const { endpoint: path, cap } = streams.withdrawals;
const widestMs = 90 * 86_400_000;

const streamOfOperation: Readonly<Record<string, StreamName>> = { withdraw: 'withdrawals', deposit: 'deposits' };

/** Withdrawals or deposits. Not for sub-accounts. */
export const movements: PageEndpoint = {
  method: 'GET',
  path,
  level: 'keyed',
  limit: { calls: 8, windowMs: 2_000 },
  word: 'OK',
  listName: 'records',
  question: (call) => {
    const { parameters } = call;
    const stream = streamOfOperation[parameters.text('operation_type') ?? ''];
    if (stream) admitStream(call.key, stream);
    if (call.account.accountType === 'sub') throw refusals.notForSubAccounts();
    const limit = parameters.number('N') ?? Number.NaN;
    if (!stream) throw refusals.badRequest(60000, 'operation_type is invalid');
    if (!(limit >= 1 && limit <= cap)) throw refusals.badRequest(60000, 'N is invalid');
    return {
      stream,
      part: 'all',
      ...narrowWindow(call, stream),
      limit,
      // Codes of multi-chain coins carry the network; the plain code finds nothing.
      symbol: parameters.text('currency'),
    };
  },
};

/** One of them, by its id: a deposit's or a withdrawal's. */
export const movementDetail: PrivateEndpoint = {
  method: 'GET',
  path: '/account/v1/deposit-withdraw/detail',
  level: 'keyed',
  limit: { calls: 8, windowMs: 2_000 },
  answer: ({ parameters, account, clockMs, switches }) => {
    if (account.accountType === 'sub') throw refusals.notForSubAccounts();
    const id = parameters.text('id');
    const streams = ['withdrawals', 'deposits'] as const;
    const all = streams.flatMap((stream) => account.records(stream, 'all').all());
    const record = all.find((one) => one.id === id && one.isVisible(clockMs, switches.visibilityDelayMs));
    if (!record) throw refusals.badRequest(60010, 'id does not exist');
    return success('OK', `{"record":${record.textAt(clockMs)}}`);
  },
};

function narrowWindow(call: PrivateCall, stream: StreamName): Window {
  const window = windowOf(call, stream, {
    start: 'startTime',
    end: 'endTime',
    refusal: (what) => refusals.badRequest(60000, what),
  });
  if (window.toMs - window.fromMs < widestMs) return window;
  const hasBoth = call.parameters.text('startTime') !== null && call.parameters.text('endTime') !== null;
  throw hasBoth
    ? new Refusal(400, 60067, 'The interval between startTime and endTime must be less than 90 days')
    : new Refusal(400, 60066, 'The requested interval must be within 0-90 days');
}
