import { findAccount, findMergedAccount } from '../database/index.ts';
import { mergeUpdate } from '../workflows/messages.ts';
import { type Abortable, assertNotAborted } from './abort.ts';
import { AccountNotFound, ClientError } from './client-error.ts';
import type { Connections } from './connections.ts';
import { isAccountId, quoted } from './foreign-input.ts';
import { foundAccount, missing } from './stored-accounts.ts';

export interface MergeAnswer {
  /** The account that stays. */
  readonly accountId: string;
  /** The account that is gone; its id redirects to the one that stays. */
  readonly merged: string;
  /** Records that only the duplicate held. */
  readonly moved: number;
  /** Records that both held: each is stored once. */
  readonly dropped: number;
  /** Records that contradict each other: both are kept, one of them in quarantine. */
  readonly conflicts: number;
}

// One transaction moves everything. A hundred thousand records take seconds, so no caller waits longer.
const mergeTimeoutMs = 120_000;

/** Merges two accounts of an owner. The merge is completed even if the call fails; repeating the call gives the same answer. */
export async function mergeAccounts(
  connections: Connections,
  request: { readonly ownerId: string; readonly younger: string; readonly older: string } & Abortable,
): Promise<MergeAnswer> {
  const { ownerId, younger, older } = request;
  for (const id of [younger, older]) if (!isAccountId(id)) throw new AccountNotFound(quoted(id));
  if (younger === older) {
    throw new ClientError(
      'wrong-usage',
      'An account can not be merged with itself.',
      'Name the duplicate first, then the account that stays.',
    );
  }
  await foundAccount(connections.accounts, ownerId, older);
  const goes = await connections.accounts.ask(findAccount, ownerId, younger);
  if (goes === null) {
    const merged = await connections.accounts.ask(findMergedAccount, younger);
    if (merged?.ownerId === ownerId && merged.mergedInto === older) return answerOf(request, merged);
    throw await missing(connections.accounts, ownerId, younger);
  }
  const workflows = await connections.workflows.open();
  await workflows.assertServed();
  assertNotAborted(request.signal);
  const result = await workflows.update(goes, mergeUpdate, [{ into: older }], { timeoutMs: mergeTimeoutMs });
  if (result.outcome === 'merged') return answerOf(request, result);
  throw new ClientError(
    'different-accounts',
    `Accounts ${younger} and ${older} were not joined: ${reasons[result.reason]}.`,
    'Each keeps its own history; nothing was changed.',
  );
}

const reasons = {
  'another-id': 'BitMart names them as two different accounts',
  'other-records': 'they hold different records of a time that both were read through',
  gone: 'one of them no longer exists',
} as const;

function answerOf(
  { younger, older }: { readonly younger: string; readonly older: string },
  { moved, dropped, conflicts }: Pick<MergeAnswer, 'moved' | 'dropped' | 'conflicts'>,
): MergeAnswer {
  return { accountId: older, merged: younger, moved, dropped, conflicts };
}
