import { randomUUID } from 'node:crypto';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCheckKey } from '../../src/activities/check-key.ts';
import type { KeyCheckRequest, KeyCheckResult } from '../../src/activities/contract.ts';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { parseCredentials } from '../../src/credentials/credentials.ts';
import { generateKeyRing } from '../../src/credentials/key-ring.ts';
import { standInOwner } from '../../src/database/account-id.ts';
import { adoptCandidate, expirePace, saveCandidate } from '../../src/database/index.ts';
import type { KeyReport } from '../../src/history/ports.ts';
import { linkedAccount, migratedDatabase, type TestDatabase } from '../database/support.ts';

let database: TestDatabase;
let publicKey: string;
beforeAll(async () => {
  database = await migratedDatabase();
  ({ publicKey } = await generateKeyRing());
});
afterAll(() => database.close());

const credentials = parseCredentials({ apiKey: 'a'.repeat(40), apiSecret: 'b'.repeat(64), memo: 'memo' });
const accepted: KeyReport = {
  accepted: true,
  conclusive: true,
  readOnly: true,
  permissions: ['read'],
  keyExpiresAtMs: null,
  exchangeAccountId: 'exchange account',
  incomplete: false,
  problems: [],
};
const refused: KeyReport = {
  ...accepted,
  accepted: false,
  problems: [{ code: 'wrong-secret-or-memo', detail: '' }],
};

/** One attempt of the activity; the exchange reports the same of every key. */
function attempt(request: KeyCheckRequest, report: KeyReport): Promise<KeyCheckResult> {
  const dependencies = {
    database,
    exchange: { streams: [], clockMs: () => Date.now(), open: () => ({ check: async () => report }) },
    opener: { open: async () => credentials, publicKey: () => publicKey },
    settings: { keyPolicy: 'any', egressAddresses: [] },
  } as unknown as Dependencies;
  const context = { heartbeat: () => undefined, cancellationSignal: new AbortController().signal };
  return asyncLocalStorage.run(context as unknown as Context, () => createCheckKey(dependencies)(request));
}

async function candidate(accountId: string, ownerId = `owner of ${accountId}`): Promise<string> {
  const keyId = randomUUID();
  const key = { accountId, ownerId, keyId, fingerprint: keyId, sealed: 'box' };
  await saveCandidate(database, { ...key, attemptOf: null });
  return keyId;
}

/** The first attempt's answer is lost: its worker was killed when it had done everything else. */
async function twice(accountId: string, keyId: string, report: KeyReport): Promise<KeyCheckResult> {
  const first = await attempt({ accountId, keyId }, report);
  expect(await attempt({ accountId, keyId }, report)).toEqual(first);
  return first;
}

test('a refusal is reported again to an attempt that finds the key gone', async () => {
  const linked = await linkedAccount(database, 'linked');
  const result = await twice(linked, await candidate(linked), refused);
  expect(result).toMatchObject({ outcome: 'refused', status: 'live', linked: true });
  expect(result.problems).toMatchObject([{ code: 'wrong-secret-or-memo' }]);
});

test('a refusal is reported again when the account went with its only key, for an hour', async () => {
  const keyId = await candidate('new');
  expect(await twice('new', keyId, refused)).toMatchObject({ outcome: 'refused', status: 'unlinked', linked: false });
  await expirePace(database);
  expect(await attempt({ accountId: 'new', keyId }, refused)).toMatchObject({ outcome: 'refused' });
  await database.pool.query(`update key_verdict set decided_at = now() - interval '61 minutes'`);
  await expirePace(database);
  expect(await attempt({ accountId: 'new', keyId }, refused)).toMatchObject({ outcome: 'gone' });
});

test('the result of checking a key that is not stored is reported again', async () => {
  const standIn = randomUUID();
  const keyId = await candidate(standIn, standInOwner(standIn));
  expect(await twice(standIn, keyId, accepted)).toMatchObject({ outcome: 'accepted', readOnly: true });
});

test('that a newer key is in use is reported again', async () => {
  const linked = await linkedAccount(database, 'superseded');
  const older = await candidate(linked);
  const newer = await candidate(linked);
  await adoptCandidate(database, linked, newer, { ...accepted, exchangeAccountId: null });
  expect(await twice(linked, older, accepted)).toMatchObject({ outcome: 'superseded', linked: true });
});

test('a key that was handed over to the account that the owner has already is accepted for that one, again', async () => {
  const holder = await linkedAccount(database, 'holder');
  const owner = `owner of ${holder}`;
  await adoptCandidate(database, holder, await candidate(holder), accepted);
  const keyId = await candidate('second', owner);
  const result = await twice('second', keyId, accepted);
  expect(result).toMatchObject({ outcome: 'accepted', accountId: holder, alreadyLinked: true });
});
