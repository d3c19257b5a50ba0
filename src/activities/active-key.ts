import { loadKey } from '../database/index.ts';
import type { Reader } from '../history/ports.ts';
import type { Dependencies } from './dependencies.ts';
import { openKey } from './open-key.ts';

export interface ActiveKey {
  readonly keyId: string;
  readonly isDoubted: boolean;
  /** Its last check was long ago. */
  readonly lookIsDue: boolean;
  readonly reader: Reader;
  readonly expiresAtMs: number | null;
}

/** The key that an account is read with, opened; null when it has none or no longer has one. */
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

/** The workflow checks a key every four days, unless a release without key checks has begun it. */
const overdueLookMs = 5 * 86_400_000;
