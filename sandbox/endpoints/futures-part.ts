import type { PrivateCall } from '../call.ts';
import { admitStream } from '../gate.ts';
import { refusals } from '../refusal.ts';
import type { StreamName } from '../streams/index.ts';

/** Which futures account is asked for, after the look whether the key may and the account exists. */
export function futuresPart(call: PrivateCall, stream: StreamName): string {
  admitStream(call.key, stream);
  if (!call.account.futuresOpened) throw refusals.futuresNotOpened();
  const part = call.parameters.text('account') ?? 'futures';
  if (part !== 'futures' && part !== 'copy_trading') throw refusals.invalidFuturesParameter();
  return part;
}
