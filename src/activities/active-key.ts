import { ApplicationFailure } from '@temporalio/common';
import { BoxDoesNotOpen, type Opener } from '../credentials/open.ts';
import { loadKey, type StoredKey } from '../database/index.ts';
import type { OpenKey, Reader } from '../history/ports.ts';
import type { Dependencies } from './dependencies.ts';

export interface ActiveKey {
  readonly keyId: string;
  readonly isDoubted: boolean;
  /** Whether its last check was long ago. */
  readonly lookIsDue: boolean;
  readonly reader: Reader;
  readonly expiresAtMs: number | null;
}

/** The opened key that an account is read with; null when it has none (any longer). */
export async function activeKey(
  { database, exchange, opener }: Dependencies,
  accountId: string,
): Promise<ActiveKey | null> {
  const stored = await loadKey(database, accountId, 'active');
  if (stored === null) return null;
  return {
    keyId: stored.keyId,
    isDoubted: stored.doubtedAt !== null,
    lookIsDue: Date.now() - (stored.lookedAt?.getTime() ?? 0) > overdueLookMs,
    reader: exchange.open(await openKey(opener, stored)),
    expiresAtMs: stored.expiresAt?.getTime() ?? null,
  };
}

/** The workflow checks a key every four days, unless it was started by a release without key checks. */
const overdueLookMs = 5 * 86_400_000;

/**
 * Opens a stored key. If it does not open, only the operator can help: the ring lacks a key pair, or the row was tampered with.
 * Then it throws a failure that is retried slowly, so that the account recovers once the ring is right.
 */
export async function openKey(opener: Opener, key: StoredKey): Promise<OpenKey> {
  try {
    const credentials = await opener.open(key);
    return { credentials, fingerprint: key.fingerprint, isUnproven: key.state === 'candidate' };
  } catch (error) {
    if (!(error instanceof BoxDoesNotOpen)) throw error;
    throw ApplicationFailure.create({ type: keyDoesNotOpen, message: error.message, nextRetryDelay: '5m' });
  }
}

const keyDoesNotOpen = 'KeyDoesNotOpen';

/** Whether a failure is that of {@link openKey}. */
export function doesNotOpen(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.type === keyDoesNotOpen;
}
