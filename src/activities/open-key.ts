import { ApplicationFailure } from '@temporalio/common';
import { BoxDoesNotOpen, type Opener } from '../credentials/open.ts';
import type { StoredKey } from '../database/index.ts';
import type { OpenKey } from '../history/ports.ts';

/**
 * A stored key, ready for asking. Where it does not open only the operator can help: the ring lacks a key pair, or a row was
 * tampered with. Then it throws a failure that is retried slowly, so that it recovers without help.
 */
export async function openKey(opener: Opener, key: StoredKey): Promise<OpenKey> {
  try {
    const credentials = await opener.open(key);
    return { credentials, fingerprint: key.fingerprint, isUnproven: key.state === 'candidate' };
  } catch (error) {
    if (!(error instanceof BoxDoesNotOpen)) throw error;
    throw ApplicationFailure.create({ type: 'KeyDoesNotOpen', message: error.message, nextRetryDelay: '5m' });
  }
}
