import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adoptCandidate, type Database, saveCandidate } from '../../src/database/index.ts';
import { freshPlatform, type Platform, unreachable } from '../client/surroundings.ts';
import { documentOf, runCommandLine } from './run-command-line.ts';

let platform: Platform;
let database: Database;
let folder: string;
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
  database = platform.database;
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  for (const [ownerId, accountId] of [
    ['anna', 'a-first'],
    ['anna', 'a-second'],
    ['ben', 'b-only'],
  ] as const) {
    const key = { keyId: 'key', fingerprint: accountId, sealed: 'sealed' };
    await saveCandidate(database, { accountId, ownerId, label: `Label of ${accountId}`, ...key });
    const report = { readOnly: true, permissions: [], keyExpiresAtMs: null, exchangeAccountId: null };
    await adoptCandidate(database, accountId, 'key', report);
  }
});
afterAll(() => platform.close());

const run = (...args: readonly string[]) => runCommandLine(['report', ...args, '--json'], { env: platform.env });

test.each([
  ['of everybody', [], 3, ['a-first', 'a-second', 'b-only']],
  ['of one owner', ['--owner', 'anna'], 2, ['a-first', 'a-second']],
  ['of one account', ['a-second', '--owner', 'anna'], 1, ['a-second']],
  ['of an owner without accounts', ['--owner', 'nobody'], 0, []],
] as const)('a page %s holds these accounts and no others', async (name, args, accounts, shown) => {
  const file = join(folder, `${name}.html`);
  await writeFile(file, 'the former one');
  const ended = await run(...args, '--out', file);
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const page = await readFile(file, 'utf8');
  expect(documentOf(ended)).toMatchObject({ file, bytes: Buffer.byteLength(page), accounts, detailed: accounts });
  for (const id of ['a-first', 'a-second', 'b-only']) {
    expect(page.includes(`Label of ${id}`), id).toBe((shown as readonly string[]).includes(id));
  }
});

test('another owner’s account is not found, and nothing is written', async () => {
  const file = join(folder, 'others.html');
  const ended = await run('a-first', '--owner', 'ben', '--out', file);
  expect(ended.status).toBe(1);
  expect(documentOf(ended)).toMatchObject({ error: { code: 'account-not-found' } });
  expect(await readdir(folder)).not.toContain('others.html');
});

test('an account needs its owner', async () => {
  const ended = await run('a-first', '--out', join(folder, 'whose.html'));
  expect(ended.status).toBe(2);
  expect(await readdir(folder)).not.toContain('whose.html');
});

test('a file that can’t be written is reported, and nothing unfinished stays', async () => {
  const ended = await run('--out', join(folder, 'no-such-folder', 'page.html'));
  expect(ended.status).toBe(1);
  expect(JSON.stringify(documentOf(ended))).toContain('ENOENT');
  expect((await readdir(folder)).filter((name) => name.includes('unfinished'))).toEqual([]);
});
