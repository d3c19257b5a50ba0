import { createHash, randomBytes } from 'node:crypto';

/** A new id in order of time (UUID version 7), so that rows written together are stored together. */
export function timedUuid(nowMs = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return uuidText(bytes);
}

/** An id derived from the content: equal contents have the same id. */
export function contentUuid(content: readonly string[]): string {
  return uuidText(createHash('sha256').update(JSON.stringify(content)).digest().subarray(0, 16));
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
