import { chmod, mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Credentials, fingerprintOf } from '../../src/credentials/credentials.ts';
import { createOpener } from '../../src/credentials/open.ts';
import { ringFromFile } from '../../src/credentials/ring-source.ts';
import { seal } from '../../src/credentials/seal.ts';
import { loadKey, saveCandidate } from '../../src/database/index.ts';
import { migratedDatabase, type TestDatabase } from '../database/support.ts';
import { documentOf, type Ended, runCommandLine } from './run-command-line.ts';

let database: TestDatabase;
let env: Readonly<Record<string, string>>;
let ring: string;

beforeAll(async () => {
  database = await migratedDatabase();
  ring = join(await mkdtemp(join(tmpdir(), 'keys-')), 'ring.json');
  env = { DATABASE_URL: database.url, CREDENTIALS_KEY_FILE: ring };
});
afterAll(() => database.close());

const keys = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  runCommandLine(['keys', ...args, '--json'], { env: { ...env, ...more } });

/** A key of an account of its own, sealed for that pair. */
async function store(accountId: string, publicKey: string): Promise<void> {
  const credentials = new Credentials({ apiKey: `canary-${accountId}`, apiSecret: 'canary-s', memo: 'canary-m' });
  const [ownerId, keyId] = ['ann', `k-${accountId}`];
  const sealed = await seal({ publicKey, ownerId, accountId, keyId, credentials });
  const fingerprint = fingerprintOf(credentials.apiKey);
  await saveCandidate(database, { accountId, ownerId, keyId, fingerprint, sealed });
}

async function openedApiKeys(): Promise<readonly string[]> {
  const opener = await createOpener(ringFromFile(ring));
  const { rows } = await database.pool.query('select account_id, key_id from api_key order by 1');
  return Promise.all(
    rows.map(async (row) => {
      const key = await loadKey(database, row.account_id, row.key_id);
      if (key === null) throw new Error('it is gone');
      return (await opener.open(key)).apiKey;
    }),
  );
}

const idOf = (publicKey: unknown) => String(publicKey).split('.')[1] as string;

describe('changing the key of a ring', () => {
  let first: string;
  let second: string;

  test('begins with a new current key: the ring keeps the older one, its owner and its mode', async () => {
    first = String(documentOf(await keys(['generate', '--out', ring])).publicKey);
    for (const accountId of ['a', 'b', 'c']) await store(accountId, first);
    const added = await keys(['add']);
    second = String(documentOf(added).publicKey);
    expect(documentOf(added)).toEqual({ file: ring, id: idOf(second), publicKey: second, older: [idOf(first)] });
    expect(added.stdout + added.stderr).not.toContain(JSON.parse(await readFile(ring, 'utf8')).keys[0].privateKey);
    expect((await stat(ring)).mode & 0o777).toBe(0o600);
    await store('d', second);
  });

  test('the list says how many stored keys need each', async () => {
    const listed = await keys(['list']);
    expect(listed.status, listed.stderr).toBe(0);
    const newestBoxAt = expect.stringMatching(/^20.*Z$/);
    const today = { createdAt: expect.stringMatching(/^20.*Z$/), ageDays: 0, newestBoxAt };
    expect(documentOf(listed)).toEqual({
      ring,
      keys: [
        { id: idOf(second), state: 'current', boxes: 1, ...today },
        { id: idOf(first), state: 'older', boxes: 3, ...today },
      ],
    });
  });

  test('a key that stored ones need, the current one and an unknown one are not retired', async () => {
    const before = await readFile(ring, 'utf8');
    for (const [id, reason] of [
      [idOf(first), '3 stored keys still need'],
      [idOf(second), 'current key'],
      ['000000000000', 'has no key 000000000000'],
    ] as const) {
      const ended = await keys(['retire', id]);
      expect([ended.status, ended.stderr]).toEqual([1, expect.stringContaining(reason)]);
    }
    expect(await readFile(ring, 'utf8')).toBe(before);
  });

  test('everything is sealed again; what is damaged is unchanged and named, and a second run has nothing else to do', async () => {
    await database.pool.query("update api_key set fingerprint = 'another' where account_id = 'b'");
    const ended = await keys(['rewrap', '--per-second', '1000']);
    const failure = { accountId: 'b', keyId: 'k-b', message: expect.stringContaining('another API key') };
    const document = { current: idOf(second), failed: [failure], remaining: 1 };
    expect([ended.status, documentOf(ended)]).toEqual([1, { ...document, rewrapped: 2 }]);
    expect(documentOf(await keys(['rewrap']))).toEqual({ ...document, rewrapped: 0 });
    await database.pool.query('update api_key set fingerprint = $1 where account_id = $2', [
      fingerprintOf('canary-b'),
      'b',
    ]);
    const last = await keys(['rewrap']);
    expect([last.status, documentOf(last)]).toEqual([
      0,
      { current: idOf(second), failed: [], remaining: 0, rewrapped: 1 },
    ]);
    expect(await openedApiKeys()).toEqual(['canary-a', 'canary-b', 'canary-c', 'canary-d']);
  });

  test('then the old key goes, and every stored key still opens', async () => {
    const ended = await keys(['retire', idOf(first)]);
    expect([ended.status, documentOf(ended)]).toEqual([0, { file: ring, retired: idOf(first), keys: [idOf(second)] }]);
    expect((await stat(ring)).mode & 0o777).toBe(0o600);
    expect(await openedApiKeys()).toHaveLength(4);
    await store('e', first);
    const listed = await keys(['list']);
    expect(listed.status).toBe(1);
    expect(documentOf(listed).keys).toContainEqual(expect.objectContaining({ id: idOf(first), state: 'missing' }));
  });
});

describe('a ring', () => {
  test('that comes from a command is listed, and is not changed', async () => {
    const command = { CREDENTIALS_KEY_FILE: '', CREDENTIALS_KEY_COMMAND: `cat ${ring}` };
    expect(documentOf(await keys(['list'], command))).toMatchObject({ ring: 'the command cat' });
    const ended = await keys(['add'], command);
    expect([ended.status, ended.stderr]).toEqual([2, expect.stringContaining('--ring FILE')]);
  });

  test('that others can read is refused by each command with the reason', async () => {
    await chmod(ring, 0o640);
    for (const args of [['list'], ['rewrap'], ['add'], ['retire', 'x']]) {
      const ended = await keys(args);
      expect([ended.status, ended.stderr]).toEqual([2, expect.stringContaining('chmod 600')]);
    }
    await chmod(ring, 0o600);
  });
});
