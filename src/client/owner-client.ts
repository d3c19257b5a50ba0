import type { UpdateDefinition } from '@temporalio/common';
import { type Explanation, explain } from '../answers/explanation/explanation.ts';
import type { KeyCheck, LinkResult, Status } from '../answers/index.ts';
import { isoTime } from '../history/iso-time.ts';
import type { RangeAnswer } from '../workflows/messages.ts';
import { type Abortable, abortable } from './abort.ts';
import { ClientError } from './client-error.ts';
import { type Connections, workflowSight } from './connections.ts';
import { checkKey, linkKey, rotateKey } from './link.ts';
import { type CreatedLinkSession, type LinkSession, type LinkSessionOptions, LinkSessions } from './link-sessions.ts';
import { type MergeAnswer, mergeAccounts } from './merge.ts';
import { OwnerHistory } from './owner-history.ts';
import { rangeOf, streamNamed, type Time } from './question.ts';
import { type Report, type ReportOptions, reportOfAccount, reportOfFleet } from './report.ts';
import type { StoredAccount } from './stored-accounts.ts';
import { type SyncOptions, syncNow } from './sync.ts';
import { type WaitOptions, waitUntil } from './wait.ts';

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

// The workflow answers at once, unless a page under way or a command before this one has to end first.
const messageTimeoutMs = 20_000;

// Five minutes are at least 700 requests at BitMart's limits; for more the caller says so.
const rangeTimeoutMs = 300_000;

/** One owner's accounts: what is known of them, and what can be done with them. */
export class OwnerClient extends OwnerHistory {
  readonly #connections: Connections;

  constructor(ownerId: string, connections: Connections) {
    super(ownerId, connections.accounts);
    this.#connections = connections;
  }

  /** Links a key, and answers within 30 seconds whether the exchange accepts it. */
  link(credentials: unknown, options: LinkOptions = {}): Promise<LinkResult> {
    const { label = null, subAccount = null, wait = true, signal } = options;
    const { ownerId } = this;
    return abortable(signal, () => linkKey(this.#connections, { ownerId, credentials, label, subAccount, wait }));
  }

  /** Makes a session of the connection page, on which this owner's user links a key: open its URL as a page, a popup or a frame. */
  async createLinkSession(options: LinkSessionOptions & Abortable = {}): Promise<CreatedLinkSession> {
    const { replaceKey, signal } = options;
    if (replaceKey !== undefined && replaceKey !== null) await this.find(replaceKey, { signal });
    return abortable(signal, () => new LinkSessions(this.#connections).create(this.ownerId, options));
  }

  /** How a session stands. Its outcome is also the event `link-session-ended`, once. */
  linkSession(sessionId: string, { signal }: Abortable = {}): Promise<LinkSession> {
    return abortable(signal, () => new LinkSessions(this.#connections).state(this.ownerId, sessionId));
  }

  /** Looks at a key the way linking does, links nothing, and tells whether this owner has it linked already. */
  check(credentials: unknown, { subAccount = null, signal }: CheckOptions = {}): Promise<KeyCheck> {
    return abortable(signal, () => checkKey(this.#connections, { ownerId: this.ownerId, credentials, subAccount }));
  }

  /** Replaces the key of a linked account; the present one works until the new one is accepted. */
  async rotate(accountId: string, credentials: unknown, { signal }: Abortable = {}): Promise<LinkResult> {
    const account = await this.find(accountId, { signal });
    return abortable(signal, () => rotateKey(this.#connections, { account, credentials }));
  }

  /**
   * Makes one account of two that are the same exchange account (problem `same-account`): the first goes up in the second,
   * whose id stays; no record is lost or there twice. Asked of the first one, everything throws AccountMerged from then on.
   * Throws ClientError `different-accounts` where the two are demonstrably not one.
   */
  merge(younger: string, older: string, { signal }: Abortable = {}): Promise<MergeAnswer> {
    return abortable(signal, () => mergeAccounts(this.#connections, { ownerId: this.ownerId, younger, older }));
  }

  /** Why the account is not complete, in sentences, with the command that mends it. Told without Temporal too. */
  async explain(accountId: string, { signal }: Abortable = {}): Promise<Explanation> {
    const status = await this.status(accountId, { signal });
    return explain(status, {
      nowMs: Date.now(),
      streams: this.#connections.accounts.streams,
      timetable: await abortable(signal, () => this.#connections.accounts.timetable()),
      workflow: await abortable(signal, () => workflowSight(this.#connections.workflows, accountId)),
    });
  }

  /** One HTML page, which needs nothing else, about one account or all of this owner's. */
  async report(accountId: string | null, options: ReportOptions = {}): Promise<Report> {
    if (accountId === null) return reportOfFleet(this.#connections, this.ownerId, options);
    const account = await this.find(accountId);
    return reportOfAccount(this.accounts, account, await workflowSight(this.#connections.workflows, accountId));
  }

  /** Syncs now instead of at the next turn. Waits for the end of that sync unless told otherwise. */
  async sync(accountId: string, options: SyncOptions = {}): Promise<void> {
    const account = await this.#active(accountId, options);
    if (account.paused) {
      throw new ClientError('account-paused', `Account ${accountId} is paused.`, 'Resume it first, with `resume`.');
    }
    const workflows = await this.#connections.workflows.open();
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
    const stream = streamNamed(this.#connections.accounts.streams, range.stream);
    const { from, to } = rangeOf(range);
    if (to > Date.now()) {
      throw new ClientError(
        'wrong-range',
        `The range ends in the future, at ${isoTime(to)}.`,
        'Ask for what has happened: `to` is at most now.',
      );
    }
    const account = await this.#active(accountId);
    if (account.paused) {
      throw new ClientError('account-paused', `Account ${accountId} is paused.`, 'Resume it first, with `resume`.');
    }
    const { syncRangeUpdate } = await import('../workflows/messages.ts');
    const request = { stream: stream.name, from: isoTime(from), to: isoTime(to) };
    const workflows = await this.#connections.workflows.open();
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
    const accountCreatedAt = account.createdAt.toISOString();
    await this.#tell(account, unlinkUpdate, [{ erase, accountCreatedAt }], options);
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
    const workflows = await this.#connections.workflows.open();
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
