import type { AccountToStart } from '../workflows/account-start.ts';
import type { WorkflowView } from '../workflows/messages.ts';
import type { Status } from './answers.ts';
import { ClientError } from './client-error.ts';
import type { AccountWorkflows } from './temporal.ts';
import { type WaitOptions, waitUntil } from './wait.ts';

export interface SyncOptions extends WaitOptions {
  /** False returns as soon as the sync is asked for. @default true */
  readonly wait?: boolean;
  /** Told how things stand at every look while it waits. */
  readonly onStatus?: (status: Status) => void;
}

/**
 * Wakes the account's workflow and waits until it has been through its streams: it says so itself, or something was read
 * and it rests again. A sync that takes longer goes on without us.
 */
export async function syncNow(
  workflows: AccountWorkflows,
  account: AccountToStart,
  readStatus: () => Promise<Status>,
  options: SyncOptions,
): Promise<void> {
  if (!(options.wait ?? true)) return workflows.wake(account);
  await workflows.assertServed();
  const look = async (): Promise<Sight> => {
    const view = await workflows.view(account.accountId).catch(() => null);
    const status = await readStatus();
    options.onStatus?.(status);
    return { view, status };
  };
  const before = await look();
  await workflows.wake(account);
  await waitUntil(
    look,
    (now) => isOver(before, now),
    options,
    async () => {
      if (!(await workflows.isWorkerPolling())) return workflows.explainSilence();
      return new ClientError(
        'timed-out',
        'The sync has not ended yet; it goes on by itself.',
        'See how far it is with `status`, or wait longer with --timeout.',
      );
    },
  );
}

interface Sight {
  readonly view: WorkflowView | null;
  readonly status: Status;
}

function isOver(before: Sight, now: Sight): boolean {
  if (now.view !== null && now.view.activity !== 'idle') return false;
  const anotherCycle = now.view !== null && before.view !== null && now.view.cycles !== before.view.cycles;
  return anotherCycle || isNewer(before.status, now.status);
}

/** A stream was read that had not been read before, or was read later than before. */
function isNewer(before: Status, now: Status): boolean {
  const readAt = new Map(before.streams.map((stream) => [stream.stream, stream.lastReadAt ?? '']));
  return now.streams.some((stream) => (stream.lastReadAt ?? '') > (readAt.get(stream.stream) ?? ''));
}
