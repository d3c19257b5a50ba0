import { randomUUID } from 'node:crypto';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCheckKey } from '../../src/activities/check-key.ts';
import type { KeyCheckRequest, KeyCheckResult } from '../../src/activities/contract.ts';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { parseCredentials } from '../../src/credentials/credentials.ts';
import { generateKeyRing } from '../../src/credentials/key-ring.ts';
import { BoxDoesNotOpen } from '../../src/credentials/open.ts';
import { standInOwner } from '../../src/database/account-id.ts';
import {
  adoptCandidate,
  doubtKey,
  expirePace,
  loadAccount,
  loadProblems,
  newestCandidate,
  noteRefusal,
  type StoredKey,
  saveCandidate,
  setPaused,
} from '../../src/database/index.ts';
import type { KeyReport, OpenKey } from '../../src/history/ports.ts';
import type { Stream } from '../../src/history/stream.ts';
import { spotTrades } from '../database/records.ts';
import { linkedAccount, migratedDatabase, type TestDatabase, whileHeld } from '../database/support.ts';

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
const anonymous: KeyReport = { ...accepted, exchangeAccountId: null };
const refused: KeyReport = {
  ...accepted,
  accepted: false,
  problems: [{ code: 'wrong-secret-or-memo', detail: '' }],
};

interface Circumstances {
  readonly streams?: readonly Stream[];
  /** Happens before the exchange reports. */
  readonly meanwhile?: () => Promise<unknown>;
  /** What the exchange reports of a key that was never accepted; null: its box does not open. */
  readonly ofCandidates?: KeyReport | null;
}

/** One attempt of the activity; the exchange reports the same of every key. */
function attempt(
  request: KeyCheckRequest,
  report: KeyReport,
  { streams = [], meanwhile, ofCandidates = report }: Circumstances = {},
): Promise<KeyCheckResult> {
  const check = async (isCandidate: boolean) => {
    await meanwhile?.();
    return isCandidate ? ofCandidates : report;
  };
  const open = async ({ keyId, state }: StoredKey) => {
    if (state === 'candidate' && ofCandidates === null) throw new BoxDoesNotOpen('damaged', keyId);
    return credentials;
  };
  const dependencies = {
    database,
    exchange: {
      streams,
      clockMs: () => Date.now(),
      open: ({ isUnproven = false }: OpenKey) => ({ check: () => check(isUnproven) }),
    },
    opener: { open, publicKey: () => publicKey },
    settings: { keyPolicy: 'any', egressAddresses: [] },
    log: { warn: () => undefined },
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

test('a key that was accepted is reported again as a new one', async () => {
  const accountId = await linkedAccount(database, 'accepted');
  const result = await twice(accountId, await candidate(accountId), anonymous);
  expect(result).toMatchObject({ outcome: 'accepted', subject: 'candidate', alreadyLinked: true });
});

test('that a newer key is in use is reported again', async () => {
  const linked = await linkedAccount(database, 'superseded');
  const older = await candidate(linked);
  const newer = await candidate(linked);
  await adoptCandidate(database, linked, newer, { ...accepted, exchangeAccountId: null });
  expect(await twice(linked, older, accepted)).toMatchObject({ outcome: 'superseded', linked: true });
});

test('a verdict that is reported again says what the database says of a pause by then', async () => {
  const accountId = await linkedAccount(database, 'same key twice');
  const key = { accountId, ownerId: `owner of ${accountId}`, fingerprint: 'same key', sealed: 'box', attemptOf: null };
  const [older, newer] = [randomUUID(), randomUUID()];
  for (const keyId of [older, newer]) await saveCandidate(database, { ...key, keyId });
  await adoptCandidate(database, accountId, newer, anonymous);
  expect(await twice(accountId, older, anonymous)).toMatchObject({ outcome: 'accepted', paused: false });
  await setPaused(database, accountId, { paused: true, status: 'paused', nextSyncAt: null });
  expect(await attempt({ accountId, keyId: older }, anonymous)).toMatchObject({ outcome: 'accepted', paused: true });
});

test('a key that was handed over to the account that the owner has already is accepted for that one, again', async () => {
  const holder = await linkedAccount(database, 'holder');
  const owner = `owner of ${holder}`;
  await adoptCandidate(database, holder, await candidate(holder), accepted);
  const keyId = await candidate('second', owner);
  const result = await twice('second', keyId, accepted);
  expect(result).toMatchObject({ outcome: 'accepted', accountId: holder, alreadyLinked: true });
});

/** An account that is read with a key, which the exchange has been refusing for so long. */
async function readWith(accountId: string, { refusedForSeconds }: { readonly refusedForSeconds: number }) {
  await linkedAccount(database, accountId);
  const keyId = await candidate(accountId);
  await adoptCandidate(database, accountId, keyId, anonymous);
  const doubt = 'update api_key set doubted_at = now() - make_interval(secs => $2) where account_id = $1';
  if (refusedForSeconds > 0) await database.pool.query(doubt, [accountId, refusedForSeconds]);
  return keyId;
}

async function standing(accountId: string) {
  const [account, problems] = await Promise.all([loadAccount(database, accountId), loadProblems(database, accountId)]);
  return { status: account?.status, paused: account?.paused, problems: problems.map(({ code }) => code) };
}

test('a second key does not take back how far the account is read, which its syncs say', async () => {
  const accountId = await linkedAccount(database, 'two keys');
  const request = { accountId, keyId: await candidate(accountId) };
  const result = await attempt(request, anonymous, { streams: [spotTrades] });
  expect(result).toMatchObject({ outcome: 'accepted', status: 'live', everythingReadThrough: false });
  expect(await standing(accountId)).toMatchObject({ status: 'live' });
});

test('a refusal that is written late says nothing of the key that came meanwhile', async () => {
  const accountId = 'late refusal';
  const refusedKey = await readWith(accountId, { refusedForSeconds: 11 });
  const newKey = await candidate(accountId);
  const result = await whileHeld(
    database,
    (holder) => holder.query('select from account where account_id = $1 for update', [accountId]),
    () => attempt({ accountId, keyId: refusedKey }, refused),
    async (holder) => {
      await holder.query('delete from api_key where key_id = $1', [refusedKey]);
      await holder.query("update api_key set state = 'active' where key_id = $1", [newKey]);
    },
  );
  expect(result).toMatchObject({ outcome: 'undecided' });
  expect(await standing(accountId)).toMatchObject({ status: 'live', problems: [] });
});

test('an answer that is older than a refusal does not take it back', async () => {
  const accountId = 'late answer';
  const keyId = await readWith(accountId, { refusedForSeconds: 0 });
  const problems = [{ code: 'wrong-key', message: 'm', remedy: 'r' }] as const;
  const meanwhile = async () => {
    await doubtKey(database, accountId, keyId);
    expect(await noteRefusal(database, { accountId, keyId, problems })).toBe('needs-attention');
  };
  await expect(attempt({ accountId, keyId: null }, anonymous, { meanwhile })).rejects.toThrow('checked again');
  expect(await standing(accountId)).toMatchObject({ status: 'needs-attention', problems: ['wrong-key'] });
  expect(await attempt({ accountId, keyId: null }, anonymous)).toMatchObject({ outcome: 'accepted', status: 'live' });
  expect(await standing(accountId)).toMatchObject({ status: 'live', problems: [] });
});

test('what a command could not write before a key check began, it never writes', async () => {
  const accountId = 'late pause';
  await readWith(accountId, { refusedForSeconds: 0 });
  const undecided = { ...anonymous, conclusive: false };
  expect(await attempt({ accountId, keyId: null, command: 9 }, undecided)).toMatchObject({ paused: false });
  await setPaused(database, accountId, { paused: true, status: 'paused', nextSyncAt: null, command: 8 });
  expect(await standing(accountId)).toMatchObject({ status: 'live', paused: false });
});

describe('a candidate that nothing decides about', () => {
  const undecided: KeyReport = { ...anonymous, conclusive: false };

  test.each([
    ['does not open', null],
    ['stays undecided', undecided],
  ])('keeps no refused key in use from being judged: it %s', async (how, ofCandidates) => {
    const accountId = `refused beside one that ${how}`;
    await readWith(accountId, { refusedForSeconds: 60 });
    await candidate(accountId);
    const result = await attempt({ accountId, keyId: null }, refused, { ofCandidates });
    expect(result).toMatchObject({ outcome: 'refused', subject: 'key-in-use', status: 'needs-attention' });
    expect(await standing(accountId)).toMatchObject({ status: 'needs-attention', problems: ['wrong-secret-or-memo'] });
    // The caller who linked the candidate does not wait for the next check of the key in use.
    expect(result.lookAgainMs).toBeLessThanOrEqual(15 * 60_000);
    const again = await attempt({ accountId, keyId: null }, anonymous, { ofCandidates });
    expect(again).toMatchObject({ outcome: 'accepted', subject: 'key-in-use', status: 'live' });
    expect(again.lookAgainMs).toBeLessThanOrEqual(15 * 60_000);
  });

  test('is checked alone while the key in use works, and where its caller waits', async () => {
    const accountId = 'undecided beside one that works';
    const keyInUse = await readWith(accountId, { refusedForSeconds: 0 });
    const keyId = await candidate(accountId);
    const ofCandidates = undecided;
    const alone = { outcome: 'undecided', subject: 'candidate', keyId };
    expect(await attempt({ accountId, keyId: null }, refused, { ofCandidates })).toMatchObject(alone);
    await expect(attempt({ accountId, keyId: null }, refused, { ofCandidates: null })).rejects.toThrow("don't open");
    await doubtKey(database, accountId, keyInUse);
    expect(await attempt({ accountId, keyId }, refused, { ofCandidates })).toMatchObject(alone);
  });

  test('is discarded without being opened where the key in use came later', async () => {
    const accountId = await linkedAccount(database, 'older and closed');
    await candidate(accountId);
    const keyId = await candidate(accountId);
    await adoptCandidate(database, accountId, keyId, anonymous);
    const result = await attempt({ accountId, keyId: null }, anonymous, { ofCandidates: null });
    expect(result).toMatchObject({ outcome: 'accepted', subject: 'key-in-use', keyId });
    expect(await newestCandidate(database, accountId)).toBeNull();
  });
});
