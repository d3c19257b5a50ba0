import type { AccountFilter, AccountListing, Coverage, Status } from '../answers/index.ts';
import { type Abortable, abortable } from './abort.ts';
import { type Archive, type ArchiveOptions, archiveOf } from './archive/archive.ts';
import { type Change, type ChangesOptions, type ChangesPage, changesPage } from './changes.ts';
import { type Completeness, completenessOf } from './completeness.ts';
import { type AccountEvent, type EventPage, type EventsOptions, eventPage } from './events.ts';
import { type Export, type ExportOptions, exportOf } from './export.ts';
import { ownerIdIn } from './foreign-input.ts';
import type { Time } from './question.ts';
import type { RecordOf, StreamName } from './record-types.ts';
import { everyEntry, type RecordPage, type RecordsOptions, recordPage } from './records.ts';
import { coverageOf, statusOf } from './status.ts';
import { foundAccount, listingOf, type StoredAccount, type StoredAccounts } from './stored-accounts.ts';

/**
 * What is known of one owner's accounts, from Postgres alone: it can be read while Temporal and the workers are away. An
 * unknown account and another owner's fail alike, with `account-not-found`.
 */
export class OwnerHistory {
  readonly ownerId: string;
  protected readonly accounts: StoredAccounts;

  constructor(ownerId: string, accounts: StoredAccounts) {
    this.ownerId = ownerIdIn(ownerId);
    this.accounts = accounts;
  }

  list({ signal, ...filter }: AccountFilter & Abortable = {}): Promise<readonly AccountListing[]> {
    return abortable(signal, async () => (await this.accounts.list(this.ownerId, filter)).map(listingOf));
  }

  /** One account as listed. */
  async find(accountId: string, { signal }: Abortable = {}): Promise<StoredAccount> {
    return abortable(signal, () => foundAccount(this.accounts, this.ownerId, accountId));
  }

  /** How an account stands: problems, next sync, every stream. */
  async status(accountId: string, { signal }: Abortable = {}): Promise<Status> {
    const account = await this.find(accountId, { signal });
    return abortable(signal, () => statusOf(account, this.accounts));
  }

  /** What can be vouched for of every stream, and every gap with its reason; with the pages that prove it if asked for. */
  async coverage(
    accountId: string,
    { signal, evidence = false }: { readonly evidence?: boolean } & Abortable = {},
  ): Promise<Coverage> {
    const account = await this.find(accountId, { signal });
    return abortable(signal, () => coverageOf(account, this.accounts, evidence));
  }

  /** One page of a stream's records, oldest first. A platform that follows an account asks for its changes instead. */
  async records<Name extends StreamName>(
    accountId: string,
    stream: Name,
    options: RecordsOptions = {},
  ): Promise<RecordPage<RecordOf<Name>>> {
    await this.find(accountId, options);
    return recordPage(this.accounts, accountId, stream, options);
  }

  /** All records of a range, oldest first, page by page as they are asked for. */
  allRecords<Name extends StreamName>(
    accountId: string,
    stream: Name,
    options: RecordsOptions = {},
  ): AsyncIterableIterator<RecordOf<Name>> {
    return everyEntry(options.after, async (after) => {
      const { records, next } = await this.records(accountId, stream, { ...options, after });
      return { entries: records, next };
    });
  }

  /**
   * What was inserted, changed or corrected since a place, in the order in which it was stored: never a hole, never out of
   * order. Starting at 0 gives everything; `next` stands where to go on, also when nothing new is there yet.
   */
  async changes(accountId: string, options: ChangesOptions = {}): Promise<ChangesPage> {
    return changesPage(await this.find(accountId, options), this.accounts, options);
  }

  /** Every change that there is by now, page by page. */
  allChanges(accountId: string, options: ChangesOptions = {}): AsyncIterableIterator<Change> {
    return everyEntry(options.after || undefined, async (after) => {
      const { changes, next } = await this.changes(accountId, { ...options, after });
      return { entries: changes, next: changes.length > 0 ? next : null };
    });
  }

  /** Whether every record of a range is stored ("is my tax year complete?"): with the pages that prove it, or all that is in the way. */
  async completeness(
    accountId: string,
    stream: StreamName,
    from: Time,
    to: Time,
    { signal }: Abortable = {},
  ): Promise<Completeness> {
    const account = await this.find(accountId, { signal });
    return completenessOf(account, this.accounts, { stream, from, to, signal });
  }

  /** Whether every record of a range is stored; {@link completeness} also says why, or why not. */
  async isComplete(
    accountId: string,
    stream: StreamName,
    from: Time,
    to: Time,
    options: Abortable = {},
  ): Promise<boolean> {
    return (await this.completeness(accountId, stream, from, to, options)).complete;
  }

  /** What `exportRecords` gives, with its header as an object. */
  async export(accountId: string, stream: StreamName, options: ExportOptions = {}): Promise<Export> {
    const account = await this.find(accountId, options);
    return exportOf(account, this.accounts, { ...options, stream });
  }

  /** The records of a range as text, piece by piece: a header that says what can be vouched for, then every record. */
  async *exportRecords(
    accountId: string,
    stream: StreamName,
    options: ExportOptions = {},
  ): AsyncGenerator<string, void, undefined> {
    const { chunks } = await this.export(accountId, stream, options);
    for await (const { text } of chunks) yield text;
  }

  /**
   * Everything that is known of an account as one `.tar.gz`, which can be verified without this program: records, the
   * answers of the exchange that prove them, coverage, gaps, balances. All of it is of one instant.
   */
  archive(accountId: string, options: ArchiveOptions = {}): Archive {
    return archiveOf(this.accounts, { ...options, ownerId: this.ownerId, accountId });
  }

  /** What happened to this owner's accounts, in order. A new reader gets everything by leaving out `after`. */
  async events(options: EventsOptions = {}): Promise<EventPage> {
    if (options.accountId !== undefined) await this.find(options.accountId, options);
    return eventPage(this.accounts, this.ownerId, options);
  }

  /** Every event that there is by now. */
  allEvents(options: EventsOptions = {}): AsyncIterableIterator<AccountEvent> {
    return everyEntry(options.after, async (after) => {
      const { events, next, more } = await this.events({ ...options, after });
      return { entries: events, next: more ? next : null };
    });
  }
}
