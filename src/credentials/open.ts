import sodium from 'libsodium-wrappers';
import { Credentials } from './credentials.ts';
import { parseKeyRing } from './key-ring.ts';
import { type BoxContent, boxPrefix } from './seal.ts';

/**
 * - `no-such-key`: sealed for a key pair that this ring does not have
 * - `damaged`: not a box, or changed since it was sealed
 * - `wrong-owner`, `wrong-key-id`: a good box in a row where it does not belong
 */
export type BoxFault = 'no-such-key' | 'damaged' | 'wrong-owner' | 'wrong-key-id';

/** Sealed credentials that don't open. Says which key is concerned, nothing of what is inside. */
export class BoxDoesNotOpen extends Error {
  override readonly name = 'BoxDoesNotOpen';
  readonly fault: BoxFault;

  constructor(fault: BoxFault, keyId: string) {
    super(`The sealed credentials of key ${keyId} don't open: ${explanations[fault]}`);
    this.fault = fault;
  }
}

const explanations: Record<BoxFault, string> = {
  'no-such-key':
    'they were sealed for a key pair that is not in CREDENTIALS_KEY_FILE. Add that private key to the ring, or link again.',
  damaged: 'they were changed since they were sealed. Link the key again.',
  'wrong-owner': 'they were sealed for another owner. Link the key again as its owner.',
  'wrong-key-id': 'they were sealed under another key id. Link the key again.',
};

export interface SealedKey {
  readonly sealed: string;
  readonly ownerId: string;
  readonly keyId: string;
}

export interface Opener {
  /** Throws BoxDoesNotOpen. */
  open(key: SealedKey): Credentials;
}

/** Opens boxes with the private ring: several keys may be in it, so that they can be changed one after another. */
export async function createOpener(ringFile: string): Promise<Opener> {
  await sodium.ready;
  const keys = new Map(
    parseKeyRing(ringFile).map((key) => [
      key.id,
      { publicKey: Buffer.from(key.publicKey, 'base64url'), privateKey: Buffer.from(key.privateKey, 'base64url') },
    ]),
  );
  return {
    open({ sealed, ownerId, keyId }) {
      const [prefix, ringKeyId, encoded, ...rest] = sealed.split('.');
      if (prefix !== boxPrefix || !ringKeyId || !encoded || rest.length > 0) throw new BoxDoesNotOpen('damaged', keyId);
      const pair = keys.get(ringKeyId);
      if (!pair) throw new BoxDoesNotOpen('no-such-key', keyId);
      const content = unseal(Buffer.from(encoded, 'base64url'), pair);
      if (!content) throw new BoxDoesNotOpen('damaged', keyId);
      if (content.ownerId !== ownerId) throw new BoxDoesNotOpen('wrong-owner', keyId);
      if (content.keyId !== keyId) throw new BoxDoesNotOpen('wrong-key-id', keyId);
      return new Credentials(content);
    },
  };
}

function unseal(box: Uint8Array, pair: { publicKey: Uint8Array; privateKey: Uint8Array }): BoxContent | null {
  try {
    const content: BoxContent = JSON.parse(
      Buffer.from(sodium.crypto_box_seal_open(box, pair.publicKey, pair.privateKey)).toString('utf8'),
    );
    return content.version === 1 ? content : null;
  } catch {
    return null;
  }
}
