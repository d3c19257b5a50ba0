import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  adoptCandidate,
  type Database,
  loadAccount,
  loadKey,
  noteProgress,
  saveCandidate,
  setPaused,
  setStatus,
  unlinkAccount,
} from '../../src/database/index.ts';
import { migratedDatabase } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const report = { readOnly: true, permissions: ['read'], keyExpiresAtMs: null, exchangeAccountId: null };
const nextSyncAt = new Date('2026-12-01T00:00:00Z');

async function link(accountId: string, keyId: string): Promise<void> {
  await saveCandidate(database, { accountId, ownerId: 'owner', keyId, fingerprint: 'f', sealed: 's' });
  await adoptCandidate(database, accountId, keyId, report);
  await setStatus(database, accountId, { status: 'live', nextSyncAt });
}

const pause = (accountId: string, command?: number) =>
  setPaused(database, accountId, { paused: true, status: 'paused', nextSyncAt: null, command });
const resume = (accountId: string, command?: number) =>
  setPaused(database, accountId, { paused: false, status: 'live', nextSyncAt, command });

describe('a command that a later one has overtaken', () => {
  test('changes nothing: a pause that is written late does not undo the resume after it', async () => {
    await link('late pause', 'k1');
    await pause('late pause', 1);
    await resume('late pause', 2);
    await pause('late pause', 1);
    expect(await loadAccount(database, 'late pause')).toMatchObject({ paused: false, status: 'live', nextSyncAt });
  });

  test('changes nothing: an unlink that is done again does not end the account that was linked since', async () => {
    await link('late unlink', 'k1');
    await unlinkAccount(database, 'late unlink', { command: 5 });
    await link('late unlink', 'k2');
    for (const command of [4, 5]) await unlinkAccount(database, 'late unlink', { command });
    await pause('late unlink', 4);
    expect(await loadAccount(database, 'late unlink')).toMatchObject({
      unlinkedAt: null,
      paused: false,
      status: 'live',
    });
    expect(await loadKey(database, 'late unlink', 'active')).toMatchObject({ keyId: 'k2' });
  });

  test('is told by its number alone: one that is written twice holds, and one without a number is always written', async () => {
    await link('twice', 'k1');
    await pause('twice', 1);
    await pause('twice', 1);
    expect(await loadAccount(database, 'twice')).toMatchObject({ paused: true, status: 'paused', nextSyncAt: null });
    await resume('twice');
    await pause('twice');
    expect(await loadAccount(database, 'twice')).toMatchObject({ paused: true, status: 'paused' });
  });
});

test('a paused account stays paused, whatever is found out meanwhile', async () => {
  await link('paused', 'k1');
  await pause('paused', 1);
  await setStatus(database, 'paused', { status: 'live' });
  await setStatus(database, 'paused', { status: 'backfilling' });
  expect(await loadAccount(database, 'paused')).toMatchObject({ paused: true, status: 'paused' });
});

test('an unlinked account stays unlinked, whatever comes late', async () => {
  await link('unlinked', 'k1');
  await unlinkAccount(database, 'unlinked');
  await setStatus(database, 'unlinked', { status: 'live', nextSyncAt });
  await setStatus(database, 'unlinked', { status: 'needs-attention' });
  await pause('unlinked', 1);
  await noteProgress(database, 'unlinked', { status: 'live', nextSyncAt, historyAtRiskAt: nextSyncAt });
  expect(await loadAccount(database, 'unlinked')).toMatchObject({
    status: 'unlinked',
    paused: false,
    nextSyncAt: null,
    historyAtRiskAt: null,
  });
  await saveCandidate(database, {
    accountId: 'unlinked',
    ownerId: 'owner',
    keyId: 'k2',
    fingerprint: 'f',
    sealed: 's',
  });
  // Of the read that went on while it was unlinked.
  await noteProgress(database, 'unlinked', { status: 'live', nextSyncAt, historyAtRiskAt: nextSyncAt });
  expect(await loadAccount(database, 'unlinked')).toMatchObject({ status: 'checking', nextSyncAt: null });
});
