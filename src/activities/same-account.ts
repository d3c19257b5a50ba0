import { heldWithin, loadParts } from '../database/index.ts';
import { ExchangeFailure } from '../history/failure.ts';
import { horizonMs, unitOf } from '../history/horizon.ts';
import type { OpenKey, PartReference } from '../history/ports.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Whether a key reads another exchange account than the one that we hold, where the exchange names neither: the newest
 * row of a stream that is still within reach must be served again. Without any such row nothing can be mixed up.
 */
export async function servesAnotherAccount(
  { database, exchange }: Dependencies,
  accountId: string,
  key: OpenKey,
  signal: AbortSignal,
): Promise<'same' | 'another' | 'untold'> {
  const reader = exchange.open(key);
  let verdict: 'same' | 'untold' = 'same';
  for (const { stream: name, part, state } of await loadParts(database, accountId)) {
    const stream = exchange.streams.find((candidate) => candidate.name === name);
    const newestMs = state.newestRowMs;
    if (!stream || newestMs === null || newestMs < horizonMs(stream, exchange.clockMs())) continue;
    const reference: PartReference = { accountId, stream, part };
    const unit = unitOf(newestMs, stream.unitMs);
    try {
      const page = await reader.ask(stream, { part, core: unit }, signal);
      const served = new Set(page.rows.map((row) => (row.kind === 'row' ? row.key : '')));
      const held = await heldWithin(database, reference, unit);
      return held.some((rowKey) => served.has(rowKey)) ? 'same' : 'another';
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      // This stream can't tell; another one may.
      verdict = 'untold';
    }
  }
  return verdict;
}
