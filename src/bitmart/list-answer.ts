import type { ExchangeFailure } from '../history/failure.ts';
import { maxRows } from './clamps.ts';
import type { Answer, Asker, BitmartClient } from './client.ts';
import { ageSecondsOf, senseless } from './envelope.ts';
import { rowsAt, type SourceRow } from './rows.ts';
import type { BitmartRequest } from './transport.ts';

interface ListAnswer {
  readonly answer: Answer;
  readonly rows: readonly SourceRow[];
  /** The failure for an answer whose rows make no sense; the sentence is ours. */
  readonly no: (sentence: string) => ExchangeFailure;
}

/** How often a request is made whose answer has `null` or `{}` in place of a list: that is never an empty list. */
const triesForAList = 3;

/** Asks for an answer with a list. Throws ExchangeFailure if none has one, or one that is longer than we read. */
export async function listAnswer(
  client: BitmartClient,
  rowsPath: readonly string[],
  ask: () => Promise<Answer>,
): Promise<ListAnswer> {
  for (let tries = 1; ; tries++) {
    const answer = await ask();
    const { http, data } = answer;
    const no = (sentence: string) => senseless(http, sentence, answer.trace);
    const rows = rowsAt(http.text, rowsPath, { data });
    if (rows === null) {
      if (tries < triesForAList) continue;
      throw noList(answer);
    }
    if (rows.length <= maxRows) return { answer, rows, no };
    client.noteClamp('rows', http.endpoint);
    throw no(`it has more than ${maxRows} rows`);
  }
}

/** Asks for a current list that fits in one answer. Throws ExchangeFailure as above, and if it comes from a cache. */
export async function wholeList(
  { client, key, signal }: Asker,
  request: BitmartRequest,
  rowsPath: readonly string[],
): Promise<ListAnswer> {
  const list = await listAnswer(client, rowsPath, () => client.ask(request, key, signal));
  if (ageSecondsOf(list.answer.http) > 0) throw list.no('it comes from a cache');
  return list;
}

export function noList({ http, trace }: Answer): ExchangeFailure {
  return senseless(http, 'success, but no list', trace);
}
