import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountStatus, AnswerProblem, Status } from '../answers/index.ts';
import type { AccountToStart } from '../workflows/account-start.ts';
import { crowded, type SyncAnswer, syncUpdate } from '../workflows/messages.ts';
import { type Abortable, assertNotAborted } from './abort.ts';
import { ClientError } from './client-error.ts';
import type { AccountWorkflows } from './temporal.ts';

export interface SyncOptions extends WaitOptions {
  /** False returns as soon as the sync is requested. @default true */
  readonly wait?: boolean | undefined;
  /** Called with the status now and then while it waits. */
  readonly onStatus?: ((status: Status) => void) | undefined;
}

export interface SyncResult {
  readonly accountId: string;
  /**
   * - `synced`: a sync that began after the call has read everything to its end
   * - `not-synced`: `problems` say why; the next try is at `nextSyncAt`
   * - `requested`: the call did not wait
   */
  readonly outcome: 'synced' | 'not-synced' | 'requested';
  readonly status: AccountStatus;
  readonly problems: readonly AnswerProblem[];
  readonly nextSyncAt: string | null;
}

interface Synced {
  readonly status: () => Promise<Status>;
  /** The exchange has refused the key once: the next check decides, a few seconds later. */
  readonly isKeySuspect: () => Promise<boolean>;
}

/** The workflow answers within this time, whether the sync has ended or not; the remainder is for the round trip. */
const waitMs = 20_000;
const answerMs = 10_000;
/**
 * Before the question is repeated. The first pause is for callers of a run that ends, which the next run answers; the longest
 * for those beyond the callers that the workflow lets wait.
 */
const pausesMs = { first: 100, longest: 3_000 };
/** The key is checked again at least 10 s after its first refusal. */
const verdictPauseMs = 1_000;

/** Asks the account's workflow for a sync, and waits until one that began after the call has ended. */
export async function syncNow(
  workflows: AccountWorkflows,
  account: AccountToStart,
  synced: Synced,
  options: SyncOptions,
): Promise<SyncResult> {
  const { onStatus, everyMs = defaultEveryMs, wait = true } = options;
  if (!wait) {
    await workflows.wake(account);
    return resultOf('requested', await synced.status());
  }
  await workflows.assertServed();
  const waiting = waitForSync(workflows, account, synced, options);
  const outcome = await (onStatus ? whileReporting(waiting, synced, onStatus, everyMs) : waiting);
  return resultOf(outcome, await synced.status());
}

/** Its result. A status that can't be read now is not reported; what `onStatus` throws ends the waiting. */
async function whileReporting<Result>(
  waiting: Promise<Result>,
  { status }: Synced,
  onStatus: (status: Status) => void,
  everyMs: number,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const broken = new Promise<never>((_, reject) => {
    const report = async () => {
      const seen = await status().catch(() => null);
      if (seen !== null) await onStatus(seen);
    };
    timer = setInterval(() => void report().catch(reject), everyMs);
  });
  try {
    return await Promise.race([waiting, broken]);
  } finally {
    clearInterval(timer);
  }
}

/** Throws if the account is not read until a person acts. */
export function assertReads({ accountId, status, problems }: Pick<Status, 'accountId' | 'status' | 'problems'>): void {
  const problem = problems.find(({ severity }) => severity === 'error');
  switch (status) {
    case 'paused':
      throw new ClientError('account-paused', `Account ${accountId} is paused.`, 'Resume it first, with `resume`.');
    case 'unlinked':
      throw new ClientError('account-unlinked', `Account ${accountId} is unlinked.`, 'Link its key again with `link`.');
    case 'closed':
      throw new ClientError(
        'account-closed',
        `Account ${accountId} is closed: the exchange has ended, and nothing more is read.`,
        'Read what is stored. `coverage` shows what was not read.',
      );
    case 'needs-attention':
      throw new ClientError(
        'account-needs-attention',
        `Account ${accountId} needs attention.${problem ? ` ${problem.message}` : ''}`,
        problem?.remedy ?? 'Check the problems in its `status`.',
      );
  }
}

function resultOf(outcome: SyncResult['outcome'], { accountId, status, problems, nextSyncAt }: Status): SyncResult {
  return { accountId, outcome, status, problems, nextSyncAt };
}

async function waitForSync(
  workflows: AccountWorkflows,
  account: AccountToStart,
  synced: Synced,
  { timeoutMs = defaultTimeoutMs, signal }: SyncOptions,
): Promise<'synced' | 'not-synced'> {
  const { failedAs } = await import('./temporal-failure.ts');
  const deadlineMs = Date.now() + timeoutMs;
  let pauseMs = pausesMs.first;
  for (let known: { readonly request?: number } = {}; ; ) {
    assertNotAborted(signal);
    const leftMs = Math.max(0, deadlineMs - Date.now());
    const request = { ...known, waitMs: Math.min(waitMs, leftMs) };
    const askedMs = Date.now();
    const answer: SyncAnswer | 'crowded' | null = await workflows
      .update(account, syncUpdate, [request], { timeoutMs: request.waitMs + answerMs })
      .catch((error: unknown) => {
        // A worker that restarts or fails a task leaves one request unanswered; the caller allows more time than that.
        if (error instanceof ClientError && error.code === 'timed-out' && Date.now() < deadlineMs) return null;
        if (failedAs(error, crowded)) return 'crowded';
        throw isUnknownUpdate(error) ? olderWorker(account.accountId) : error;
      });
    if (answer === null) continue;
    if (answer !== 'crowded') {
      if (answer.outcome === 'synced') return 'synced';
      if (answer.outcome === 'not-now') {
        if (answer.status === 'needs-attention' || !(await synced.isKeySuspect())) return 'not-synced';
        while (Date.now() < deadlineMs && (await isAwaitingVerdict(synced))) await sleep(verdictPauseMs);
      }
      known = answer.outcome === 'not-now' ? {} : { request: answer.request };
    }
    if (Date.now() >= deadlineMs) {
      throw new ClientError(
        'timed-out',
        `The sync of account ${account.accountId} has not ended yet; it goes on.`,
        'See how far it is with `status`, or wait longer: `timeoutMs`.',
      );
    }
    const hasWaited = Date.now() - askedMs > pausesMs.longest;
    pauseMs = hasWaited ? pausesMs.first : Math.min(2 * pauseMs, pausesMs.longest);
    await sleep(pauseMs);
  }
}

async function isAwaitingVerdict({ status, isKeySuspect }: Synced): Promise<boolean> {
  return (await isKeySuspect()) && (await status()).status !== 'needs-attention';
}

function isUnknownUpdate(error: unknown): boolean {
  return error instanceof ClientError && /^No registered handler for update/.test(error.message);
}

function olderWorker(accountId: string): ClientError {
  return new ClientError(
    'not-available',
    `The worker that reads account ${accountId} is of a release that can't say when a sync has ended.`,
    'Update the worker, or ask without waiting: `wait: false`.',
  );
}

export interface WaitOptions extends Abortable {
  /** @default 5 minutes */
  readonly timeoutMs?: number | undefined;
  /** @default 1 second */
  readonly everyMs?: number | undefined;
}

/** A first read of a usual account takes a minute or two at BitMart's limits. */
const defaultTimeoutMs = 300_000;
/** Soon enough for a person; one short query a second for Postgres. */
const defaultEveryMs = 1_000;

/** Polls an account's status until the condition holds; throws when the time is up. */
export async function waitUntil(
  look: () => Promise<Status>,
  isReached: (status: Status) => boolean,
  { timeoutMs = defaultTimeoutMs, everyMs = defaultEveryMs, signal }: WaitOptions,
): Promise<Status> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    assertNotAborted(signal);
    const seen = await look();
    if (isReached(seen)) return seen;
    const leftMs = deadlineMs - Date.now();
    if (leftMs <= 0) {
      const { accountId, status, problems } = seen;
      const why = problems.map(({ message }) => ` ${message}`).join('');
      throw new ClientError(
        'timed-out',
        `Account ${accountId} is ${status} after ${timeoutMs / 1_000} s, which is not what was waited for.${why}`,
        'Check `status`, or wait longer: `timeoutMs`.',
      );
    }
    await sleep(Math.min(everyMs, leftMs));
  }
}
