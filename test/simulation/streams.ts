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
  return { ...adapter, stream: { ...stream, cap, originMs } };
}

/** One stream's declaration with a small cap, without an exchange behind it. */
export function simulatedStream(shape: 'spot' | 'futures' | 'movements', cap: number): Stream {
  const name = ({ spot: 'spot-trades', futures: 'futures-trades', movements: 'withdrawals' } as const)[shape];
  return adapterOf({ name, cap, servedCap: cap }).stream;
}

/** Read once a day, whatever happens. */
export function isRare(name: string): boolean {
  const rare: readonly string[] = ['transfers', 'earn-records'];
  return rare.includes(name);
}

export function partsOf(name: string): readonly string[] {
  return bitmartStreams.find(({ stream }) => stream.name === name)?.stream.parts ?? [];
}
