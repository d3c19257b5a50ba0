import { createHash } from 'node:crypto';
import sodium from 'libsodium-wrappers';

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
    privateKey: base64(pair.privateKey),
    createdAt: new Date().toISOString(),
  };
  const ringFile = `${JSON.stringify({ version: 1, keys: [key, ...older] }, null, 2)}\n`;
  return { publicKey: publicKeyText(pair.publicKey), ringFile };
}

export interface RingKey {
  readonly id: string;
  readonly publicKey: string;
  readonly privateKey: string;
  readonly createdAt: string;
}

/** The file named as private ring, or the text named as public key, is not one. Shows nothing of its content. */
export class BadKeyRing extends Error {
  override readonly name = 'BadKeyRing';
}

/** The private keys of a ring file, newest first. */
export function parseKeyRing(ringFile: string): readonly RingKey[] {
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
  for (const key of ring.keys as Partial<RingKey>[]) {
    const complete = [key?.id, key?.publicKey, key?.privateKey].every((text) => typeof text === 'string');
    if (!complete || bytesOf(key.publicKey)?.length !== 32 || bytesOf(key.privateKey)?.length !== 32) {
      throw new BadKeyRing(`A key of the private key ring is damaged. ${makeOne}`);
    }
  }
  return ring.keys as RingKey[];
}

/** The public text of a ring's newest key: what is sealed again is sealed for it. */
export function newestPublicKey(ringFile: string): string {
  const [newest] = parseKeyRing(ringFile);
  return publicKeyText(Buffer.from((newest as RingKey).publicKey, 'base64url'));
}

const publicPrefix = 'bitmart-sync-public';

export interface PublicKey {
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

function publicKeyText(bytes: Uint8Array): string {
  return [publicPrefix, ringKeyId(bytes), base64(bytes)].join('.');
}

/** Derived from the key, so that a text that was cut or mistyped is noticed. */
function ringKeyId(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('hex').slice(0, 12);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function bytesOf(text: string | undefined): Uint8Array | null {
  return typeof text === 'string' && /^[\w-]+$/.test(text) ? Buffer.from(text, 'base64url') : null;
}
