import type { UpdateDefinition } from '@temporalio/common';
import { knownTimetable } from '../bitmart/timetable.ts';
import type { Timetable } from '../history/timetable.ts';
import type { Abortable } from './abort.ts';
import type { AccountFilter, AccountListing, Coverage, KeyCheck, LinkResult, Status } from './answers.ts';
import { type Change, type ChangesOptions, type ChangesPage, changesPage } from './changes.ts';
import { AccountNotFound, ClientError } from './client-error.ts';
import { type Completeness, completenessOf } from './completeness.ts';

import { type AccountEvent, type EventPage, type EventsOptions, eventPage } from './events.ts';
import { type Explanation, explain } from './explanation/explanation.ts';
import { workflowSight } from './explanation/workflow-sight.ts';
import { type Export, type ExportOptions, exportOf } from './export.ts';

import type { FleetAction, FleetOptions, FleetReport, FleetResult } from './fleet.ts';
import { checkKey, type KeyDesk, linkKey, rotateKey } from './link.ts';
import type { Time } from './question.ts';
import type { RecordOf, StreamName } from './record-types.ts';
import { everyEntry, type RecordPage, type RecordsOptions, recordPage } from './records.ts';
import { type Report, type ReportOptions, reportContext, reportOfAccount, reportOfFleet } from './report/report.ts';
import { coverageOf, statusOf } from './status.ts';
import { type StoredAccount, StoredAccounts } from './stored-accounts.ts';
import { type SyncOptions, syncNow } from './sync.ts';
import type { AccountWorkflows, TemporalOptions } from './temporal.ts';
import { type WaitOptions, waitUntil } from './wait.ts';

export interface ClientOptions {
  /** Postgres, as a URL. */
  readonly databaseUrl: string;
  /** @default `bitmart_sync` */
  readonly databaseSchema?: string;
  /** @default localhost:7233, namespace `default` */
  readonly temporal?: TemporalOptions;
  /** @default `bitmart-sync` */
  readonly taskQueue?: string;
  /** Seals keys so that only the worker can open them. Needed to link, check and rotate; never the private key. */
  readonly publicKey?: string;
  /** When the exchange ends its platform, as the worker is told by BITMART_TIMETABLE; null when it has no end. @default 2027-01-31 15:59 UTC */
  readonly platformEndMs?: number | null;
  /** All of what BITMART_TIMETABLE tells the worker, where it is not the known one; null when the exchange has no end. */
  readonly timetable?: Timetable | null;
}

/**
 * Connects to Postgres and Temporal when they are first needed.
 *
 * ```ts
 * const client = createClient({ databaseUrl, publicKey, temporal: { address: 'temporal:7233' } });
 * const link = await client.forOwner(user.id).link({ apiKey, apiSecret, memo }, { label: 'My BitMart' });
 * if (link.outcome === 'refused') show(link.problems);
 * await client.close();
 * ```
 */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

const defaultTaskQueue = 'bitmart-sync';
const defaultSchema = 'bitmart_sync';

const messageTimeoutMs = 20_000;

/** The way in for a platform. Whatever concerns an account hangs on its owner: {@link Client.forOwner}. */
export class Client {
  readonly #desk: KeyDesk;
  readonly #timetable: Timetable | null;

  constructor(options: ClientOptions) {
    this.#desk = {
      accounts: new StoredAccounts(options.databaseUrl, options.databaseSchema ?? defaultSchema),
      workflows: lazyWorkflows(options.temporal ?? {}, options.taskQueue ?? defaultTaskQueue),
      publicKey: options.publicKey ?? null,
    };
    this.#timetable = timetableOf(options);
  }

  /** Everything of one user of the platform, and nothing of anybody else. */
  forOwner(ownerId: string): OwnerClient {
    return new OwnerClient(ownerId, this.#desk, this.#timetable);
  }

  /** The accounts of every owner, for whoever operates the platform: never show this to a user. */
  listEveryOwner(filter: AccountFilter = {}): Promise<readonly AccountListing[]> {
    return this.#desk.accounts.listEveryOwner(filter);
  }

  /** One HTML page about the accounts of every owner, for whoever operates the platform. */
  async reportEveryOwner(options: ReportOptions = {}): Promise<Report> {
    return reportOfFleet(null, reportContext(this.#desk, this.#timetable, options));
  }

  /** Tells many accounts the same, throttled; for whoever operates the platform. */
  async steerFleet(action: FleetAction, options: FleetOptions): Promise<FleetResult> {
    const { steerFleet } = await import('./fleet.ts');
    return steerFleet(this, action, options);
  }

  /** What the Schedules that look after all accounts found last. */
  fleetReports(): Promise<readonly FleetReport[]> {
    return this.#desk.accounts.fleetReports();
  }

  /** Looks at a key the way linking does, and links nothing. */
  check(credentials: unknown, options: { readonly subAccount?: string | null } = {}): Promise<KeyCheck> {
    return checkKey(this.#desk, { ownerId: null, credentials, subAccount: options.subAccount ?? null });
  }

  /** Creates or updates the tables; answers with the names of the migrations that ran. */
  migrate(): Promise<{ readonly schema: string; readonly applied: readonly string[] }> {
    return this.#desk.accounts.migrate();
  }

  async close(): Promise<void> {
    const workflows = await this.#desk.workflows.opened();
    await Promise.all([this.#desk.accounts.close(), workflows?.close()]);
  }
}

export interface LinkOptions {
  /** What the user calls the account. Never part of its identity. */
  readonly label?: string | null;
  /** Name of the sub-account that the key is of. */
  readonly subAccount?: string | null;
  /** False returns as soon as the key is stored. @default true */
  readonly wait?: boolean;
}

/** One owner's accounts. An unknown account and another owner's fail alike, with {@link AccountNotFound}. */
export class OwnerClient {
  readonly ownerId: string;
  readonly #desk: KeyDesk;
  readonly #timetable: Timetable | null;
  readonly #platformEndMs: number | null;

  constructor(ownerId: string, desk: KeyDesk, timetable: Timetable | null) {
    if (ownerId.trim() === '' || ownerId.length > ownerIdLengthMax) {
      throw new ClientError('wrong-usage', `An owner id is a text of 1 to ${ownerIdLengthMax} characters.`);
    }
    this.ownerId = ownerId;
    this.#desk = desk;
    this.#timetable = timetable;
    this.#platformEndMs = timetable?.platformEndMs ?? null;
  }

  /** Links a key, and answers within 30 seconds whether the exchange accepts it. */
  link(credentials: unknown, options: LinkOptions = {}): Promise<LinkResult> {
    return linkKey(this.#desk, {
      ownerId: this.ownerId,
      credentials,
      label: options.label ?? null,
      subAccount: options.subAccount ?? null,
      wait: options.wait ?? true,
    });
  }

  /** Looks at a key the way linking does, links nothing, and tells whether this owner has it linked already. */
  check(credentials: unknown, options: { readonly subAccount?: string | null } = {}): Promise<KeyCheck> {
    return checkKey(this.#desk, { ownerId: this.ownerId, credentials, subAccount: options.subAccount ?? null });
  }

  /** Replaces the key of a linked account; the present one works until the new one is accepted. */
  async rotate(accountId: string, credentials: unknown): Promise<LinkResult> {
    return rotateKey(this.#desk, { account: await this.find(accountId), credentials });
  }

  list(filter: AccountFilter = {}): Promise<readonly AccountListing[]> {
    return this.#desk.accounts.list(this.ownerId, filter);
  }

  /** One account as listed. */
  async find(accountId: string): Promise<StoredAccount> {
    const account = await this.#desk.accounts.find(this.ownerId, accountId);
    if (account === null) throw new AccountNotFound(accountId);
    return account;
  }

  async status(accountId: string): Promise<Status> {
    return statusOf(await this.find(accountId), this.#desk.accounts, this.#timetable);
  }

  async coverage(accountId: string, options: { readonly evidence?: boolean } = {}): Promise<Coverage> {
    return coverageOf(await this.find(accountId), this.#desk.accounts, this.#timetable, options.evidence ?? false);
  }

  /** One page of a stream's records, oldest first. A platform that follows an account asks for its changes instead. */
  async records<Name extends StreamName>(
    accountId: string,
    stream: Name,
    options: RecordsOptions = {},
  ): Promise<RecordPage<RecordOf<Name>>> {
    options.signal?.throwIfAborted();
    await this.find(accountId);
    return recordPage(this.#desk.accounts, accountId, stream, options);
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
    options.signal?.throwIfAborted();
    return changesPage(await this.find(accountId), this.#desk.accounts, options);
  }

  /** Every change that there is by now, page by page. */
  allChanges(accountId: string, options: ChangesOptions = {}): AsyncIterableIterator<Change> {
    return everyEntry(options.after || undefined, async (after) => {
      const { changes, next } = await this.changes(accountId, { ...options, after });
      return { entries: changes, next: changes.length > 0 ? next : null };
    });
  }

  /** Whether every record of a range is stored ("is my tax year complete?"): with the pages that prove it, or all that is in the way. */
  async isComplete(
    accountId: string,
    stream: StreamName,
    from: Time,
    to: Time,
    { signal }: Abortable = {},
  ): Promise<Completeness> {
    signal?.throwIfAborted();
    const account = await this.find(accountId);
    const platformEndMs = this.#platformEndMs;
    return completenessOf(account, this.#desk.accounts, { stream, from, to, platformEndMs, signal });
  }

  /** Why the account is not complete, in sentences, with the command that mends it. Told without Temporal too. */
  async explain(accountId: string): Promise<Explanation> {
    const status = await this.status(accountId);
    return explain(status, {
      nowMs: Date.now(),
      streams: this.#desk.accounts.streams,
      platformEndMs: this.#platformEndMs,
      workflow: await workflowSight(this.#desk.workflows, accountId),
    });
  }

  /** What `exportRecords` gives, with its header as an object. */
  async export(accountId: string, stream: StreamName, options: ExportOptions = {}): Promise<Export> {
    options.signal?.throwIfAborted();
    const account = await this.find(accountId);
    return exportOf(account, this.#desk.accounts, { ...options, stream, platformEndMs: this.#platformEndMs });
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

  /** What happened to this owner's accounts, in order. A new reader gets everything by leaving out `after`. */
  async events(options: EventsOptions = {}): Promise<EventPage> {
    options.signal?.throwIfAborted();
    if (options.accountId !== undefined) await this.find(options.accountId);
    return eventPage(this.#desk.accounts, this.ownerId, options);
  }

  /** Every event that there is by now. */
  allEvents(options: EventsOptions = {}): AsyncIterableIterator<AccountEvent> {
    return everyEntry(options.after, async (after) => {
      const { events, next, more } = await this.events({ ...options, after });
      return { entries: events, next: more ? next : null };
    });
  }

  /** One HTML page, which needs nothing else, about one account or all of this owner's. */
  async report(accountId: string | null, options: ReportOptions = {}): Promise<Report> {
    const context = reportContext(this.#desk, this.#timetable, options);
    if (accountId === null) return reportOfFleet(this.ownerId, context);
    const account = await this.find(accountId);
    return reportOfAccount(account, await workflowSight(this.#desk.workflows, accountId), context);
  }

  /** Syncs now instead of at the next turn. Waits for the end of that sync unless told otherwise. */
  async sync(accountId: string, options: SyncOptions = {}): Promise<void> {
    const account = await this.#active(accountId);
    if (account.paused) {
      throw new ClientError('account-paused', `Account ${accountId} is paused.`, 'Resume it first, with `resume`.');
    }
    const workflows = await this.#desk.workflows.open();
    await syncNow(workflows, account, () => this.status(accountId), options);
  }

  /** Reads a range of one stream again. */
  async syncRange(
    accountId: string,
    _range: { readonly stream: string; readonly from: string; readonly to: string },
  ): Promise<never> {
    await this.#active(accountId);
    throw new ClientError(
      'not-available',
      'Reading a chosen range again is not available in this version.',
      'Leave out --stream, --from and --to: a sync reads everything again that may have changed.',
    );
  }

  async pause(accountId: string): Promise<void> {
    const { pauseUpdate } = await import('../workflows/messages.ts');
    await this.#tell(await this.#active(accountId), pauseUpdate, []);
  }

  async resume(accountId: string): Promise<void> {
    const { resumeUpdate } = await import('../workflows/messages.ts');
    await this.#tell(await this.#active(accountId), resumeUpdate, []);
  }

  /** Forgets the key and stops syncing. The history that was read stays unless `erase` is given. */
  async unlink(accountId: string, options: { readonly erase?: boolean } = {}): Promise<void> {
    const account = await this.find(accountId);
    const erase = options.erase ?? false;
    if (account.status === 'unlinked' && !erase) return;
    const { unlinkUpdate } = await import('../workflows/messages.ts');
    await this.#tell(account, unlinkUpdate, [{ erase }]);
  }

  /** Waits until the account's status is as wanted, for example read through once: `(status) => status.status === 'live'`. */
  waitFor(accountId: string, isReached: (status: Status) => boolean, options: WaitOptions = {}): Promise<Status> {
    return waitUntil(() => this.status(accountId), isReached, options);
  }

  /** Waits until every stream was read through once. */
  waitForLive(accountId: string, options: WaitOptions = {}): Promise<Status> {
    return this.waitFor(accountId, (status) => status.status === 'live', options);
  }

  async #tell<Args extends [unknown, ...unknown[]] | []>(
    account: StoredAccount,
    update: UpdateDefinition<void, Args>,
    args: Args,
  ): Promise<void> {
    const workflows = await this.#desk.workflows.open();
    await workflows.assertServed();
    await workflows.update(account, update, args, { timeoutMs: messageTimeoutMs });
  }

  async #active(accountId: string): Promise<StoredAccount> {
    const account = await this.find(accountId);
    if (account.status === 'unlinked') {
      throw new ClientError('account-unlinked', `Account ${accountId} is unlinked.`, 'Link its key again with `link`.');
    }
    return account;
  }
}

// The search attribute that carries it is a keyword of at most 255 characters.
const ownerIdLengthMax = 255;

function timetableOf({ timetable, platformEndMs }: ClientOptions): Timetable | null {
  if (timetable !== undefined) return timetable;
  if (platformEndMs === null) return null;
  return platformEndMs === undefined ? knownTimetable : { ...knownTimetable, platformEndMs };
}

/** Temporal's library is large: it is loaded only by calls that need it. */
export interface LazyWorkflows {
  open(): Promise<AccountWorkflows>;
  /** What was opened so far. */
  opened(): Promise<AccountWorkflows | null>;
}

function lazyWorkflows(options: TemporalOptions, taskQueue: string): LazyWorkflows {
  let workflows: Promise<AccountWorkflows> | null = null;
  return {
    open: () => {
      workflows ??= import('./temporal.ts').then((module) => new module.AccountWorkflows(options, taskQueue));
      return workflows;
    },
    opened: async () => workflows,
  };
}
