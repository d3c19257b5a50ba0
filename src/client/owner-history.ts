import type { AccountListing, Coverage, Status } from '../answers/index.ts';
import type { Reconciliation } from '../answers/reconciliation.ts';
import { offerAgain } from '../database/index.ts';
import { type Abortable, abortable } from './abort.ts';
import { type AccountFilter, storedFilter } from './account-filter.ts';
import { type Archive, type ArchiveOptions, archiveOf } from './archive/archive.ts';
import { type Change, type ChangesOptions, type ChangesPage, changesPage } from './changes.ts';
import { type Completeness, completenessOf } from './completeness.ts';
import { type AccountEvent, type EventPage, type EventsOptions, eventPage } from './events.ts';
import { type Export, type ExportOptions, exportOf } from './export.ts';
import { ownerIdIn } from './foreign-input.ts';
import { optionsIn } from './options.ts';
import { instantOf, type Time } from './question.ts';
import { reconciliationOf } from './reconciliation.ts';
import type { RecordOf, StreamName } from './record-types.ts';
import { everyEntry, type RecordPage, type RecordsOptions, recordPage } from './records.ts';
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

  /** The accounts of this owner, unlinked ones too. */
  async list(options: AccountFilter & Abortable = {}): Promise<readonly AccountListing[]> {
    const { signal, ...filter } = optionsIn('list', options);
    const stored = storedFilter(filter);
    return abortable(signal, async () => (await this.accounts.list(this.ownerId, stored)).map(listingOf));
  }

  /** One account as listed. */
  async find(accountId: string, options: Abortable = {}): Promise<StoredAccount> {
    return this.account(accountId, optionsIn('call', options));
  }

  /** How an account stands: problems, next sync, every stream. */
  async status(accountId: string, options: Abortable = {}): Promise<Status> {
    const { signal } = optionsIn('call', options);
    const account = await this.account(accountId, { signal });
    return abortable(signal, () => statusOf(account, this.accounts));
  }

  /** What can be vouched for of every stream, and every gap with its reason; with the pages that prove it if asked for. */
  async coverage(accountId: string, options: CoverageOptions = {}): Promise<Coverage> {
    const { signal, evidence = false } = optionsIn('coverage', options);
    const account = await this.account(accountId, { signal });
    return abortable(signal, () => coverageOf(account, this.accounts, evidence));
  }

  /**
   * Whether balances and stored records agree, coin by coin: a witness that is independent of coverage. The exchange's own
   * balances before and after a sync a day are compared with what records moved between them.
   */
  async reconcile(accountId: string, options: Abortable = {}): Promise<Reconciliation> {
    const { signal } = optionsIn('call', options);
    const account = await this.account(accountId, { signal });
    return abortable(signal, () => reconciliationOf(account, this.accounts));
  }

  /** One page of a stream's records, oldest first. A platform that follows an account asks for its changes instead. */
  async records<Name extends StreamName>(
    accountId: string,
    stream: Name,
    options: RecordsOptions = {},
  ): Promise<RecordPage<RecordOf<Name>>> {
    const asked = optionsIn('records', options);
    await this.account(accountId, asked);
    return recordPage(this.accounts, accountId, stream, asked);
  }

  /** All records of a range, oldest first, page by page as they are asked for. */
  async *allRecords<Name extends StreamName>(
    accountId: string,
    stream: Name,
    options: RecordsOptions = {},
  ): AsyncGenerator<RecordOf<Name>, void, undefined> {
    const asked = optionsIn('records', options);
    yield* everyEntry(asked.after, async (after) => {
      const { records: entries, ...place } = await this.records(accountId, stream, { ...asked, after });
      return { entries, ...place };
    });
  }

  /**
   * What was inserted, changed or corrected since a place, in the order in which it was stored: never a hole, never out of
   * order. Without `after` it gives everything; `next` stands where to go on, also when nothing new is there yet.
   */
  async changes(accountId: string, options: ChangesOptions = {}): Promise<ChangesPage> {
    const asked = optionsIn('changes', options);
    return changesPage(await this.account(accountId, asked), this.accounts, asked);
  }

  /** Every change that there is by now, page by page. */
  async *allChanges(accountId: string, options: ChangesOptions = {}): AsyncGenerator<Change, void, undefined> {
    const asked = optionsIn('changes', options);
    yield* everyEntry(asked.after, async (after) => {
      const { changes: entries, ...place } = await this.changes(accountId, { ...asked, after });
      return { entries, ...place };
    });
  }

  /**
   * Whether every record of a range is stored ("is my tax year complete?"): with the pages that prove it, or all that is in the
   * way. `all` asks for every stream that the key can read; `unreadable` names those that this leaves out.
   */
  async completeness(
    accountId: string,
    stream: StreamName | 'all',
    from: Time,
    to: Time,
    options: Abortable = {},
  ): Promise<Completeness> {
    const { signal } = optionsIn('call', options);
    const account = await this.account(accountId, { signal });
    return completenessOf(account, this.accounts, { stream, from, to, signal });
  }

  /** Whether every record of a range is stored; {@link completeness} also says why, or why not. */
  async isComplete(
    accountId: string,
    stream: StreamName | 'all',
    from: Time,
    to: Time,
    options: Abortable = {},
  ): Promise<boolean> {
    return (await this.completeness(accountId, stream, from, to, options)).complete;
  }

  /** What `exportRecords` gives, with its header as an object. */
  async export(accountId: string, stream: StreamName, options: ExportOptions = {}): Promise<Export> {
    const asked = optionsIn('export', options);
    return exportOf(await this.account(accountId, asked), this.accounts, { ...asked, stream });
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
    return archiveOf(this.accounts, { ...optionsIn('archive', options), ownerId: this.ownerId, accountId });
  }

  /** What happened to this owner's accounts, in order. A new reader gets everything by leaving out `after`. */
  async events(options: EventsOptions = {}): Promise<EventPage> {
    const asked = optionsIn('events', options);
    const { accountId } = asked;
    if (accountId !== undefined && accountId !== null) await this.account(accountId, asked);
    return eventPage(this.accounts, this.ownerId, asked);
  }

  /** Every event that there is by now. */
  async *allEvents(options: EventsOptions = {}): AsyncGenerator<AccountEvent, void, undefined> {
    const asked = optionsIn('events', options);
    yield* everyEntry(asked.after, async (after) => {
      const { events: entries, ...place } = await this.events({ ...asked, after });
      return { entries, ...place };
    });
  }

  /**
   * Has the worker post this owner's events since an instant once more, in order, up to seven days back: for a platform that
   * lost what it had received. Each keeps its `webhook-id`. Answers with how many.
   */
  async replayWebhooks(since: Time, options: ReplayOptions = {}): Promise<number> {
    const { signal, accountId = null } = optionsIn('replayWebhooks', options);
    const from = new Date(instantOf(since, 'since'));
    if (accountId !== null) await this.account(accountId, { signal });
    const { ownerId } = this;
    return abortable(signal, () => this.accounts.ask(offerAgain, { ownerId, accountId, since: from }));
  }

  /** This owner's account; AccountNotFound for another owner's, an id that does not exist, and what can be no id. */
  protected async account(accountId: string, { signal }: Abortable): Promise<StoredAccount> {
    return abortable(signal, () => foundAccount(this.accounts, this.ownerId, accountId));
  }
}
