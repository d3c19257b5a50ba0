import { type ChangePosition, keyLength, PositionAhead, readChanges, type StoredChange } from '../database/index.ts';
import type { Abortable } from './abort.ts';
import { AccountNotFound, ClientError } from './client-error.ts';
import { type Cursor, cursorOf, numberIn, ofCursor, positionIn, wrongCursor } from './cursor.ts';
import { limitOf } from './question.ts';
import type { RecordOf, StreamName } from './record-types.ts';
import type { StoredAccount, StoredAccounts } from './stored-accounts.ts';

export interface ChangesOptions extends Abortable {
  /** `next` of the previous page. Left out, null or 0: from the beginning. */
  readonly after?: Cursor;
  /** 1 to 1000. @default 500 */
  readonly limit?: number | null | undefined;
}

/**
 * One record in its latest form. A record that changed several times since the cursor is reported once. A reader that stores
 * each one under its `stream` and `key`, in order, has exactly what we have.
 */
export type Change = { readonly [Name in StreamName]: ChangeOf<Name> }[StreamName];

interface ChangeOf<Name extends StreamName> {
  readonly stream: Name;
  /** Identifies the record within its stream, in all its versions. */
  readonly key: string;
  /** `changed`: it is not the first version, even if this reader did not see an earlier one. */
  readonly kind: 'inserted' | 'changed';
  /** The number of the transaction that stored it, in order; 0 for records stored before numbers existed. */
  readonly revision: number;
  /** 1, 2, 3, … for one record. */
  readonly version: number;
  readonly record: RecordOf<Name>;
}

export interface ChangesPage {
  readonly changes: readonly Change[];
  /** Where to continue. It stays the same while nothing new is stored: ask again later. */
  readonly next: string;
  /** More can be read at once. */
  readonly more: boolean;
}

export async function changesPage(
  account: StoredAccount,
  accounts: StoredAccounts,
  options: ChangesOptions,
): Promise<ChangesPage> {
  const { accountId, createdAt } = account;
  // An account that was erased and linked again numbers its changes from the beginning, so its earlier cursors are not valid.
  const question = ['changes', accountId, createdAt.toISOString()];
  const limit = limitOf(options.limit);
  const position = positionIn(options.after, question, null);
  const after = position && changePosition(position, accounts);
  const page = await accounts
    .ask(readChanges, { accountId, streams: accounts.streams, after, limit })
    .catch(asClientError)
    .catch(ofCursor(position));
  if (page === null) throw new AccountNotFound(accountId);
  return { changes: page.changes.map(changeOf), next: cursorOf(question, textsOf(page.next)), more: page.more };
}

function changeOf({ stream, key, revision, version, record }: StoredChange): Change {
  const change = {
    stream: stream.name,
    key: JSON.stringify(key),
    kind: version === 1 ? 'inserted' : 'changed',
    revision,
    version,
    record,
  };
  // The types of the records are derived from the declarations that the query uses.
  return change as unknown as Change;
}

function changePosition(position: readonly string[], { streams }: StoredAccounts): ChangePosition {
  const [revision, name, ...key] = position;
  if (name === undefined) return { revision: numberIn(revision), record: null };
  const stream = streams.find((candidate) => candidate.name === name);
  if (stream === undefined || key.length !== keyLength(stream.table)) throw wrongCursor();
  return { revision: numberIn(revision), record: { stream: name, key } };
}

function textsOf({ revision, record }: ChangePosition): readonly string[] {
  return record === null ? [String(revision)] : [String(revision), record.stream, ...record.key];
}

function asClientError(error: unknown): never {
  if (!(error instanceof PositionAhead)) throw error;
  throw new ClientError(
    'wrong-cursor',
    '`after` lies ahead of everything that is stored: it is of another database, or this one was set back to an earlier state.',
    'Forget what was read and begin anew, without `after`.',
  );
}
