import sodium from 'libsodium-wrappers';
import { Credentials, fingerprintOf } from './credentials.ts';
import { parseKeyRing, publicTextOf, type RingKeys } from './key-ring.ts';
import type { RingSource } from './ring-source.ts';
import { type BoxContent, boxPrefix } from './seal.ts';

/**
 * - `no-such-key`: sealed for a key pair that this ring does not have
 * - `damaged`: not a box, or changed since it was sealed
 * - `wrong-owner`, `wrong-key-id`, `wrong-fingerprint`: a good box in a row where it does not belong
 */
type BoxFault = 'no-such-key' | 'damaged' | 'wrong-owner' | 'wrong-key-id' | 'wrong-fingerprint';

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
    'they were sealed for a key pair that is not in the ring (CREDENTIALS_KEY_FILE or CREDENTIALS_KEY_COMMAND). Add that private key to the ring, or link again.',
  damaged: 'they were changed since they were sealed. Link the key again.',
  'wrong-owner': 'they were sealed for another owner. Link the key again as its owner.',
  'wrong-key-id': 'they were sealed under another key id. Link the key again.',
  'wrong-fingerprint': 'they hold another API key than the row says. Link the key again.',
};

export interface SealedKey {
  readonly sealed: string;
  readonly ownerId: string;
  readonly keyId: string;
  readonly fingerprint: string;
}

export interface Opener {
  /** Throws BoxDoesNotOpen. A ring that has changed is taken into use first. */
  open(key: SealedKey): Promise<Credentials>;
  /** The public text of the ring's current key: what is sealed again is sealed for it. */
  publicKey(): string;
  /** Reads the ring anew, whether or not it looks changed. */
  reload(): Promise<void>;
}

/** How a ring was read anew. On a failure the former one stays in use. */
export type RingNews = { readonly keys: readonly string[] } | { readonly failure: string };

/** After a box that the ring lacks the key for, the ring is read again, but not for every box of many. */
const readAgainAfterMs = 10_000;

/** Opens boxes with the private ring: several keys may be in it, so that they can be changed one after another. */
export async function createOpener(source: RingSource, onNews: (news: RingNews) => void = () => {}): Promise<Opener> {
  await sodium.ready;
  let mark = source.mark();
  let ring = parseKeyRing((await source.read()).reveal());
  let readMs = performance.now();
  let reading: Promise<void> | null = null;

  const read = async (isAsked: boolean) => {
    // Noted first: a ring that is not usable is not read again until it changes.
    mark = source.mark();
    readMs = performance.now();
    try {
      const former = ring;
      ring = parseKeyRing((await source.read()).reveal());
      if (isAsked || idsOf(former).join() !== idsOf(ring).join()) onNews({ keys: idsOf(ring) });
    } catch (error) {
      onNews({ failure: (error as Error).message });
    }
  };
  const readOnce = (isAsked = false) => {
    reading ??= read(isAsked).finally(() => {
      reading = null;
    });
    return reading;
  };

  return {
    async open(key) {
      if (source.mark() !== mark) await readOnce();
      const opened = openWith(ring, key);
      if (opened !== 'no-such-key') return opened;
      if (performance.now() - readMs > readAgainAfterMs) await readOnce();
      const again = openWith(ring, key);
      if (again === 'no-such-key') throw new BoxDoesNotOpen(again, key.keyId);
      return again;
    },
    publicKey: () => publicTextOf(ring[0]),
    reload: () => readOnce(true),
  };
}

function idsOf(ring: RingKeys): readonly string[] {
  return ring.map(({ id }) => id);
}

function openWith(ring: RingKeys, { sealed, ownerId, keyId, fingerprint }: SealedKey): Credentials | 'no-such-key' {
  const [prefix, ringKeyId, encoded, ...rest] = sealed.split('.');
  if (prefix !== boxPrefix || !ringKeyId || !encoded || rest.length > 0) throw new BoxDoesNotOpen('damaged', keyId);
  const pair = ring.find(({ id }) => id === ringKeyId);
  if (!pair) return 'no-such-key';
  const content = unseal(Buffer.from(encoded, 'base64url'), {
    publicKey: Buffer.from(pair.publicKey, 'base64url'),
    privateKey: Buffer.from(pair.privateKey.reveal(), 'base64url'),
  });
  if (!content) throw new BoxDoesNotOpen('damaged', keyId);
  if (content.ownerId !== ownerId) throw new BoxDoesNotOpen('wrong-owner', keyId);
  if (content.keyId !== keyId) throw new BoxDoesNotOpen('wrong-key-id', keyId);
  if (fingerprintOf(content.apiKey) !== fingerprint) throw new BoxDoesNotOpen('wrong-fingerprint', keyId);
  return new Credentials(content);
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
