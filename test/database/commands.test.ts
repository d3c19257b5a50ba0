import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  adoptCandidate,
  closeAccount,
  type Database,
  doubtKey,
  endEarlierCommands,
  eraseAccount,
  loadAccount,
  loadKey,
  noteProgress,
  noteRefusal,
  saveCandidate,
  setPaused,
  unlinkAccount,
} from '../../src/database/index.ts';
import { migratedDatabase, setStatus } from './support.ts';

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

  test('changes nothing of an account that was closed since', async () => {
    await link('closed', 'k1');
    await closeAccount(database, 'closed');
    await pause('closed', 1);
    await resume('closed', 2);
    expect(await loadAccount(database, 'closed')).toMatchObject({ paused: false, status: 'closed', nextSyncAt: null });
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

  test('changes nothing of the account that was linked after an erasure: the late command is of the one before', async () => {
    await link('erased', 'k1');
    const accountCreatedAt = (await loadAccount(database, 'erased'))?.createdAt as Date;
    await eraseAccount(database, 'erased', { command: 5, accountCreatedAt });
    await link('erased', 'k2');
    const commanded = { command: 5, accountCreatedAt };
    for (const late of [
      eraseAccount(database, 'erased', { ...commanded }),
      unlinkAccount(database, 'erased', commanded),
    ]) {
      await expect(late).rejects.toThrow('was linked again since');
    }
    await setPaused(database, 'erased', {
      paused: true,
      status: 'paused',
      nextSyncAt: null,
      command: 4,
      accountCreatedAt,
    });
    expect(await loadAccount(database, 'erased')).toMatchObject({ unlinkedAt: null, paused: false, status: 'live' });
    expect(await loadKey(database, 'erased', 'active')).toMatchObject({ keyId: 'k2' });
  });

  test('changes nothing of the account while another transaction erases it and it is linked again', async () => {
    await link('twice erased', 'k1');
    const accountCreatedAt = (await loadAccount(database, 'twice erased'))?.createdAt as Date;
    const holder = await database.pool.connect();
    await holder.query('begin');
    await holder.query(`select from account where account_id = 'twice erased' for update`);
    const late = eraseAccount(database, 'twice erased', { command: 5, accountCreatedAt });
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const table of ['known_key', 'api_key', 'account_event', 'account']) {
      await holder.query(`delete from ${table} where account_id = 'twice erased'`);
    }
    await holder.query(
      `insert into account (account_id, owner_id, status) values ('twice erased', 'owner', 'checking')`,
    );
    await holder.query('commit');
    holder.release();
    await late;
    expect(await loadAccount(database, 'twice erased')).toMatchObject({ status: 'checking' });
  });

  test('changes nothing after a later command has begun to check a key', async () => {
    await link('failed erase', 'k1');
    await saveCandidate(database, {
      accountId: 'failed erase',
      ownerId: 'owner',
      keyId: 'k2',
      fingerprint: 'g',
      sealed: 's',
    });
    await endEarlierCommands(database, 'failed erase', 6);
    await adoptCandidate(database, 'failed erase', 'k2', report);
    await eraseAccount(database, 'failed erase', { command: 5 });
    expect(await loadKey(database, 'failed erase', 'active')).toMatchObject({ keyId: 'k2' });
    await pause('failed erase', 5);
    expect(await loadAccount(database, 'failed erase')).toMatchObject({ paused: false, status: 'live' });
  });

  test('is identified by its number alone: one that is written twice holds, and one without a number is always written', async () => {
    await link('twice', 'k1');
    await pause('twice', 1);
    await pause('twice', 1);
    expect(await loadAccount(database, 'twice')).toMatchObject({ paused: true, status: 'paused', nextSyncAt: null });
    await resume('twice');
    await pause('twice');
    expect(await loadAccount(database, 'twice')).toMatchObject({ paused: true, status: 'paused' });
  });
});

test('a paused account stays paused when a check or a sync ends meanwhile', async () => {
  await link('paused', 'k1');
  await pause('paused', 1);
  await adoptCandidate(database, 'paused', 'k1', report, { everythingReadThrough: true, problems: [] });
  expect(await loadAccount(database, 'paused')).toMatchObject({ paused: true, status: 'paused' });
  await doubtKey(database, 'paused', 'k1');
  expect(await noteRefusal(database, { accountId: 'paused', keyId: 'k1', problems: [] })).toBe('paused');
});

test('an account needs attention until a key check finds otherwise, whatever a sync that was under way has read', async () => {
  await link('refused', 'k1');
  const before = await loadAccount(database, 'refused');
  await doubtKey(database, 'refused', 'k1');
  expect(await noteRefusal(database, { accountId: 'refused', keyId: 'k1', problems: [] })).toBe('needs-attention');
  const news = { accountId: 'refused', streams: [], goesOn: false };
  for (const status of ['backfilling', 'live'] as const) {
    await noteProgress(database, news, { status, nextSyncAt: new Date(), historyAtRiskAt: null });
    expect(await loadAccount(database, 'refused')).toMatchObject({
      status: 'needs-attention',
      nextSyncAt: before?.nextSyncAt,
    });
  }
  await adoptCandidate(database, 'refused', 'k1', report, { everythingReadThrough: true, problems: [] });
  expect(await loadAccount(database, 'refused')).toMatchObject({ status: 'live' });
  expect(await noteRefusal(database, { accountId: 'refused', keyId: 'k1', problems: [] })).toBeNull();
  expect(await loadAccount(database, 'refused')).toMatchObject({ status: 'live' });
});

test('an unlinked account stays unlinked, whatever comes late', async () => {
  await link('unlinked', 'k1');
  await unlinkAccount(database, 'unlinked');
  expect(await noteRefusal(database, { accountId: 'unlinked', keyId: 'k1', problems: [] })).toBeNull();
  await pause('unlinked', 1);
  await noteProgress(
    database,
    { accountId: 'unlinked', streams: [], goesOn: false },
    { status: 'live', nextSyncAt, historyAtRiskAt: nextSyncAt },
  );
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
  await noteProgress(
    database,
    { accountId: 'unlinked', streams: [], goesOn: false },
    { status: 'live', nextSyncAt, historyAtRiskAt: nextSyncAt },
  );
  expect(await loadAccount(database, 'unlinked')).toMatchObject({ status: 'checking', nextSyncAt: null });
});
