import { positionLength, positionOf, readRecords, type StoredRow } from '../database/index.ts';
import { type Abortable, abortable } from './abort.ts';
import { type Cursor, cursorOf, ofCursor, positionIn } from './cursor.ts';
import { limitOf, rangeOf, streamNamed, type TimeRange } from './question.ts';
import type { RecordOf, StreamName } from './record-types.ts';
import type { StoredAccounts } from './stored-accounts.ts';

export interface RecordsOptions extends TimeRange, Abortable {
  /** `next` of the previous page. Left out, null or 0: from the beginning. */
  readonly after?: Cursor;
  /** 1 to 1000. @default 500 */
  readonly limit?: number | null | undefined;
}

export interface RecordPage<Row> {
  readonly records: readonly Row[];
  /** Where the next page begins; null on the last page. */
  readonly next: string | null;
  /** There is another page. */
  readonly more: boolean;
}

/**
 * One page of a stream's records, oldest first. Records that are stored meanwhile neither shift nor duplicate what follows;
 * those that belong before the cursor are reported only by `changes`.
 */
export async function recordPage<Name extends StreamName>(
  accounts: StoredAccounts,
  accountId: string,
  name: Name,
  options: RecordsOptions,
): Promise<RecordPage<RecordOf<Name>>> {
  const stream = streamNamed(accounts.streams, name);
  const range = rangeOf(options);
  const limit = limitOf(options.limit);
  const question = ['records', accountId, stream.name, String(range.from), String(range.to)];
  const { table } = stream;
  const after = positionIn(options.after, question, positionLength(table));
  const rows = await abortable(options.signal, () =>
    // One more than requested, to see whether there is a next page.
    accounts.ask(readRecords, { accountId, stream, range, after, limit: limit + 1 }),
  ).catch(ofCursor(after));
  const records = rows.slice(0, limit);
  const last = records.at(-1);
  const next = rows.length > limit && last ? cursorOf(question, positionOf(table, last)) : null;
  return { records: records as readonly StoredRow[] as readonly RecordOf<Name>[], next, more: next !== null };
}

/** The pages of a list, one after another, from a cursor to the end. */
export async function* everyPage<Page extends { readonly next: string | null; readonly more: boolean }>(
  from: Cursor,
  read: (after: Cursor) => Promise<Page>,
): AsyncGenerator<Page, void, undefined> {
  let after = from;
  for (let isMore = true; isMore; ) {
    const page = await read(after);
    yield page;
    after = page.next;
    isMore = page.more;
  }
}
