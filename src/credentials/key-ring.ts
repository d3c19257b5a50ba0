import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { Secret } from '../secret.ts';

/** A fresh pair: the public text goes to the platform, the ring file only to the worker. */
export interface GeneratedKeyRing {
  readonly publicKey: string;
  /** Content of the ring file, JSON. Secret. */
  readonly ringFile: string;
}

/**
 * Makes a key pair. With the content of a ring that is in use, the new key joins it: what was sealed for the older
 * keys still opens, and what is sealed from now on needs the new public key.
 */
export async function generateKeyRing(existingRingFile?: string): Promise<GeneratedKeyRing> {
  await sodium.ready;
  const older = existingRingFile === undefined ? [] : parseKeyRing(existingRingFile);
  const pair = sodium.crypto_box_keypair();
  const key: RingKey = {
    id: ringKeyId(pair.publicKey),
    publicKey: base64(pair.publicKey),
    privateKey: new Secret(base64(pair.privateKey)),
    createdAt: new Date().toISOString(),
  };
  return { publicKey: publicTextOf(key), ringFile: ringFileOf([key, ...older]) };
}

interface RingKey {
  readonly id: string;
  readonly publicKey: string;
  readonly privateKey: Secret<string>;
  readonly createdAt: string;
}

/** The first key is the current one: keys are sealed for it. The older ones only open. */
export type RingKeys = readonly [current: RingKey, ...older: RingKey[]];

/** The file named as private ring, or the text named as public key, is not one. Shows nothing of its content. */
export class BadKeyRing extends Error {
  override readonly name = 'BadKeyRing';
}

/** The private keys of a ring file, the current one first. */
export function parseKeyRing(ringFile: string): RingKeys {
  let content: unknown;
  try {
    content = JSON.parse(ringFile);
  } catch {
    // The parser's own words would quote the file.
    throw new BadKeyRing(`The private key ring is not JSON. ${makeOne}`);
  }
  const ring = content as { version?: unknown; keys?: unknown };
  if (ring?.version !== 1 || !Array.isArray(ring.keys) || ring.keys.length === 0) {
    throw new BadKeyRing(`The private key ring has no keys of version 1. ${makeOne}`);
  }
  const keys = ring.keys.map(keyOf);
  const repeated = keys.find(({ id }, place) => keys.findIndex((key) => key.id === id) < place);
  if (repeated) throw new BadKeyRing(`The private key ring has key ${repeated.id} twice. ${restoreIt}`);
  return keys as [RingKey, ...RingKey[]];
}

function keyOf(given: Partial<Record<'id' | 'publicKey' | 'privateKey' | 'createdAt', unknown>>): RingKey {
  const [publicBytes, privateBytes] = [bytesOf(given?.publicKey), bytesOf(given?.privateKey)];
  if (typeof given?.id !== 'string' || publicBytes?.length !== 32 || privateBytes?.length !== 32) {
    throw new BadKeyRing(`A key of the private key ring is damaged. ${restoreIt} ${makeOne}`);
  }
  const id = ringKeyId(publicBytes);
  if (given.id !== id) {
    throw new BadKeyRing(`The key with the public half ${id} has another id in the private key ring. ${restoreIt}`);
  }
  if (!publicHalfOf(privateBytes).equals(publicBytes)) {
    throw new BadKeyRing(`The two halves of key ${id} in the private key ring do not belong together. ${restoreIt}`);
  }
  return {
    id,
    publicKey: given.publicKey as string,
    privateKey: new Secret(given.privateKey as string),
    createdAt: typeof given.createdAt === 'string' ? given.createdAt : '',
  };
}

/** What a file with these keys holds. Secret. */
export function ringFileOf(keys: readonly RingKey[]): string {
  const plain = keys.map(({ id, publicKey, privateKey, createdAt }) => ({
    id,
    publicKey,
    privateKey: privateKey.reveal(),
    createdAt,
  }));
  return `${JSON.stringify({ version: 1, keys: plain }, null, 2)}\n`;
}

const publicPrefix = 'bitmart-sync-public';

/** What is given to everything that seals keys for this pair. */
export function publicTextOf({ id, publicKey }: RingKey): string {
  return [publicPrefix, id, publicKey].join('.');
}

interface PublicKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Reads the text that `generateKeyRing` calls `publicKey`. */
export function parsePublicKey(text: string): PublicKey {
  const [prefix, id, encoded, ...rest] = text.trim().split('.');
  const bytes = bytesOf(encoded);
  if (prefix !== publicPrefix || rest.length > 0 || bytes?.length !== 32 || ringKeyId(bytes) !== id) {
    throw new BadKeyRing(`CREDENTIALS_PUBLIC_KEY is not a public key (${publicPrefix}.<id>.<key>). ${makeOne}`);
  }
  return { id, bytes };
}

const makeOne = 'Make a pair with `bitmart-sync keys generate --out FILE`.';
const restoreIt = 'Restore the ring from your copy of it.';

/** Derived from the key, so that a text that was cut or mistyped is noticed. */
function ringKeyId(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('hex').slice(0, 12);
}

/** Of X25519, in DER: what stands before the 32 bytes of a private key. */
const privateKeyPrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');

function publicHalfOf(privateBytes: Buffer): Buffer {
  const der = Buffer.concat([privateKeyPrefix, privateBytes]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function bytesOf(text: unknown): Buffer | null {
  return typeof text === 'string' && /^[\w-]+$/.test(text) ? Buffer.from(text, 'base64url') : null;
}
