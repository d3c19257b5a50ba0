import { createHash } from 'node:crypto';

/**
 * What a key is called where it must not be shown: one key, one fingerprint, whichever owner links it. An API key has 160 random
 * bits, so that it can't be guessed from its fingerprint.
 */
export function fingerprintOf(apiKey: string, exchange = 'bitmart'): string {
  return createHash('sha256')
    .update(JSON.stringify(['bitmart-sync key', exchange, apiKey]))
    .digest('hex');
}
