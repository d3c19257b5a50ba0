import type { UpdateDefinition } from '@temporalio/common';
import { knownTimetable } from '../bitmart/timetable.ts';
import { type Timetable, unknownTimetable } from '../history/timetable.ts';
import type { RangeAnswer } from '../workflows/messages.ts';
import { type Abortable, abortable } from './abort.ts';
import type { AccountFilter, AccountListing, KeyCheck, LinkResult, Status } from './answers.ts';
import { ClientError } from './client-error.ts';
import { type Explanation, explain } from './explanation/explanation.ts';
import { workflowSight } from './explanation/workflow-sight.ts';
import type { FleetAction, FleetOptions, FleetReport, FleetResult } from './fleet.ts';
import { checkKey, type KeyDesk, linkKey, rotateKey } from './link.ts';
import { type CreatedLinkSession, type LinkSession, type LinkSessionOptions, LinkSessions } from './link-sessions.ts';
import { type MergeAnswer, mergeAccounts } from './merge.ts';
import { OwnerHistory } from './owner-history.ts';
import { rangeOf, streamNamed, type Time } from './question.ts';
import { type Report, type ReportOptions, reportContext, reportOfAccount, reportOfFleet } from './report/report.ts';
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
  /** The public address of `bitmart-sync serve`. Needed for `createLinkSession`. @default the environment's LINK_URL */
  readonly linkUrl?: string;
  /**
   * When the exchange ends what, as BITMART_TIMETABLE tells the worker: an end that is null or left out is unknown, and null
   * as a whole means an exchange without an end. @default what is known of BitMart
   */
  readonly timetable?: GivenTimetable | null;
  /** @deprecated Give `timetable`. The end of the platform alone; null when the exchange has no end. */
  readonly platformEndMs?: number | null;
}

export interface GivenTimetable extends Partial<Timetable> {
  /** @deprecated Give `spotTradingEndMs`. */
  readonly tradingEndMs?: number;
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
const rangeTimeoutMs = 300_000;

/** The way in for a platform. Whatever concerns an account hangs on its owner: {@link Client.forOwner}. */
export class Client {
  readonly #desk: KeyDesk;
  /** For the link page, which walks its user through a session; a platform uses {@link OwnerClient.createLinkSession}. */
  readonly linkSessions: LinkSessions;

  constructor(options: ClientOptions) {
    const { databaseUrl, databaseSchema = defaultSchema } = options;
    this.#desk = {
      accounts: new StoredAccounts(databaseUrl, databaseSchema, timetableOf(options)),
      workflows: lazyWorkflows(options.temporal ?? {}, options.taskQueue ?? defaultTaskQueue),
      publicKey: options.publicKey ?? null,
    };
    this.linkSessions = new LinkSessions(this.#desk, options.linkUrl ?? (process.env.LINK_URL || null));
  }

  /** Everything of one user of the platform, and nothing of anybody else. */
  forOwner(ownerId: string): OwnerClient {
    return new OwnerClient(ownerId, this.#desk, this.linkSessions);
  }

  /** The accounts of every owner, for whoever operates the platform: never show this to a user. */
  listEveryOwner(filter: AccountFilter = {}): Promise<readonly AccountListing[]> {
    return this.#desk.accounts.listEveryOwner(filter);
  }

  /** One HTML page about the accounts of every owner, for whoever operates the platform. */
  async reportEveryOwner(options: ReportOptions = {}): Promise<Report> {
    return reportOfFleet(null, await reportContext(this.#desk, options));
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
  check(credentials: unknown, { subAccount = null, signal }: CheckOptions = {}): Promise<KeyCheck> {
    return abortable(signal, () => checkKey(this.#desk, { ownerId: null, credentials, subAccount }));
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

export interface LinkOptions extends Abortable {
  /** What the user calls the account. Never part of its identity. */
  readonly label?: string | null;
  /** Name of the sub-account that the key is of. */
  readonly subAccount?: string | null;
  /** False returns as soon as the key is stored. @default true */
  readonly wait?: boolean;
}

export interface CheckOptions extends Abortable {
  /** Name of the sub-account that the key is of. */
  readonly subAccount?: string | null;
}

/** One owner's accounts: what is known of them, and what can be done with them. */
export class OwnerClient extends OwnerHistory {
  readonly #desk: KeyDesk;
  readonly #linkSessions: LinkSessions;

  constructor(ownerId: string, desk: KeyDesk, linkSessions: LinkSessions) {
    super(ownerId, desk.accounts);
    this.#desk = desk;
    this.#linkSessions = linkSessions;
  }

  /** Makes a session of the link page, on which this owner's user links a key: open its URL as a page, a popup or a frame. */
  createLinkSession(options: LinkSessionOptions & Abortable = {}): Promise<CreatedLinkSession> {
    return abortable(options.signal, () => this.#linkSessions.create(this.ownerId, options));
  }

  /** How a session stands. Its outcome is also the event `link-session-ended`, once. */
  linkSession(sessionId: string, { signal }: Abortable = {}): Promise<LinkSession> {
    return abortable(signal, () => this.#linkSessions.state(this.ownerId, sessionId));
  }

  /** Links a key, and answers within 30 seconds whether the exchange accepts it. */
  link(credentials: unknown, options: LinkOptions = {}): Promise<LinkResult> {
    const { label = null, subAccount = null, wait = true, signal } = options;
    const { ownerId } = this;
    return abortable(signal, () => linkKey(this.#desk, { ownerId, credentials, label, subAccount, wait }));
  }

  /** Looks at a key the way linking does, links nothing, and tells whether this owner has it linked already. */
  check(credentials: unknown, { subAccount = null, signal }: CheckOptions = {}): Promise<KeyCheck> {
    return abortable(signal, () => checkKey(this.#desk, { ownerId: this.ownerId, credentials, subAccount }));
  }

  /** Replaces the key of a linked account; the present one works until the new one is accepted. */
  async rotate(accountId: string, credentials: unknown, { signal }: Abortable = {}): Promise<LinkResult> {
    const account = await this.find(accountId, { signal });
    return abortable(signal, () => rotateKey(this.#desk, { account, credentials }));
  }

  /**
   * Makes one account of two that are the same exchange account (problem `same-account`): the first goes up in the second,
   * whose id stays; no record is lost or there twice. Asked of the first one, everything throws AccountMerged from then on.
   * Throws ClientError `different-accounts` where the two are demonstrably not one.
   */
  merge(younger: string, older: string, { signal }: Abortable = {}): Promise<MergeAnswer> {
    return abortable(signal, () => mergeAccounts(this.#desk, { ownerId: this.ownerId, younger, older }));
  }

  /** Why the account is not complete, in sentences, with the command that mends it. Told without Temporal too. */
  async explain(accountId: string, { signal }: Abortable = {}): Promise<Explanation> {
    const status = await this.status(accountId, { signal });
    return explain(status, {
      nowMs: Date.now(),
      streams: this.#desk.accounts.streams,
      timetable: await abortable(signal, () => this.#desk.accounts.timetable()),
      workflow: await abortable(signal, () => workflowSight(this.#desk.workflows, accountId)),
    });
  }

  /** One HTML page, which needs nothing else, about one account or all of this owner's. */
  async report(accountId: string | null, options: ReportOptions = {}): Promise<Report> {
    const context = await reportContext(this.#desk, options);
    if (accountId === null) return reportOfFleet(this.ownerId, context);
    const account = await this.find(accountId);
    return reportOfAccount(account, await workflowSight(this.#desk.workflows, accountId), context);
  }

  /** Syncs now instead of at the next turn. Waits for the end of that sync unless told otherwise. */
  async sync(accountId: string, options: SyncOptions = {}): Promise<void> {
    const account = await this.#active(accountId, options);
    if (account.paused) {
      throw new ClientError('account-paused', `Account ${accountId} is paused.`, 'Resume it first, with `resume`.');
    }
    const workflows = await this.#desk.workflows.open();
    const { signal } = options;
    await abortable(signal, () => syncNow(workflows, account, () => this.status(accountId, { signal }), options));
  }

  /**
   * Asks once more for a range of one stream, whatever is known of it, and tells what it brought: also what is too dense,
   * quarantined or beyond the reach. Waits for its end; a sync under way goes on afterwards.
   */
  async syncRange(
    accountId: string,
    range: { readonly stream: string; readonly from: Time; readonly to: Time },
    options: Pick<SyncOptions, 'timeoutMs' | 'signal'> = {},
  ): Promise<RangeAnswer> {
    const stream = streamNamed(this.#desk.accounts.streams, range.stream);
    const { from, to } = rangeOf(range);
    if (to > Date.now()) {
      throw new ClientError(
        'wrong-range',
        `The range ends in the future, at ${new Date(to).toISOString()}.`,
        'Ask for what has happened: `to` is at most now.',
      );
    }
    const account = await this.#active(accountId);
    if (account.paused) {
      throw new ClientError('account-paused', `Account ${accountId} is paused.`, 'Resume it first, with `resume`.');
    }
    const { syncRangeUpdate } = await import('../workflows/messages.ts');
    const request = { stream: stream.name, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    const workflows = await this.#desk.workflows.open();
    await workflows.assertServed();
    const { signal, timeoutMs = rangeTimeoutMs } = options;
    return abortable(signal, () => workflows.update(account, syncRangeUpdate, [request], { timeoutMs }));
  }

  /** Stops reading until it is resumed. What happens meanwhile expires in its time. */
  async pause(accountId: string, options: Abortable = {}): Promise<void> {
    const { pauseUpdate } = await import('../workflows/messages.ts');
    await this.#tell(await this.#active(accountId, options), pauseUpdate, [], options);
  }

  /** Goes on with a paused account, with what was missed. */
  async resume(accountId: string, options: Abortable = {}): Promise<void> {
    const { resumeUpdate } = await import('../workflows/messages.ts');
    await this.#tell(await this.#active(accountId, options), resumeUpdate, [], options);
  }

  /** Forgets the key and stops syncing. The history that was read stays unless `erase` is given. */
  async unlink(accountId: string, options: { readonly erase?: boolean } & Abortable = {}): Promise<void> {
    const account = await this.find(accountId, options);
    const erase = options.erase ?? false;
    if (account.status === 'unlinked' && !erase) return;
    const { unlinkUpdate } = await import('../workflows/messages.ts');
    await this.#tell(account, unlinkUpdate, [{ erase }], options);
  }

  /** Waits until the account's status is as wanted, for example read through once: `(status) => status.status === 'live'`. */
  waitFor(accountId: string, isReached: (status: Status) => boolean, options: WaitOptions = {}): Promise<Status> {
    const { signal } = options;
    return abortable(signal, () => waitUntil(() => this.status(accountId, { signal }), isReached, options));
  }

  /** Waits until every stream was read through once. */
  waitForLive(accountId: string, options: WaitOptions = {}): Promise<Status> {
    return this.waitFor(accountId, (status) => status.status === 'live', options);
  }

  async #tell<Args extends [unknown, ...unknown[]] | []>(
    account: StoredAccount,
    update: UpdateDefinition<void, Args>,
    args: Args,
    { signal }: Abortable,
  ): Promise<void> {
    const workflows = await this.#desk.workflows.open();
    await abortable(signal, async () => {
      await workflows.assertServed();
      signal?.throwIfAborted();
      await workflows.update(account, update, args, { timeoutMs: messageTimeoutMs });
    });
  }

  async #active(accountId: string, { signal }: Abortable = {}): Promise<StoredAccount> {
    const account = await this.find(accountId, { signal });
    if (account.status === 'unlinked') {
      throw new ClientError('account-unlinked', `Account ${accountId} is unlinked.`, 'Link its key again with `link`.');
    }
    return account;
  }
}

function timetableOf({ timetable, platformEndMs }: ClientOptions): Timetable | null {
  if (timetable === null) return null;
  if (timetable !== undefined) {
    const { tradingEndMs = null, ...ends } = timetable;
    return { ...unknownTimetable, spotTradingEndMs: tradingEndMs, ...ends };
  }
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
