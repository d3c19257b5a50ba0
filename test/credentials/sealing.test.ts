import { beforeAll, describe, expect, test } from 'vitest';
import { Credentials, fingerprintOf } from '../../src/credentials/credentials.ts';
import {
  BadKeyRing,
  type GeneratedKeyRing,
  generateKeyRing,
  parseKeyRing,
  parsePublicKey,
} from '../../src/credentials/key-ring.ts';
import { type BoxDoesNotOpen, createOpener, type RingNews, type SealedKey } from '../../src/credentials/open.ts';
import type { RingSource } from '../../src/credentials/ring-source.ts';
import { seal } from '../../src/credentials/seal.ts';
import { Secret } from '../../src/secret.ts';

const credentials = new Credentials({ apiKey: 'canary-key', apiSecret: 'canary-secret', memo: ' mémo ! ' });
let ring: GeneratedKeyRing;
let box: SealedKey;
beforeAll(async () => {
  ring = await generateKeyRing();
  box = await sealed(ring.publicKey);
});

async function sealed(publicKey: string): Promise<SealedKey> {
  return {
    sealed: await seal({ publicKey, ownerId: 'ann', accountId: 'x', keyId: 'k1', credentials }),
    ownerId: 'ann',
    keyId: 'k1',
    fingerprint: fingerprintOf(credentials.apiKey),
  };
}

/** A ring that a test changes at will. */
function ringIn(held: { text: string; mark?: string }): RingSource {
  return { name: 'a test', mark: () => held.mark ?? '', read: async () => new Secret(held.text) };
}

async function faultOf(key: SealedKey, ringFile = ring.ringFile): Promise<BoxDoesNotOpen> {
  const opener = await createOpener(ringIn({ text: ringFile }));
  try {
    await opener.open(key);
  } catch (error) {
    return error as BoxDoesNotOpen;
  }
  throw new Error('the box opened');
}

describe('a sealed box', () => {
  test('opens for its owner and key id with the three texts as they were', async () => {
    const opened = await (await createOpener(ringIn({ text: ring.ringFile }))).open(box);
    expect([opened.apiKey, opened.apiSecret, opened.memo]).toEqual(['canary-key', 'canary-secret', ' mémo ! ']);
  });

  test('shows nothing of what is inside, and is another text each time', async () => {
    const decoded = Buffer.from(box.sealed.split('.')[2] as string, 'base64url').toString('latin1');
    expect(box.sealed + decoded).not.toContain('canary');
    expect((await sealed(ring.publicKey)).sealed).not.toBe(box.sealed);
  });

  test('does not open in another owner’s row', async () => {
    expect(await faultOf({ ...box, ownerId: 'bob' })).toMatchObject({ name: 'BoxDoesNotOpen', fault: 'wrong-owner' });
  });

  test('does not open under another key id', async () => {
    expect((await faultOf({ ...box, keyId: 'k2' })).fault).toBe('wrong-key-id');
  });

  test('does not open in a row that names another API key', async () => {
    expect((await faultOf({ ...box, fingerprint: fingerprintOf('canary-kez') })).fault).toBe('wrong-fingerprint');
  });

  test('does not open when any of its bytes was changed', async () => {
    const [prefix, id, encoded] = box.sealed.split('.') as [string, string, string];
    const bytes = Buffer.from(encoded, 'base64url');
    for (const position of [0, 31, 32, 60, bytes.length - 1]) {
      const tampered = Buffer.from(bytes);
      tampered[position] = (tampered[position] as number) ^ 1;
      const fault = await faultOf({ ...box, sealed: [prefix, id, tampered.toString('base64url')].join('.') });
      expect(fault.fault).toBe('damaged');
    }
  });

  test.each(['', 'x', 'bitmart-sync-box', 'a.b.c.d'])(
    'does not open when it is not a box at all: "%s"',
    async (text) => {
      expect((await faultOf({ ...box, sealed: text })).fault).toBe('damaged');
    },
  );

  test('does not open with another ring, and says which file lacks the key', async () => {
    const other = await generateKeyRing();
    const error = await faultOf(box, other.ringFile);
    expect(error.fault).toBe('no-such-key');
    expect(error.message).toContain('CREDENTIALS_KEY_FILE');
  });

  test('can be sealed again for another account of its owner', async () => {
    const opener = await createOpener(ringIn({ text: ring.ringFile }));
    const again = await seal({
      publicKey: ring.publicKey,
      ownerId: 'ann',
      accountId: 'y',
      keyId: 'k1',
      credentials: await opener.open(box),
    });
    expect((await opener.open({ ...box, sealed: again })).apiSecret).toBe('canary-secret');
  });
});

describe('a key ring', () => {
  test('opens boxes of its older keys after a new one has joined', async () => {
    const rotated = await generateKeyRing(ring.ringFile);
    expect(rotated.publicKey).not.toBe(ring.publicKey);
    const opener = await createOpener(ringIn({ text: rotated.ringFile }));
    expect((await opener.open(box)).memo).toBe(' mémo ! ');
    expect((await opener.open(await sealed(rotated.publicKey))).memo).toBe(' mémo ! ');
  });

  test('that is damaged is refused without showing any of it', async () => {
    const privateKey = (JSON.parse(ring.ringFile) as { keys: { privateKey: string }[] }).keys[0]?.privateKey as string;
    const broken = [
      ring.ringFile.slice(0, -3),
      '{"version":1,"keys":[]}',
      'null',
      ring.ringFile.replace(privateKey, privateKey.slice(1)),
      ring.ringFile.replace('"privateKey"', '"secretKey"'),
    ];
    for (const content of broken) {
      const error = await createOpener(ringIn({ text: content })).catch((reason: Error) => reason);
      expect(error).toBeInstanceOf(BadKeyRing);
      expect((error as Error).message).not.toContain(privateKey.slice(2, 12));
      expect((error as Error).message).toContain('keys generate');
    }
  });

  test('whose halves, ids or keys do not belong together is refused with the reason', async () => {
    type Content = { keys: { id: string; publicKey: string; privateKey: string }[] };
    const other = JSON.parse((await generateKeyRing()).ringFile) as Content;
    const changed = (change: (keys: Content['keys'], foreign: Content['keys'][number]) => void) => {
      const content = JSON.parse(ring.ringFile) as Content;
      change(content.keys, other.keys[0] as Content['keys'][number]);
      return JSON.stringify(content);
    };
    const wrong: readonly [content: string, reason: string][] = [
      [
        changed(([key], foreign) => Object.assign(key ?? {}, { privateKey: foreign.privateKey })),
        'do not belong together',
      ],
      [changed(([key], foreign) => Object.assign(key ?? {}, { id: foreign.id })), 'another id'],
      [changed((keys) => keys.push(...keys)), 'twice'],
    ];
    for (const [content, reason] of wrong) expect(() => parseKeyRing(content)).toThrow(reason);
  });

  test('that has changed is taken into use at the next box; one that is not usable leaves the former in use', async () => {
    const held = { text: ring.ringFile, mark: '1' };
    const news: RingNews[] = [];
    const opener = await createOpener(ringIn(held), (each) => news.push(each));
    const young = await generateKeyRing(ring.ringFile);
    Object.assign(held, { text: young.ringFile, mark: '2' });
    await opener.open(box);
    expect(opener.publicKey()).toBe(young.publicKey);
    Object.assign(held, { text: 'canary', mark: '3' });
    expect((await opener.open(await sealed(young.publicKey))).memo).toBe(' mémo ! ');
    await opener.open(box);
    expect(news).toEqual([
      { keys: [parsePublicKey(young.publicKey).id, parsePublicKey(ring.publicKey).id] },
      { failure: expect.stringContaining('not JSON') },
    ]);
    // Its mark says nothing: it is read when it is asked for.
    Object.assign(held, { text: ring.ringFile });
    await opener.reload();
    expect(opener.publicKey()).toBe(ring.publicKey);
  });

  test('never seals for a public key that was cut or mistyped', async () => {
    const letter = ring.publicKey.at(-5);
    const texts = [
      ring.publicKey.slice(0, -1),
      `${ring.publicKey.slice(0, -5)}${letter === 'A' ? 'B' : 'A'}${ring.publicKey.slice(-4)}`,
      'x',
    ];
    for (const publicKey of texts) await expect(sealed(publicKey)).rejects.toThrow(BadKeyRing);
  });

  test('gives away no private key with the public text', () => {
    const { keys } = JSON.parse(ring.ringFile) as { keys: { privateKey: string; publicKey: string }[] };
    expect(ring.publicKey).toContain(keys[0]?.publicKey);
    expect(ring.publicKey).not.toContain(keys[0]?.privateKey);
  });
});
