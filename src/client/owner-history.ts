import type { AccountListing, Coverage, Status } from '../answers/index.ts';
import type { Reconciliation } from '../answers/reconciliation.ts';
import { offerAgain } from '../database/index.ts';
import { type Abortable, abortable } from './abort.ts';
import { type Archive, type ArchiveOptions, archiveOf } from './archive/archive.ts';
import { type Change, type ChangesOptions, type ChangesPage, changesPage } from './changes.ts';
import { type Completeness, completenessOf } from './completeness.ts';
import type { Cursor } from './cursor.ts';
import { type AccountEvent, type EventPage, type EventsOptions, eventPage } from './events.ts';
import { type Export, type ExportOptions, exportOf } from './export.ts';
import { ownerIdIn } from './foreign-input.ts';
import { optionsIn } from './options.ts';
import { type AccountFilter, instantOf, storedFilter, type Time } from './question.ts';
import { reconciliationOf } from './reconciliation.ts';
import type { RecordOf, StreamName } from './record-types.ts';
import { everyPage, type RecordPage, type RecordsOptions, recordPage } from './records.ts';
import { coverageOf, statusOf } from './status.ts';
import { foundAccount, listingOf, type StoredAccount, type StoredAccounts } from './stored-accounts.ts';

export interface ReplayOptions extends Abortable {
  /** Only of this account. @default all accounts of the owner */
  readonly accountId?: string | null | undefined;
}

export interface CoverageOptions extends Abortable {
  /** With the pages that prove it. @default false */
  readonly evidence?: boolean | undefined;
}

/**
 * Reads about one owner's accounts, from Postgres alone, so they work while Temporal and the workers are down. An unknown
 * account and another owner's account fail alike, with `account-not-found`.
 */
export class OwnerHistory {
  readonly ownerId: string;
  protected readonly accounts: StoredAccounts;

  constructor(ownerId: string, accounts: StoredAccounts) {
    this.ownerId = ownerIdIn(ownerId);
    this.accounts = accounts;
  }

  /**
   * The owner's accounts, unlinked ones included.
   *
   * @example
   * const accounts = await owner.list();
   * const working = await owner.list({ status: ['backfilling', 'live'] });
   */
  async list(options: AccountFilter & Abortable = {}): Promise<readonly AccountListing[]> {
    const { signal, ...filter } = optionsIn('list', options);
    const stored = storedFilter(filter);
    return abortable(signal, async () => (await this.accounts.list(this.ownerId, stored)).map(listingOf));
  }

  /**
   * One account, as `list` returns it.
   *
   * @example
   * const { label, status } = await owner.find(accountId);
   */
  async find(accountId: string, options: Abortable = {}): Promise<StoredAccount> {
    return this.account(accountId, optionsIn('call', options));
  }

  /**
   * The state of an account: its problems, its next sync, every stream.
   *
   * @example
   * const { status, problems, nextSyncAt } = await owner.status(accountId);
   * for (const { message, remedy } of problems) show(message, remedy);
   */
  async status(accountId: string, options: Abortable = {}): Promise<Status> {
    return this.about(accountId, optionsIn('call', options), (account) => statusOf(account, this.accounts));
  }

  /**
   * The covered ranges of each stream and every gap with its reason. `evidence: true` adds the pages that prove them.
   *
   * @example
   * const { streams } = await owner.coverage(accountId);
   * for (const { stream, gaps } of streams) {
   *   for (const { from, to, reason } of gaps) show(stream, from, to, reason);
   * }
   */
  async coverage(accountId: string, options: CoverageOptions = {}): Promise<Coverage> {
    const asked = optionsIn('coverage', options);
    return this.about(accountId, asked, (account) => coverageOf(account, this.accounts, asked.evidence ?? false));
  }

  /**
   * Whether balances and stored records agree, asset by asset: a witness that is independent of coverage. It compares BitMart's
   * own balances before and after a sync, once a day, with what the stored records moved between them.
   *
   * @example
   * const { assets } = await owner.reconcile(accountId);
   * const unexplained = assets.filter(({ verdict }) => verdict === 'unexplained');
   */
  async reconcile(accountId: string, options: Abortable = {}): Promise<Reconciliation> {
    return this.about(accountId, optionsIn('call', options), (account) => reconciliationOf(account, this.accounts));
  }

  /**
   * One page of a stream's records, oldest first. To follow an account, use {@link changes} instead.
   *
   * @example
   * const { records, next, more } = await owner.records(accountId, 'spot-trades', { after, limit: 100 });
   */
  async records<Name extends StreamName>(
    accountId: string,
    stream: Name,
    options: RecordsOptions = {},
  ): Promise<RecordPage<RecordOf<Name>>> {
    const asked = optionsIn('records', options);
    await this.account(accountId, asked);
    return recordPage(this.accounts, accountId, stream, asked);
  }

  /**
   * All records of a range, oldest first. Pages are read as needed.
   *
   * @example
   * for await (const deposit of owner.allRecords(accountId, 'deposits', { from: '2026-01-01' })) add(deposit);
   */
  async *allRecords<Name extends StreamName>(
    accountId: string,
    stream: Name,
    options: RecordsOptions = {},
  ): AsyncGenerator<RecordOf<Name>, void, undefined> {
    const asked = optionsIn('records', options);
    const page = (after: Cursor) => this.records(accountId, stream, { ...asked, after });
    for await (const { records } of everyPage(asked.after, page)) yield* records;
  }

  /**
   * Every record that was inserted, changed or corrected since a cursor, in the order in which it was stored, without
   * omissions. Without `after` it begins at the beginning. `next` is where to continue, even when there is nothing new yet.
   *
   * @example
   * const { changes, next, more } = await owner.changes(accountId, { after: cursor });
   * for (const { stream, key, kind, record } of changes) store(stream, key, record);
   */
  async changes(accountId: string, options: ChangesOptions = {}): Promise<ChangesPage> {
    const asked = optionsIn('changes', options);
    return this.about(accountId, asked, (account) => changesPage(account, this.accounts, asked));
  }

  /**
   * Every change that has been stored so far. Pages are read as needed.
   *
   * @example
   * for await (const { stream, key, record } of owner.allChanges(accountId)) store(stream, key, record);
   */
  async *allChanges(accountId: string, options: ChangesOptions = {}): AsyncGenerator<Change, void, undefined> {
    const asked = optionsIn('changes', options);
    const page = (after: Cursor) => this.changes(accountId, { ...asked, after });
    for await (const { changes } of everyPage(asked.after, page)) yield* changes;
  }

  /**
   * Whether every record of a range is stored ("is my tax year complete?"), with the pages that prove it, or with every gap and what
   * can be done about it. `all` means every stream that the key can read; `unreadable` names the streams that it leaves out.
   *
   * @example
   * const year = await owner.completeness(accountId, 'all', '2026-01-01', '2027-01-01');
   * if (!year.complete) for (const { stream, from, to, remedy } of year.gaps) show(stream, from, to, remedy);
   */
  async completeness(
    accountId: string,
    stream: StreamName | 'all',
    from: Time,
    to: Time,
    options: Abortable = {},
  ): Promise<Completeness> {
    return this.about(accountId, optionsIn('call', options), (account) =>
      completenessOf(account, this.accounts, { stream, from, to }),
    );
  }

  /**
   * Whether every record of a range is stored. {@link completeness} also says why, or why not.
   *
   * @example
   * if (await owner.isComplete(accountId, 'spot-trades', '2026-01-01', '2027-01-01')) file();
   */
  async isComplete(
    accountId: string,
    stream: StreamName | 'all',
    from: Time,
    to: Time,
    options: Abortable = {},
  ): Promise<boolean> {
    return (await this.completeness(accountId, stream, from, to, options)).complete;
  }

  /**
   * The same as {@link exportRecords}, with its header as an object.
   *
   * @example
   * const { header, chunks } = await owner.export(accountId, 'deposits', { format: 'csv' });
   * if (!header.complete) warn(header.gaps);
   * for await (const { text } of chunks) add(text);
   */
  async export(accountId: string, stream: StreamName, options: ExportOptions = {}): Promise<Export> {
    const asked = optionsIn('export', options);
    return exportOf(await this.account(accountId, asked), this.accounts, { ...asked, stream });
  }

  /**
   * The records of a range as text: a header that says what of the range is covered, then every record.
   *
   * @example
   * import { writeFile } from 'node:fs/promises';
   *
   * await writeFile('spot-trades.ndjson', owner.exportRecords(accountId, 'spot-trades'));
   */
  async *exportRecords(
    accountId: string,
    stream: StreamName,
    options: ExportOptions = {},
  ): AsyncGenerator<string, void, undefined> {
    const { chunks } = await this.export(accountId, stream, options);
    for await (const { text } of chunks) yield text;
  }

  /**
   * Everything that is stored of an account as one `.tar.gz` that can be verified without this program: records, the exchange's
   * responses that prove them, coverage, gaps and balances. All of it is of one instant.
   *
   * @example
   * import { writeFile } from 'node:fs/promises';
   *
   * const archive = owner.archive(accountId);
   * await writeFile('alice.tar.gz', archive);
   * store(archive.summary()?.manifestSha256);
   */
  archive(accountId: string, options: ArchiveOptions = {}): Archive {
    return archiveOf(this.accounts, { ...optionsIn('archive', options), ownerId: this.ownerId, accountId });
  }

  /**
   * What happened to this owner's accounts, in order. Without `after` it begins at the first event.
   *
   * @example
   * const { events, next, more } = await owner.events({ after });
   * for (const { kind, accountId, at } of events) show(kind, accountId, at);
   */
  async events(options: EventsOptions = {}): Promise<EventPage> {
    const asked = optionsIn('events', options);
    const { accountId } = asked;
    if (accountId !== undefined && accountId !== null) await this.account(accountId, asked);
    return eventPage(this.accounts, this.ownerId, asked);
  }

  /**
   * Every event that has been stored so far. Pages are read as needed.
   *
   * @example
   * for await (const { kind, accountId, at } of owner.allEvents()) show(kind, accountId, at);
   */
  async *allEvents(options: EventsOptions = {}): AsyncGenerator<AccountEvent, void, undefined> {
    const asked = optionsIn('events', options);
    const page = (after: Cursor) => this.events({ ...asked, after });
    for await (const { events } of everyPage(asked.after, page)) yield* events;
  }

  /**
   * Makes the worker post this owner's events since an instant again, in order, up to seven days back: for a platform that lost
   * what it received. Each event keeps its `webhook-id`. The answer is the number of events.
   *
   * @example
   * const yesterday = new Date(Date.now() - 86_400_000);
   * const repeated = await owner.replayWebhooks(yesterday);
   */
  async replayWebhooks(since: Time, options: ReplayOptions = {}): Promise<number> {
    const { signal, accountId = null } = optionsIn('replayWebhooks', options);
    const from = new Date(instantOf(since, 'since'));
    if (accountId !== null) await this.account(accountId, { signal });
    const { ownerId } = this;
    return abortable(signal, () => this.accounts.ask(offerAgain, { ownerId, accountId, since: from }));
  }

  /** This owner's account. Throws AccountNotFound for another owner's, and for an id that does not exist or can't be one. */
  protected async account(accountId: string, { signal }: Abortable): Promise<StoredAccount> {
    return abortable(signal, () => foundAccount(this.accounts, this.ownerId, accountId));
  }

  /** What `answer` makes of this owner’s account. */
  protected async about<Answer>(
    accountId: string,
    { signal }: Abortable,
    answer: (account: StoredAccount) => Promise<Answer>,
  ): Promise<Answer> {
    const account = await this.account(accountId, { signal });
    return abortable(signal, () => answer(account));
  }
}
