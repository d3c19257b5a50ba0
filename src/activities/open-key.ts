import { ApplicationFailure } from '@temporalio/common';
import { BoxDoesNotOpen, type Opener } from '../credentials/open.ts';
import type { StoredKey } from '../database/index.ts';
import type { OpenKey } from '../history/ports.ts';

/**
 * A stored key, ready for asking. Where it does not open only the operator can help: the ring lacks a key pair, or a row was
 * tampered with. Then it throws a failure that is tried again slowly, so that it heals by itself.
 */
export function openKey(opener: Opener, { sealed, ownerId, keyId, fingerprint, state }: StoredKey): OpenKey {
  try {
    const { apiKey, apiSecret, memo } = opener.open({ sealed, ownerId, keyId });
    return { apiKey, apiSecret, memo, fingerprint, isUnproven: state === 'candidate' };
  } catch (error) {
    if (!(error instanceof BoxDoesNotOpen)) throw error;
    throw ApplicationFailure.create({ type: 'KeyDoesNotOpen', message: error.message, nextRetryDelay: '5m' });
  }
}
