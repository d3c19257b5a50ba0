import { setTimeout as sleep } from 'node:timers/promises';
import type { UpdateDefinition } from '@temporalio/common';
import { type Explanation, explain } from '../answers/explanation/explanation.ts';
import type { KeyCheck, LinkResult, RotateResult, Status } from '../answers/index.ts';
import { findKeyInUse, renameAccount } from '../database/index.ts';
import { isoTime } from '../history/iso-time.ts';
import type { Stream } from '../history/stream.ts';
import {
  crowded,
  pauseUpdate,
  type RangeAnswer,
  resumeUpdate,
  syncRangeUpdate,
  unlinkUpdate,
} from '../workflows/messages.ts';
import { type Abortable, abortable, assertNotAborted } from './abort.ts';
import { Aborted, ClientError } from './client-error.ts';
import { type Connections, workflowSight } from './connections.ts';
import { kindOf, nameIn } from './foreign-input.ts';
import { type Credentials, checkKey, linkKey, rotateKey } from './link.ts';
import { type CreatedLinkSession, type LinkSession, type LinkSessionOptions, LinkSessions } from './link-sessions.ts';
import { type MergeAnswer, mergeAccounts } from './merge.ts';
import { optionsIn } from './options.ts';
import { OwnerHistory } from './owner-history.ts';
import { closedRangeOf, streamNamed, type Time } from './question.ts';
import type { StreamName } from './record-types.ts';
import { type Report, type ReportOptions, reportOfAccount, reportOfFleet } from './report.ts';
import type { StoredAccount } from './stored-accounts.ts';
import { assertReads, type SyncOptions, type SyncResult, syncNow, type WaitOptions, waitUntil } from './sync.ts';
import { endAccount } from './unlink.ts';

export interface LinkOptions extends Abortable {
  /** What the user calls the account. Not part of its identity. */
  readonly label?: string | null | undefined;
  /** Name of the sub-account that the key belongs to. */
  readonly subAccount?: string | null | undefined;
  /** False returns as soon as the key is stored. @default true */
  readonly wait?: boolean | undefined;
}

export interface CheckOptions extends Abortable {
  /** Name of the sub-account that the key belongs to. */
  readonly subAccount?: string | null | undefined;
}

export interface SyncRangeOptions extends Abortable {
  /** How long to wait for its end. @default 5 minutes */
  readonly timeoutMs?: number | undefined;
}

export interface SyncRangeResult extends RangeAnswer {
  readonly stream: StreamName;
}

export interface UnlinkOptions extends Abortable {
  /** Delete the history as well. @default false */
  readonly erase?: boolean | undefined;
}

// The workflow answers at once, unless it first has to finish a page or an earlier command.
const messageTimeoutMs = 20_000;

// Five minutes allow at least 700 requests at BitMart's limits; a caller that needs more passes `timeoutMs`.
const rangeTimeoutMs = 300_000;

// Where too many callers wait for ranges: short beside the seconds that a range takes.
const crowdedPauseMs = 1_000;

/** One owner's accounts: reads and commands. */
export class OwnerClient extends OwnerHistory {
  readonly #connections: Connections;

  constructor(ownerId: string, connections: Connections) {
    super(ownerId, connections.accounts);
    this.#connections = connections;
  }

  /**
   * Links a key. It answers within 30 seconds whether the exchange accepts the key.
   *
   * @example
   * const { accountId, outcome, problems } = await owner.link({ apiKey, apiSecret, memo }, { label: 'My BitMart' });
   * if (outcome === 'refused') show(problems);
   */
  async link(credentials: Credentials, options: LinkOptions = {}): Promise<LinkResult> {
    const { label = null, subAccount = null, wait = true, signal } = optionsIn('link', options);
    const { ownerId } = this;
    return abortable(signal, () => linkKey(this.#connections, { ownerId, credentials, label, subAccount, wait }));
  }

  /**
   * Makes a session of the connection page, on which this owner's user links a key. Open its URL as a page, a popup or a frame.
   *
   * @example
   * const { sessionId, url } = await owner.createLinkSession({ origin: 'https://app.example.com' });
   */
  async createLinkSession(options: LinkSessionOptions & Abortable = {}): Promise<CreatedLinkSession> {
    const { signal, ...session } = optionsIn('createLinkSession', options);
    if (session.replaceKey !== undefined && session.replaceKey !== null)
      await this.account(session.replaceKey, { signal });
    return abortable(signal, () => new LinkSessions(this.#connections).create(this.ownerId, session));
  }

  /**
   * The state of a session. Its end is also the event `link-session-ended`, once.
   *
   * @example
   * const { sessionId } = await owner.createLinkSession();
   * const { state, outcome } = await owner.linkSession(sessionId);
   */
  async linkSession(sessionId: string, options: Abortable = {}): Promise<LinkSession> {
    const { signal } = optionsIn('call', options);
    return abortable(signal, () => new LinkSessions(this.#connections).state(this.ownerId, sessionId));
  }

  /**
   * Checks a key as `link` does, without linking it. `alreadyLinked` says whether this owner has linked the key.
   *
   * @example
   * const { outcome, problems, alreadyLinked } = await owner.check({ apiKey, apiSecret, memo });
   */
  async check(credentials: Credentials, options: CheckOptions = {}): Promise<KeyCheck> {
    const { subAccount = null, signal } = optionsIn('check', options);
    return abortable(signal, () => checkKey(this.#connections, { ownerId: this.ownerId, credentials, subAccount }));
  }

  /**
   * Replaces the key of a linked account. The present key is used until the new one is accepted.
   *
   * @example
   * const { outcome, problems } = await owner.rotate(accountId, { apiKey, apiSecret, memo });
   */
  async rotate(accountId: string, credentials: Credentials, options: Abortable = {}): Promise<RotateResult> {
    return this.about(accountId, optionsIn('call', options), (account) =>
      rotateKey(this.#connections, { account, credentials }),
    );
  }

  /**
   * Changes the label of an account, which is not part of its identity. Null removes it.
   *
   * @example
   * await owner.rename(accountId, 'Trading');
   */
  async rename(accountId: string, label: string | null, options: Abortable = {}): Promise<void> {
    const { signal } = optionsIn('call', options);
    if (label === undefined) throw new ClientError('wrong-usage', 'The label is missing.', 'Pass a text, or null.');
    const name = nameIn(label, 'label') ?? '';
    await this.account(accountId, { signal });
    await abortable(signal, () => this.accounts.ask(renameAccount, { ownerId: this.ownerId, accountId, label: name }));
  }

  /**
   * Merges two accounts that are the same exchange account (problem `same-account`). The duplicate is merged into the original,
   * which keeps its id; no record is lost or duplicated. From then on every call about the duplicate throws AccountMerged.
   * Throws ClientError `different-accounts` if the two are demonstrably not the same.
   *
   * @example
   * const { accountId, moved, dropped } = await owner.merge(duplicate, original);
   */
  async merge(duplicate: string, original: string, options: Abortable = {}): Promise<MergeAnswer> {
    const { signal } = optionsIn('call', options);
    const { ownerId } = this;
    return abortable(signal, () =>
      mergeAccounts(this.#connections, { ownerId, younger: duplicate, older: original, signal }),
    );
  }

  /**
   * Why the account is not complete, in sentences, each with the command that helps. It also works while Temporal is
   * unreachable.
   *
   * @example
   * const { summary, findings } = await owner.explain(accountId);
   */
  async explain(accountId: string, options: Abortable = {}): Promise<Explanation> {
    const { signal } = optionsIn('call', options);
    const status = await this.status(accountId, { signal });
    return explain(status, {
      nowMs: Date.now(),
      streams: this.accounts.streams,
      timetable: await abortable(signal, () => this.accounts.timetable()),
      workflow: await abortable(signal, () => workflowSight(this.#connections.workflows, accountId)),
    });
  }

  /**
   * A self-contained HTML page about one account, or about all of this owner's accounts if the id is null.
   *
   * @example
   * import { writeFile } from 'node:fs/promises';
   *
   * const { html } = await owner.report(accountId);
   * await writeFile('alice.html', html);
   */
  async report(accountId: string | null, options: ReportOptions = {}): Promise<Report> {
    const asked = optionsIn('report', options);
    if (accountId === null) return abortable(asked.signal, () => reportOfFleet(this.accounts, this.ownerId, asked));
    return this.about(accountId, asked, async (account) =>
      reportOfAccount(this.accounts, account, await workflowSight(this.#connections.workflows, accountId)),
    );
  }

  /**
   * Reads now instead of at the next scheduled time, and waits until a sync that began after the call has ended. The answer is its
   * outcome. Fails at once if the account is paused, unlinked or closed.
   *
   * @example
   * const { outcome, problems } = await owner.sync(accountId);
   * if (outcome === 'not-synced') show(problems);
   */
  async sync(accountId: string, options: SyncOptions = {}): Promise<SyncResult> {
    const asked = optionsIn('sync', options);
    const { signal } = asked;
    const account = await this.#readable(accountId, asked);
    const workflows = await this.#connections.workflows.open();
    const synced = {
      status: () => this.status(accountId, { signal }),
      isKeySuspect: async () => (await this.accounts.ask(findKeyInUse, accountId))?.doubtedAt != null,
    };
    return abortable(signal, () => syncNow(workflows, account, synced, asked));
  }

  /**
   * Requests a range of one stream again, even where it is covered, including rows that are too dense, quarantined or beyond
   * the reach, and reports the result. Waits until the range is read; a sync in progress continues afterwards. Ranges of one
   * account are read one after another.
   *
   * @example
   * const { inserted, gaps } = await owner.syncRange(accountId, { stream: 'deposits', from: '2026-10-01', to: '2026-11-01' });
   */
  async syncRange(
    accountId: string,
    range: { readonly stream: StreamName; readonly from: Time; readonly to: Time },
    options: SyncRangeOptions = {},
  ): Promise<SyncRangeResult> {
    const { signal, timeoutMs = rangeTimeoutMs } = optionsIn('syncRange', options);
    const { stream, from, to } = rangeInput(this.accounts.streams, range);
    const account = await this.#readable(accountId, { signal });
    const { failedAs } = await import('./temporal-failure.ts');
    const request = { stream, from: isoTime(from), to: isoTime(to) };
    const deadlineMs = Date.now() + timeoutMs;
    const workflows = await this.#connections.workflows.open();
    return abortable(signal, async () => {
      await workflows.assertServed();
      for (;;) {
        assertNotAborted(signal);
        try {
          const left = { timeoutMs: Math.max(0, deadlineMs - Date.now()) };
          return { ...(await workflows.update(account, syncRangeUpdate, [request], left)), stream };
        } catch (error) {
          if (!failedAs(error, crowded) || Date.now() + crowdedPauseMs > deadlineMs) throw error;
        }
        await sleep(crowdedPauseMs);
      }
    });
  }

  /**
   * Stops reading until `resume`. Records still expire at the exchange meanwhile.
   *
   * @example
   * await owner.pause(accountId);
   */
  async pause(accountId: string, options: Abortable = {}): Promise<void> {
    const asked = optionsIn('call', options);
    await this.#send(await this.#linked(accountId, asked), pauseUpdate, [], asked);
  }

  /**
   * Continues a paused account, and reads what was missed.
   *
   * @example
   * await owner.resume(accountId);
   */
  async resume(accountId: string, options: Abortable = {}): Promise<void> {
    const asked = optionsIn('call', options);
    await this.#send(await this.#linked(accountId, asked), resumeUpdate, [], asked);
  }

  /**
   * Deletes the key and stops syncing. The history stays unless `erase` is given. The key is deleted from Postgres first, which
   * needs neither a worker nor Temporal, so every reader sees it at once. Then the workflow gets the message; if nothing answers, it
   * ends once a worker finds no key. The event `erased` reports when all rows are deleted.
   *
   * @example
   * await owner.unlink(accountId);
   */
  async unlink(accountId: string, options: UnlinkOptions = {}): Promise<void> {
    const { erase = false, signal } = optionsIn('unlink', options);
    const account = await this.account(accountId, { signal });
    if (account.status === 'unlinked' && !erase) return;
    const accountCreatedAt = account.createdAt.toISOString();
    const seen = {
      linkedAt: account.linkedAt?.toISOString() ?? null,
      unlinkedAt: account.unlinkedAt?.toISOString() ?? null,
    };
    await abortable(signal, () => endAccount(this.accounts, account, erase));
    try {
      await this.#send(account, unlinkUpdate, [{ erase, accountCreatedAt, seen }], { signal });
    } catch (error) {
      // It is unlinked already; only its workflow has to be informed.
      if (!(error instanceof ClientError) || error instanceof Aborted) throw error;
      const wake = async () => (await this.#connections.workflows.open()).wake(account);
      await wake().catch(() => undefined);
    }
  }

  /**
   * Waits until the account's status satisfies the condition.
   *
   * @example
   * const { problems } = await owner.waitFor(accountId, ({ status }) => status !== 'backfilling', { timeoutMs: 60_000 });
   */
  async waitFor(accountId: string, isReached: (status: Status) => boolean, options: WaitOptions = {}): Promise<Status> {
    const asked = optionsIn('waitFor', options);
    const { signal } = asked;
    if (typeof isReached !== 'function') {
      throw new ClientError(
        'wrong-usage',
        `The condition of \`waitFor\` is ${kindOf(isReached)}.`,
        'Pass a function of the status, such as (status) => status.status === "live".',
      );
    }
    return abortable(signal, () => waitUntil(() => this.status(accountId, { signal }), isReached, asked));
  }

  /**
   * Waits until every stream was read through once. Fails at once, with the problem, if that needs a person, and with
   * `account-not-found` if the first key of the account is refused: then the account is deleted again.
   *
   * @example
   * const { streams } = await owner.waitForLive(accountId);
   */
  async waitForLive(accountId: string, options: WaitOptions = {}): Promise<Status> {
    const isLive = (status: Status) => {
      if (status.status !== 'live') assertReads(status);
      return status.status === 'live';
    };
    return this.waitFor(accountId, isLive, options);
  }

  async #send<Args extends [unknown, ...unknown[]] | []>(
    account: StoredAccount,
    update: UpdateDefinition<void, Args>,
    args: Args,
    { signal }: Abortable,
  ): Promise<void> {
    const workflows = await this.#connections.workflows.open();
    await abortable(signal, async () => {
      await workflows.assertServed();
      assertNotAborted(signal);
      await workflows.update(account, update, args, { timeoutMs: messageTimeoutMs });
    });
  }

  async #readable(accountId: string, { signal }: Abortable): Promise<StoredAccount> {
    const account = await this.#linked(accountId, { signal });
    if (account.paused || account.status === 'paused') assertReads({ accountId, status: 'paused', problems: [] });
    return account;
  }

  async #linked(accountId: string, { signal }: Abortable): Promise<StoredAccount> {
    const account = await this.account(accountId, { signal });
    if (account.status === 'unlinked' || account.status === 'closed') assertReads({ ...account, problems: [] });
    return account;
  }
}

function rangeInput(streams: readonly Stream[], range: unknown) {
  if (typeof range !== 'object' || range === null) {
    throw new ClientError('wrong-usage', `The range is ${kindOf(range)}.`, 'Pass { stream, from, to }.');
  }
  const given = range as { readonly stream: unknown; readonly from: Time; readonly to: Time };
  const stream = streamNamed(streams, given.stream).name as StreamName;
  const { from, to } = closedRangeOf(given);
  if (to <= Date.now()) return { stream, from, to };
  throw new ClientError('wrong-range', `The range ends in the future, at ${isoTime(to)}.`, 'Let `to` be at most now.');
}
