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
  let [answer, rows] = await asked();
  for (let tries = 1; rows === null && tries < triesForAList; tries++) [answer, rows] = await asked();
  const { http, trace } = answer;
  const no = (sentence: string) => senseless(http, request.endpoint, sentence, trace);
  if (rows === null) throw no('success, but no list');
  if (rows.length > maxRows) throw no(`it has more than ${maxRows} rows`);
  if (ageSecondsOf(http) > 0) throw no('it comes from a cache');
  return { rows, no };

  async function asked() {
    const found = await client.ask(request, key, signal);
    return [found, rowsAt(found.http.text, rowsPath, { data: found.data })] as const;
  }
}

/** How often a request is made whose answer has `null` or `{}` in place of a list. */
export const triesForAList = 3;
