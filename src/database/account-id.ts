import { createHash } from 'node:crypto';

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/**
 * The id of an owner's account for a key. It is derived, so that two simultaneous links of one key meet in one account. 130
 * bits in letters and digits that are not mistaken for one another.
 */
export function accountIdOf(ownerId: string, fingerprint: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(['bitmart-sync account', ownerId, fingerprint]))
    .digest();
  const letters = [...hash.subarray(0, 26)].map((byte) => alphabet[byte % alphabet.length]);
  return letters.join('');
}

const standInPrefix = 'check:';

/** The owner of the probe account of a key check: no real owner. */
export function standInOwner(accountId: string): string {
  return `${standInPrefix}${accountId}`;
}

export function isStandIn(ownerId: string): boolean {
  return ownerId.startsWith(standInPrefix);
}
