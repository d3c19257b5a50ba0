import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '../answers/index.ts';
import type { AccountToStart } from '../workflows/account-start.ts';
import type { SyncAnswer } from '../workflows/messages.ts';
import { ClientError } from './client-error.ts';
import type { AccountWorkflows } from './temporal.ts';
import { defaultEveryMs, defaultTimeoutMs, type WaitOptions } from './wait.ts';

export interface SyncOptions extends WaitOptions {
  /** False returns as soon as the sync is asked for. @default true */
  readonly wait?: boolean;
  /** Told how things stand from time to time while it waits. */
  readonly onStatus?: (status: Status) => void;
}

/** The workflow answers by then, whether the sync has ended or not; the rest is for the way there and back. */
const waitMs = 20_000;
const answerMs = 10_000;
/** A run that ends leaves its callers to the next one. */
const pauseMs = 100;

/** Asks the account's workflow for a sync, and waits until one that began after the call has ended. */
export async function syncNow(
  workflows: AccountWorkflows,
  account: AccountToStart,
  readStatus: () => Promise<Status>,
  options: SyncOptions,
): Promise<void> {
  if (!(options.wait ?? true)) return workflows.wake(account);
  await workflows.assertServed();
  const { onStatus, everyMs = defaultEveryMs } = options;
  const reporting = onStatus && setInterval(() => void readStatus().then(onStatus, () => undefined), everyMs);
  try {
    await waitForSync(workflows, account, options);
  } finally {
    clearInterval(reporting);
  }
}

async function waitForSync(
  workflows: AccountWorkflows,
  account: AccountToStart,
  { timeoutMs = defaultTimeoutMs, signal }: SyncOptions,
): Promise<SyncAnswer> {
  const { syncUpdate } = await import('../workflows/messages.ts');
  const deadlineMs = Date.now() + timeoutMs;
  for (let known: { readonly request?: number } = {}; ; ) {
    signal?.throwIfAborted();
    const leftMs = Math.max(0, deadlineMs - Date.now());
    const request = { ...known, waitMs: Math.min(waitMs, leftMs) };
    const answer = await workflows
      .update(account, syncUpdate, [request], { timeoutMs: request.waitMs + answerMs })
      .catch((error: unknown) => {
        throw isUnknownUpdate(error) ? olderWorker(account.accountId) : error;
      });
    if (answer.outcome !== 'under-way') return answer;
    if (Date.now() >= deadlineMs) {
      throw new ClientError(
        'timed-out',
        `The sync of account ${account.accountId} has not ended yet; it goes on.`,
        'See how far it is with `status`, or wait longer with --timeout.',
      );
    }
    known = { request: answer.request };
    await sleep(pauseMs);
  }
}

function isUnknownUpdate(error: unknown): boolean {
  return error instanceof ClientError && /^No registered handler for update/.test(error.message);
}

function olderWorker(accountId: string): ClientError {
  return new ClientError(
    'not-available',
    `The worker that reads account ${accountId} is of a release that can't say when a sync has ended.`,
    'Update the worker, or ask without waiting (`--no-wait`).',
  );
}
