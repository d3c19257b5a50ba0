import type { BitmartStream } from '../../src/bitmart/bitmart-stream.ts';
import { bitmartStreams } from '../../src/bitmart/streams/index.ts';
import type { Stream } from '../../src/history/stream.ts';
import type { PlannedStream } from './plan.ts';

/** Where the simulated history begins: before it there is nothing to be served. */
export const originMs = Date.UTC(2024, 5, 1);

/** BitMart's own streams with small caps, so that a few hundred records fill many pages. */
export function adaptersOf(planned: readonly PlannedStream[]): ReadonlyMap<string, BitmartStream> {
  return new Map(planned.map((stream) => [stream.name, adapterOf(stream)]));
}

function adapterOf({ name, cap }: PlannedStream): BitmartStream {
  const adapter = bitmartStreams.find(({ stream }) => stream.name === name);
  if (!adapter) throw new Error(`BitMart has no stream "${name}".`);
  const { stream } = adapter;
  // Walking back over nine years finds nothing that one does not.
  return { ...adapter, stream: { ...stream, parts: partsOf(name), cap, originMs } };
}

/** The pairs that an account was found to have borrowed on, when it was linked. */
export const pairs = ['BTC_USDT', 'ETH_USDT'] as const;

/** One stream's declaration with a small cap, without an exchange behind it. */
export function simulatedStream(shape: 'spot' | 'futures' | 'movements', cap: number): Stream {
  const name = ({ spot: 'spot-trades', futures: 'futures-trades', movements: 'withdrawals' } as const)[shape];
  return adapterOf({ name, cap, servedCap: cap }).stream;
}

/** Read once a day, whatever happens. */
export function isRare(name: string): boolean {
  const rare: readonly string[] = ['transfers', 'earn-records', 'margin-loans', 'sub-account-transfers'];
  return rare.includes(name);
}

/** Served as one list of the newest records, without bounds and without ids. */
export function isList(name: string): boolean {
  return name === 'sub-account-transfers';
}

/** No answer of BitMart was ever seen: one that makes no sense may be its way to refuse. */
export function isUnseen(name: string): boolean {
  return name === 'earn-records' || name === 'margin-loans';
}

export function partsOf(name: string): readonly string[] {
  const parts = bitmartStreams.find(({ stream }) => stream.name === name)?.stream.parts ?? [];
  return name === 'margin-loans' ? parts.flatMap((kind) => pairs.map((pair) => `${kind}-${pair}`)) : parts;
}

/** What all of a part's records are of, where a part is of one pair alone; otherwise null. */
export function pairOf({ stream, part }: { readonly stream: string; readonly part: string }): string | null {
  return stream === 'margin-loans' ? part.slice(part.indexOf('-') + 1) : null;
}
