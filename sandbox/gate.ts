import type { Account, Key } from './account.ts';
import type { IncomingCall } from './call.ts';
import type { Parameters } from './parameters.ts';
import { Refusal, refusals } from './refusal.ts';
import { isSignatureRight } from './signature.ts';
import { type StreamName, streams } from './streams/index.ts';

/** The account and key of a request's X-BM-KEY, or the refusal that BitMart's table names. */
export function admitKey(
  call: IncomingCall,
  known: ReadonlyMap<string, Holder>,
  clockMs: number,
): { readonly account: Account; readonly key: Key } {
  const apiKey = headerOf(call, 'x-bm-key');
  if (apiKey === '') throw new Refusal(401, 30001, 'Header X-BM-KEY is empty');
  const holder = known.get(apiKey);
  if (!holder) throw new Refusal(401, 30002, 'Header X-BM-KEY not found');
  const { key } = holder;
  if (key.status === 'frozen') throw new Refusal(401, 30003, 'Header X-BM-KEY has frozen');
  if (key.allowedAddresses.length > 0 && !key.allowedAddresses.includes(call.address)) {
    throw new Refusal(403, 30010, 'IP is forbidden. We recommend enabling IP whitelist for API trading.');
  }
  if (key.expiresAtMs !== null && key.expiresAtMs <= clockMs) {
    throw new Refusal(403, 30011, 'Header X-BM-KEY is forbidden to request it. Expired');
  }
  return holder;
}

/** What a key may not read is refused by its own endpoint alone. */
export function admitStream(key: Key, stream: StreamName): void {
  if (!mayRead(key, stream)) throw refusals.notPermitted();
}

export function mayRead(key: Key, stream: StreamName): boolean {
  const { right } = streams[stream];
  return !key.streamsRefused.includes(stream) && (right === undefined || key.permissions.includes(right));
}

export interface Holder {
  readonly account: Account;
  readonly key: Key;
}

/** Refuses a signed request whose secret, memo, body or clock is not right. */
export function admitSignature(call: IncomingCall, key: Key, clockMs: number): void {
  const signature = headerOf(call, 'x-bm-sign');
  const timestamp = headerOf(call, 'x-bm-timestamp');
  if (signature === '') throw new Refusal(401, 30004, 'Header X-BM-SIGN is empty');
  if (timestamp === '') throw new Refusal(401, 30006, 'Header X-BM-TIMESTAMP is empty');
  if (!/^\d+$/.test(timestamp)) throw new Refusal(401, 30006, 'Header X-BM-TIMESTAMP is not a number');
  if (Number(timestamp) >= clockMs + aheadMs || clockMs - Number(timestamp) > oldestMs) throw refusals.clock();
  if (!isSignatureRight(signature, key, { timestamp, body: call.body })) {
    throw new Refusal(401, 30005, 'Header X-BM-SIGN is wrong');
  }
}

/** The narrower look at the clock, which the request's own body asks for. */
export function admitReceiveWindow(call: IncomingCall, parameters: Parameters, clockMs: number): void {
  const windowMs = parameters.number('recvWindow') ?? defaultReceiveWindowMs;
  const isWindow = windowMs > 0 && windowMs <= oldestMs;
  const ageMs = clockMs - Number(headerOf(call, 'x-bm-timestamp'));
  if (!isWindow || ageMs > windowMs) throw refusals.clock();
}

const aheadMs = 1_000;
const oldestMs = 60_000;
const defaultReceiveWindowMs = 5_000;

function headerOf(call: IncomingCall, name: string): string {
  const value = call.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
