import type { ExchangeFailure } from '../history/failure.ts';
import type { OpenKey } from '../history/ports.ts';
import { maxRows } from './clamps.ts';
import type { BitmartClient } from './client.ts';
import { ageSecondsOf, senseless } from './envelope.ts';
import { rowsAt, type SourceRow } from './rows.ts';
import type { BitmartRequest } from './transport.ts';

export interface WholeList {
  readonly rows: readonly SourceRow[];
  /** The failure for an answer whose rows make no sense; the sentence is ours. */
  readonly no: (sentence: string) => ExchangeFailure;
}

/**
 * Asks for a current list that fits in one answer. Throws ExchangeFailure if there is no list, if it is longer than we read, or
 * if it comes from a cache.
 */
export async function wholeList(
  client: BitmartClient,
  request: BitmartRequest,
  rowsPath: readonly string[],
  { key, signal }: { readonly key: OpenKey; readonly signal: AbortSignal },
): Promise<WholeList> {
  const { http, trace, data } = await client.ask(request, key, signal);
  const no = (sentence: string) => senseless(http, request.endpoint, sentence, trace);
  const rows = rowsAt(http.text, rowsPath, { data });
  if (rows === null) throw no('success, but no list');
  if (rows.length > maxRows) throw no(`it has more than ${maxRows} rows`);
  if (ageSecondsOf(http) > 0) throw no('it comes from a cache');
  return { rows, no };
}
