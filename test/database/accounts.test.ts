import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AccountToStart,
  accountIdOf,
  accountsToStart,
  adoptCandidate,
  copyCandidate,
  type Database,
  dropCandidate,
  ExchangeAccountTaken,
  findAccount,
  findAccountOfExchangeAccount,
  findAccountOfKey,
  listAccounts,
  loadAccount,
  loadKey,
  loadProblems,
  markStarted,
  noteProgress,
  replaceProblems,
  saveCandidate,
  unlinkAccount,
} from '../../src/database/index.ts';
import type { Problem } from '../../src/history/failure.ts';
import { migratedDatabase, whileHeld } from './support.ts';
import { rowsAnywhere } from './tables.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const report = { readOnly: true, permissions: ['read'], keyExpiresAtMs: Date.UTC(2027, 0, 1), exchangeAccountId: null };

function candidate(owner: string, apiKey: string, keyId: string, label: string | null = null) {
  const fingerprint = `fingerprint of ${apiKey}`;
  const accountId = accountIdOf(owner, fingerprint);
  return { accountId, ownerId: owner, label, keyId, fingerprint, sealed: `sealed ${keyId}` };
}

async function linked(owner: string, apiKey: string, keyId = 'k1') {
  const saved = candidate(owner, apiKey, keyId);
  await saveCandidate(database, saved);
  await adoptCandidate(database, saved.accountId, keyId, report);
  return saved;
}

describe('an account', () => {
  test('is found by its owner only', async () => {
    const { accountId, fingerprint } = await linked('ann', 'a');
    expect(await findAccount(database, 'ann', accountId)).toMatchObject({
      accountId,
      ownerId: 'ann',
      status: 'backfilling',
    });
    expect(await findAccount(database, 'bob', accountId)).toBeNull();
    expect(await listAccounts(database, 'ann')).toHaveLength(1);
    expect(await listAccounts(database, 'bob')).toEqual([]);
    expect(await findAccountOfKey(database, 'bob', fingerprint)).toBeNull();
  });

  test('has an id that follows from owner and key, and differs for another of either', () => {
    const id = accountIdOf('ann', 'f');
    expect(accountIdOf('ann', 'f')).toBe(id);
    expect(id).toMatch(/^[a-z2-9]{26}$/);
    expect(new Set([id, accountIdOf('ann', 'g'), accountIdOf('bob', 'f'), accountIdOf('an', 'nf')]).size).toBe(4);
  });

  test('keeps its name when the same key is linked under another one', async () => {
    const saved = candidate('label', 'a', 'k1', 'first');
    await saveCandidate(database, saved);
    await saveCandidate(database, { ...saved, keyId: 'k2', label: 'second' });
    expect(await listAccounts(database, 'label')).toMatchObject([{ label: 'first' }]);
  });

  test('is one when one key is linked twice at the same moment', async () => {
    const both = ['k1', 'k2'].map((keyId) => candidate('race', 'a', keyId));
    await Promise.all(both.map((each) => saveCandidate(database, each)));
    await Promise.all(
      both.map((each) =>
        adoptCandidate(database, each.accountId, each.keyId, report).catch((error: unknown) =>
          expect(error).toMatchObject({ name: 'NewerKeyInUse', isSameKey: true }),
        ),
      ),
    );
    await dropCandidate(database, both[0]?.accountId as string, 'k1');
    await dropCandidate(database, both[0]?.accountId as string, 'k2');
    expect(await listAccounts(database, 'race')).toHaveLength(1);
    const { rows } = await sql`select 1 from api_key where account_id = ${both[0]?.accountId}`.execute(database.kysely);
    expect(rows).toHaveLength(1);
  });

  test('keeps the time since when a status holds, and what is not said about its next sync', async () => {
    const { accountId } = await linked('status', 'a');
    const nextSyncAt = new Date('2026-08-01T10:00:00.123Z');
    const progress = { status: 'live', nextSyncAt, historyAtRiskAt: null } as const;
    await noteProgress(database, { accountId, streams: [], goesOn: false }, progress);
    const before = await loadAccount(database, accountId);
    await adoptCandidate(database, accountId, 'k1', report);
    expect(await loadAccount(database, accountId)).toEqual(before);
    expect(before).toMatchObject({ status: 'live', nextSyncAt });
  });
});

describe('a key that was checked', () => {
  test('is the one in use, and the one before it is deleted', async () => {
    const saved = await linked('rotate', 'a');
    await saveCandidate(database, { ...saved, keyId: 'k2', fingerprint: 'another', sealed: 'sealed k2' });
    const adoption = await adoptCandidate(database, saved.accountId, 'k2', report);
    expect(adoption.alreadyLinked).toBe(true);
    expect(await loadKey(database, saved.accountId, 'k1')).toBeNull();
    expect(await loadKey(database, saved.accountId, 'active')).toEqual({
      accountId: saved.accountId,
      ownerId: 'rotate',
      keyId: 'k2',
      fingerprint: 'another',
      sealed: 'sealed k2',
      state: 'active',
      expiresAt: new Date(report.keyExpiresAtMs),
      subAccount: null,
      doubtedAt: null,
      lookedAt: expect.any(Date),
      createdAt: expect.any(Date),
    });
  });

  test('does not take the place of one that came later, and is only discarded', async () => {
    const saved = await linked('overtaken', 'a');
    await saveCandidate(database, { ...saved, keyId: 'older', fingerprint: 'older' });
    await saveCandidate(database, { ...saved, keyId: 'newer', fingerprint: 'newer' });
    await adoptCandidate(database, saved.accountId, 'newer', report);
    await expect(adoptCandidate(database, saved.accountId, 'older', report)).rejects.toMatchObject({
      name: 'NewerKeyInUse',
      isSameKey: false,
    });
    expect(await loadKey(database, saved.accountId, 'active')).toMatchObject({ keyId: 'newer' });
    await dropCandidate(database, saved.accountId, 'older');
    expect(await loadKey(database, saved.accountId, 'active')).toMatchObject({ keyId: 'newer' });
  });

  test('links the account once: the time stays when it is adopted again or replaced', async () => {
    const saved = candidate('once', 'a', 'k1');
    await saveCandidate(database, saved);
    const first = await adoptCandidate(database, saved.accountId, 'k1', report);
    const again = await adoptCandidate(database, saved.accountId, 'k1', report);
    expect(first.alreadyLinked).toBe(false);
    expect(again).toEqual({ alreadyLinked: false, linkedAt: first.linkedAt });
  });

  test('still finds its account after it was replaced or the account was unlinked', async () => {
    const saved = await linked('known', 'a');
    await saveCandidate(database, { ...saved, keyId: 'k2', fingerprint: 'newer' });
    await adoptCandidate(database, saved.accountId, 'k2', report);
    expect(await findAccountOfKey(database, 'known', saved.fingerprint)).toMatchObject({ accountId: saved.accountId });
    await unlinkAccount(database, saved.accountId);
    expect(await findAccountOfKey(database, 'known', 'newer')).toMatchObject({ accountId: saved.accountId });
  });

  test('can not be adopted when it is gone', async () => {
    const saved = await linked('gone', 'a');
    await expect(adoptCandidate(database, saved.accountId, 'nope', report)).rejects.toThrow('nothing to adopt');
    expect(await loadKey(database, saved.accountId, 'active')).not.toBeNull();
  });

  test('of an exchange account that the owner has already is not adopted but moved there', async () => {
    const cid = { ...report, exchangeAccountId: 'cid-1' };
    const first = candidate('cid', 'a', 'k1');
    const second = candidate('cid', 'b', 'k2');
    for (const each of [first, second]) await saveCandidate(database, each);
    await adoptCandidate(database, first.accountId, 'k1', cid);
    await expect(adoptCandidate(database, second.accountId, 'k2', cid)).rejects.toThrow(ExchangeAccountTaken);
    expect(await findAccountOfExchangeAccount(database, 'cid', 'cid-1')).toMatchObject({ accountId: first.accountId });

    await copyCandidate(database, {
      fromAccountId: second.accountId,
      toAccountId: first.accountId,
      keyId: 'k2',
      sealed: 'resealed',
    });

    expect(await loadKey(database, first.accountId, 'k2')).toMatchObject({ state: 'candidate', sealed: 'resealed' });
    expect(await adoptCandidate(database, first.accountId, 'k2', cid)).toMatchObject({ alreadyLinked: true });
    await dropCandidate(database, second.accountId, 'k2');
    expect(await listAccounts(database, 'cid')).toHaveLength(1);
    expect(await loadKey(database, first.accountId, 'active')).toMatchObject({ keyId: 'k2' });
  });
});

describe('a key that was refused', () => {
  test('leaves nothing behind on a first link', async () => {
    const saved = candidate('refused', 'a', 'k1');
    await saveCandidate(database, saved);
    await replaceProblems(database, saved.accountId, null, [problem('wrong-key')]);
    expect(await dropCandidate(database, saved.accountId, 'k1')).toBe('account-deleted');
    expect(await rowsAnywhere(database, saved.accountId)).toEqual([]);
    expect(await dropCandidate(database, saved.accountId, 'k1')).toBe('account-deleted');
  });

  test('never takes the key in use with it', async () => {
    const saved = await linked('refused-rotation', 'a');
    await saveCandidate(database, { ...saved, keyId: 'k2', fingerprint: 'another' });
    expect(await dropCandidate(database, saved.accountId, 'k2')).toBe('account-kept');
    expect(await dropCandidate(database, saved.accountId, 'k1')).toBe('account-kept');
    expect(await loadKey(database, saved.accountId, 'active')).toMatchObject({ keyId: 'k1' });
  });

  test('changes nothing about an account that was already unlinked', async () => {
    const saved = await linked('refused-relink', 'a');
    await unlinkAccount(database, saved.accountId);
    await saveCandidate(database, { ...saved, keyId: 'k2' });
    expect(await loadAccount(database, saved.accountId)).toMatchObject({ status: 'checking' });
    expect(await dropCandidate(database, saved.accountId, 'k2')).toBe('account-kept');
    expect(await loadAccount(database, saved.accountId)).toMatchObject({ status: 'unlinked' });
  });
});

test('accounts to start are those whose workflow was never known to run', async () => {
  const waiting = candidate('start', 'a', 'k1');
  await saveCandidate(database, waiting);
  const started = candidate('start', 'b', 'k2');
  await saveCandidate(database, started);
  const found = async () => (await accountsToStart(database, 100)).filter((each) => each.ownerId === 'start');
  for (const each of await found()) if (each.accountId === started.accountId) await markStarted(database, each);
  expect(await found()).toMatchObject([{ accountId: waiting.accountId, ownerId: 'start' }]);
});

test('a key that comes while the workflow of its account is woken has it woken again', async () => {
  const first = candidate('woken', 'a', 'k1');
  await saveCandidate(database, first);
  const toStart = async () =>
    (await accountsToStart(database, 100)).find(({ accountId }) => accountId === first.accountId) as AccountToStart;
  const woken = await toStart();
  await saveCandidate(database, { ...first, keyId: 'k2' });
  await markStarted(database, woken);
  const wokenAgain = await toStart();
  await whileHeld(
    database,
    (holder) => holder.query('update account set started = false where account_id = $1', [first.accountId]),
    () => markStarted(database, wokenAgain),
  );
  expect(await toStart()).toBeDefined();
  await adoptCandidate(database, first.accountId, 'k1', report);
  expect(await toStart()).toBeDefined();
  await adoptCandidate(database, first.accountId, 'k2', report);
  expect(await toStart()).toBeUndefined();
});

describe('problems', () => {
  test('are not noted of an account that is unlinked meanwhile', async () => {
    const { accountId } = await linked('ann', 'unlinked meanwhile');
    const expiring: Problem = { code: 'key-expires-soon', message: 'm', remedy: 'r' };
    await whileHeld(
      database,
      (holder) => holder.query('select from account where account_id = $1 for update', [accountId]),
      () => replaceProblems(database, accountId, null, [expiring]),
      // As `unlinkAccount` does, which holds the row.
      (holder) => holder.query('update account set unlinked_at = now() where account_id = $1', [accountId]),
    );
    await replaceProblems(database, accountId, 'spot-trades', [expiring]);
    expect(await loadProblems(database, accountId)).toEqual([]);
  });

  test('are replaced within their scope, and one that stays keeps the time since when it is known', async () => {
    const id = 'with-problems';
    await replaceProblems(database, id, null, [problem('wrong-key'), problem('key-expires-soon')]);
    await replaceProblems(database, id, 'deposits', [problem('no-permission')]);
    const before = await loadProblems(database, id);
    await replaceProblems(database, id, null, [{ ...problem('wrong-key'), message: 'in other words' }]);

    const after = await loadProblems(database, id);
    expect(after.map(({ code, stream }) => [stream, code])).toEqual([
      [undefined, 'wrong-key'],
      ['deposits', 'no-permission'],
    ]);
    expect(after[0]).toMatchObject({
      message: 'in other words',
      since: before.find(({ code }) => code === 'wrong-key')?.since,
    });

    await replaceProblems(database, id, 'all', [{ ...problem('clock'), stream: 'withdrawals' }]);
    expect(await loadProblems(database, id)).toMatchObject([{ code: 'clock', stream: 'withdrawals' }]);
    await replaceProblems(database, id, 'all', []);
    expect(await loadProblems(database, id)).toEqual([]);
  });
});

function problem(code: Problem['code']): Problem {
  return { code, message: `about ${code}`, remedy: 'do something' };
}
