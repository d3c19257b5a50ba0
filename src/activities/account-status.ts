import { ApplicationFailure } from '@temporalio/common';
import { eraseAccount, LinkedSince, setPaused, unlinkAccount } from '../database/index.ts';
import { linkedSince } from '../workflows/messages.ts';
import type { Activities } from './contract.ts';
import type { Dependencies } from './dependencies.ts';

/** Stores that the account is paused or resumed, so that `status` never needs Temporal. */
export function createSaveStatus({ database }: Dependencies): Activities['saveStatus'] {
  return async ({ accountId, status, paused, nextSyncAt = null, command, accountCreatedAt }) => {
    await setPaused(database, accountId, {
      paused,
      status,
      nextSyncAt: instantOf(nextSyncAt),
      command,
      accountCreatedAt: instantOf(accountCreatedAt),
    });
  };
}

/** Enough to erase most accounts whole; the rest of a larger one follows later. */
const erasingMs = 10_000;

/** Deletes the sealed keys, and every row if `erase` is set. Idempotent. */
export function createUnlinkAccount({ database }: Dependencies): Activities['unlinkAccount'] {
  return async ({ accountId, erase, command = null, accountCreatedAt, seen }) => {
    const last = seen && { linkedAt: instantOf(seen.linkedAt), unlinkedAt: instantOf(seen.unlinkedAt) };
    const commanded = { command, accountCreatedAt: instantOf(accountCreatedAt), ...(last && { seen: last }) };
    try {
      if (!erase) return await unlinkAccount(database, accountId, commanded);
      await eraseAccount(database, accountId, commanded, erasingMs);
    } catch (error) {
      if (!(error instanceof LinkedSince)) throw error;
      throw ApplicationFailure.create({ type: linkedSince, message: error.message, nonRetryable: true });
    }
  };
}

function instantOf(text: string | null | undefined): Date | null {
  return text ? new Date(text) : null;
}
