import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { createPayloadCodec, parsePayloadKeys } from '../../src/credentials/payload-codec.ts';

const line = (id: string) => `${id} ${randomBytes(32).toString('base64')}`;
const [old, young] = [line('2026-01'), line('2026-11')];
const payload = defaultPayloadConverter.toPayload({ secret: 'alice' }) as Payload;

async function encode(ring: string): Promise<Payload> {
  return (await createPayloadCodec(parsePayloadKeys(ring)).encode([payload]))[0] as Payload;
}

async function decode(ring: string, encoded: Payload): Promise<unknown> {
  const [decoded] = await createPayloadCodec(parsePayloadKeys(ring)).decode([encoded]);
  return defaultPayloadConverter.fromPayload(decoded as Payload);
}

describe('a payload', () => {
  test('is unreadable without its key, never the same twice, and comes back whole', async () => {
    const [one, two] = [await encode(young), await encode(young)];
    expect(Buffer.from(one.data ?? []).toString('latin1')).not.toContain('alice');
    expect(one.data).not.toEqual(two.data);
    expect(await decode(young, one)).toEqual({ secret: 'alice' });
  });

  test('of an older key is read as long as the ring has it; new ones get the first key', async () => {
    const ring = `${young}\n${old}\n`;
    expect(await decode(ring, await encode(old))).toEqual({ secret: 'alice' });
    expect(Buffer.from((await encode(ring)).metadata?.['encryption-key-id'] ?? []).toString()).toBe('2026-11');
    await expect(decode(young, await encode(old))).rejects.toThrow('key "2026-01", which is not in the ring');
  });

  test('from before the encryption is still read', async () => {
    expect(await decode(young, payload)).toEqual({ secret: 'alice' });
  });

  test('that was changed, or whose tag was cut, is refused', async () => {
    const { metadata, data } = await encode(young);
    const bytes = Buffer.from(data ?? []);
    for (const place of [0, 12, 28, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] as number) ^ 1;
      await expect(decode(young, { metadata: metadata ?? {}, data: changed })).rejects.toThrow();
    }
    await expect(decode(young, { metadata: metadata ?? {}, data: bytes.subarray(0, 20) })).rejects.toThrow();
  });
});

test.each([
  ['', 'holds no key'],
  ['id short', 'line 1 is not an id and 32 bytes'],
  [`${young}\n${young}`, 'two keys have one id'],
])('a ring that is not usable is refused with the reason', (ring, reason) => {
  expect(() => parsePayloadKeys(ring)).toThrow(reason);
});
