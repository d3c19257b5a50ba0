import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Payload, PayloadCodec } from '@temporalio/common';

/** Keys for what Temporal stores of inputs, results and details: the first one encrypts, all of them decrypt. */
export type PayloadKeys = readonly [PayloadKey, ...PayloadKey[]];

interface PayloadKey {
  readonly id: string;
  /** 32 bytes, which it doesn't show when it is printed. */
  readonly key: KeyObject;
}

export class BadPayloadKeys extends Error {
  override readonly name = 'BadPayloadKeys';
}

/**
 * The keys in the content of a payload key file: one key a line, `id base64`, the newest first.
 *
 * @example
 * import { parsePayloadKeys } from 'bitmart-sync/client';
 *
 * const keys = parsePayloadKeys(`2026-11 ${Buffer.alloc(32, 7).toString('base64')}`);
 */
export function parsePayloadKeys(text: string): PayloadKeys {
  const keys = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, place): PayloadKey => {
      const [id = '', encoded = '', ...more] = line.trim().split(/\s+/);
      const key = Buffer.from(encoded, 'base64');
      if (key.length !== keyBytes || more.length > 0)
        throw new BadPayloadKeys(`line ${place + 1} is not an id and 32 bytes in base64`);
      return { id, key: createSecretKey(key) };
    });
  const [first, ...others] = keys;
  if (first === undefined) throw new BadPayloadKeys('the file holds no key');
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new BadPayloadKeys('two keys have one id');
  return [first, ...others];
}

/**
 * The keys of a payload key file.
 *
 * @example
 * import { readPayloadKeys } from 'bitmart-sync/client';
 *
 * const keys = readPayloadKeys('payload-keys');
 */
export function readPayloadKeys(file: string): PayloadKeys {
  try {
    return parsePayloadKeys(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = error instanceof BadPayloadKeys ? message : `it can't be read (${code ?? 'unknown'})`;
    throw new BadPayloadKeys(`The file of payload keys "${file}" is not usable: ${reason}.`);
  }
}

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
const encoding = 'binary/encrypted';
const text = new TextEncoder();

/**
 * Encrypts every payload with AES-256-GCM. An unencrypted payload is read too, so encryption can be switched on while
 * workflows run. Search attributes, ids and the messages of failures are never encrypted.
 *
 * @example
 * import { createClient, createPayloadCodec, readPayloadKeys } from 'bitmart-sync/client';
 *
 * const payloadCodec = createPayloadCodec(readPayloadKeys('payload-keys'));
 * const client = createClient({ databaseUrl, temporal: { address: 'temporal:7233', payloadCodec } });
 */
export function createPayloadCodec(keys: PayloadKeys): PayloadCodec {
  return {
    encode: async (payloads) => payloads.map((payload) => encrypted(keys[0], payload)),
    decode: async (payloads) => payloads.map((payload) => decrypted(keys, payload)),
  };
}

function encrypted({ id, key }: PayloadKey, payload: Payload): Payload {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  cipher.setAAD(text.encode(id));
  const ciphertext = Buffer.concat([cipher.update(serialized(payload)), cipher.final()]);
  return {
    metadata: { encoding: text.encode(encoding), 'encryption-key-id': text.encode(id) },
    data: Buffer.concat([iv, cipher.getAuthTag(), ciphertext]),
  };
}

function decrypted(keys: PayloadKeys, payload: Payload): Payload {
  if (nameIn(payload, 'encoding') !== encoding) return payload;
  const id = nameIn(payload, 'encryption-key-id');
  const known = keys.find((candidate) => candidate.id === id);
  if (known === undefined)
    throw new BadPayloadKeys(`A payload is encrypted with key "${id}", which is not in the ring.`);
  const data = Buffer.from(payload.data ?? []);
  const decipher = createDecipheriv('aes-256-gcm', known.key, data.subarray(0, ivBytes), { authTagLength: tagBytes });
  decipher.setAAD(text.encode(id));
  decipher.setAuthTag(data.subarray(ivBytes, ivBytes + tagBytes));
  const plain = Buffer.concat([decipher.update(data.subarray(ivBytes + tagBytes)), decipher.final()]);
  return deserialized(plain);
}

function nameIn({ metadata }: Payload, name: string): string {
  return Buffer.from(metadata?.[name] ?? []).toString();
}

function serialized({ metadata, data }: Payload): string {
  const names = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  return JSON.stringify({ metadata: Object.fromEntries(names), data: Buffer.from(data ?? []).toString('base64') });
}

function deserialized(plain: Buffer): Payload {
  const { metadata, data } = JSON.parse(plain.toString()) as {
    readonly metadata: Readonly<Record<string, string>>;
    readonly data: string;
  };
  const values = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
  return { metadata: Object.fromEntries(values), data: Buffer.from(data, 'base64') };
}
