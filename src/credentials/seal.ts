import sodium from 'libsodium-wrappers';
import type { KeyTexts } from '../history/credentials-slips.ts';
import type { Credentials } from './credentials.ts';
import { parsePublicKey } from './key-ring.ts';

interface SealRequest {
  /** The text that `keys generate` printed. */
  readonly publicKey: string;
  readonly ownerId: string;
  /** Only noted; a box may be moved to another account of its owner. */
  readonly accountId?: string | undefined;
  readonly keyId: string;
  readonly credentials: Credentials;
}

/** What lies inside a box. */
export interface BoxContent extends KeyTexts {
  readonly version: 1;
  readonly ownerId: string;
  readonly keyId: string;
  readonly accountId?: string;
}

export const boxPrefix = 'bitmart-sync-box';

/**
 * Seals credentials so that only the worker's private ring opens them. Whose they are and under which id they are kept
 * is inside the box: a box that is put in another owner's row does not open there.
 */
export async function seal(request: SealRequest): Promise<string> {
  await sodium.ready;
  const { credentials, ownerId, accountId, keyId } = request;
  const publicKey = parsePublicKey(request.publicKey);
  const content: BoxContent = {
    version: 1,
    ownerId,
    keyId,
    ...(accountId === undefined ? {} : { accountId }),
    apiKey: credentials.apiKey,
    apiSecret: credentials.apiSecret,
    memo: credentials.memo,
  };
  const box = sodium.crypto_box_seal(Buffer.from(JSON.stringify(content)), publicKey.bytes);
  return [boxPrefix, publicKey.id, Buffer.from(box).toString('base64url')].join('.');
}
