import { ExchangeFailure, type FailureDetails, type FailureKind } from '../history/failure.ts';
import { walletRead } from './balances.ts';
import type { BitmartStream } from './bitmart-stream.ts';
import type { Asker } from './client.ts';
import { isEndpointGone } from './error-table.ts';
import { bitmartStreams } from './streams/index.ts';
import { spotTrades } from './streams/spot-trades.ts';
import type { BitmartRequest } from './transport.ts';

/**
 * Whether BitMart refuses a key that one endpoint has refused: BitMart uses 30011 also for "no permission", and in an outage
 * single answers are wrong. Throws ExchangeFailure where the other reads tell nothing of the key.
 */
export async function isRefusedElsewhere(asker: Asker): Promise<boolean> {
  const keyed = await asked(asker, walletRead);
  const known = await witnessOf({ keyed, signed: () => asked(asker, signedRead(asker.client.clockMs())) }, asker);
  if (showsKey(known)) return false;
  if (known?.kind === 'refused-key') return true;
  throw new ExchangeFailure(known as FailureDetails);
}

/**
 * What is known of a key: by the read of its wallet, or where that endpoint is away by those of the streams. As BitMart winds
 * down it withdraws endpoints, those of spot first, or lets their host fail, while others can still be read. Of the streams any
 * acceptance shows the key, because a refusal may concern its endpoint alone; only refusals by all that are there refuse it.
 */
export async function witnessOf(
  reads: { readonly keyed: FailureDetails | null; readonly signed: () => Promise<FailureDetails | null> },
  asker: Asker,
): Promise<FailureDetails | null> {
  if (!isAway(reads.keyed)) return reads.keyed;
  const signed = await reads.signed();
  if (!isAway(signed) && !mayConcernOneEndpoint(signed)) return signed;
  const others = readableStreams.filter(({ stream }) => stream !== spotTrades.stream);
  const clockMs = asker.client.clockMs();
  const failures = await Promise.all(others.map((bitmart) => asked(asker, smallestRead(bitmart, clockMs))));
  if (failures.some(showsKey)) return null;
  const answered = [reads.keyed, signed, ...failures].filter((failure) => !isEndpointGone(failure));
  return answered.find((failure) => failure?.kind !== 'refused-key') ?? answered[0] ?? signed;
}

/** Whether an endpoint tells nothing of any key: it is gone, or does not answer now. */
export function isAway(failure: FailureDetails | null): boolean {
  return failure?.kind === 'transient' || failure?.kind === 'maintenance' || isEndpointGone(failure);
}

export function asked({ client, key, signal }: Asker, request: BitmartRequest): Promise<FailureDetails | null> {
  return attempt(() => client.ask(request, key, signal), signal);
}

/** The failure of a read, or null when it succeeded. */
export async function attempt(look: () => Promise<unknown>, signal: AbortSignal): Promise<FailureDetails | null> {
  try {
    await look();
    return null;
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    signal.throwIfAborted();
    return error.details;
  }
}

/** Whether the key was accepted, whatever else was wrong with the request. */
export function showsKey(failure: FailureDetails | null): boolean {
  return failure === null || (saysNothingOfTheKey.has(failure.kind) && !isEndpointGone(failure));
}

const saysNothingOfTheKey: ReadonlySet<FailureKind> = new Set([
  'refused-stream',
  'not-opened',
  'beyond-reach',
  'unknown-symbol',
]);

/** A read that changes nothing and is signed; recent and of one row, so that it is the smallest there is. */
export function signedRead(clockMs: number): BitmartRequest {
  const bounds = { fromMs: clockMs - 3_600_000, toMs: clockMs };
  const request = spotTrades.request({ part: 'all', core: { from: bounds.fromMs, to: bounds.toMs } }, bounds);
  return { ...request, parameters: { ...request.parameters, limit: 1 } };
}

/** A minute of a stream, as recent as is settled. */
export function smallestRead(bitmart: BitmartStream, clockMs: number): BitmartRequest {
  const { stream } = bitmart;
  const toMs = Math.floor((clockMs - 60_000) / stream.unitMs) * stream.unitMs;
  const bounds = { fromMs: toMs - 60_000, toMs };
  return bitmart.request({ part: stream.parts[0] as string, core: { from: bounds.fromMs, to: bounds.toMs } }, bounds);
}

/** What needs more than reading says nothing of a key that reads. */
export const readableStreams = (bitmartStreams as readonly BitmartStream[]).filter(
  ({ stream }) => stream.right === undefined,
);

/**
 * Expired, frozen or bound to addresses is true of every endpoint or of none: said by one while the key is accepted by another,
 * it is that one's way of saying "no permission". Secret and memo alone are proved by no KEYED read.
 */
export function mayConcernOneEndpoint(failure: FailureDetails | null): boolean {
  return failure?.kind === 'refused-key' && failure.problem !== 'wrong-secret-or-memo';
}

/** A refusal of a key that works elsewhere, as what it is for the one stream that got it. */
export function ofOneStream(failure: FailureDetails): FailureDetails {
  if (failure.kind !== 'refused-key') return failure;
  const problem = failure.problem === 'account-restricted' ? failure.problem : 'no-permission';
  return { ...failure, kind: 'refused-stream', problem };
}
