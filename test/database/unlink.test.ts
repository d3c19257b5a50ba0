import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Account,
  adoptCandidate,
  createPostgresStore,
  type Database,
  eraseAccount,
  LinkedSince,
  loadAccount,
  replaceProblems,
  saveCandidate,
  unlinkAccount,
} from '../../src/database/index.ts';
import { claiming, pageOf, partOf, spotTrades, trade, unreadable } from './records.ts';
import { migratedDatabase } from './support.ts';
import { insertAnything, rowsAnywhere, tablesWithAccounts } from './tables.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const report = { readOnly: true, permissions: ['read'], keyExpiresAtMs: null, exchangeAccountId: null };

describe('unlinking', () => {
  async function withHistory(owner: string) {
    const accountId = `account of ${owner}`;
    await saveCandidate(database, { accountId, ownerId: owner, keyId: 'k1', fingerprint: 'f', sealed: 's' });
    await adoptCandidate(database, accountId, 'k1', report);
    const store = createPostgresStore(database, { gapsOf: () => [{ from: 0, to: 1, reason: 'refused' }] });
    const part = partOf(accountId, spotTrades);
    const { fence } = await store.openPart(part);
    const page = pageOf([trade(1), unreadable('{}')]);
    await store.commitPage(part, fence, page, claiming(page));
    await replaceProblems(database, accountId, null, [{ code: 'clock', message: 'm', remedy: 'r' }]);
    return { accountId, store, part, fence, page };
  }

  test('deletes the keys, keeps the history, and refuses the pages of a read that is still under way', async () => {
    const { accountId, store, part, fence, page } = await withHistory('unlink');
    await unlinkAccount(database, accountId);
    await unlinkAccount(database, accountId);
    expect(await loadAccount(database, accountId)).toMatchObject({ status: 'unlinked', unlinkedAt: expect.any(Date) });
    expect(await rowsAnywhere(database, accountId)).not.toContain('api_key');
    expect(await rowsAnywhere(database, accountId)).toContain('spot_trade');
    await expect(store.commitPage(part, fence, page, claiming(page))).rejects.toThrow('taken over');
  });

  test('that is carried out late leaves a link alone that came since', async () => {
    const { accountId } = await withHistory('late');
    const account = async () => (await loadAccount(database, accountId)) as Account;
    const { linkedAt, unlinkedAt, createdAt: accountCreatedAt } = await account();
    const late = { command: Date.now() + 60_000, accountCreatedAt, seen: { linkedAt, unlinkedAt } };
    await unlinkAccount(database, accountId, { accountCreatedAt });
    const keys = async () =>
      (await database.pool.query('select key_id from api_key where account_id = $1', [accountId])).rows;
    const key = { accountId, ownerId: 'late', keyId: 'k2', fingerprint: 'f', sealed: 's' };
    await saveCandidate(database, key);
    await unlinkAccount(database, accountId, late);
    expect([(await account()).status, await keys()]).toEqual(['checking', [{ key_id: 'k2' }]]);
    await adoptCandidate(database, accountId, 'k2', report);
    await expect(unlinkAccount(database, accountId, late)).rejects.toThrow(LinkedSince);
    expect([(await account()).unlinkedAt, await keys()]).toEqual([null, [{ key_id: 'k2' }]]);
    // The account as of now is unlinked.
    const now = await account();
    await unlinkAccount(database, accountId, { ...late, seen: { linkedAt: now.linkedAt, unlinkedAt: null } });
    expect([(await account()).status, await keys()]).toEqual(['unlinked', []]);
  });

  test('with erasing leaves no row of the account in any table', async () => {
    const { accountId } = await withHistory('erase');
    const tables = await rowsAnywhere(database, accountId);
    expect(tables).toEqual(
      expect.arrayContaining([
        'account',
        'api_key',
        'known_key',
        'page',
        'coverage',
        'gap',
        'quarantined_row',
        'spot_trade',
      ]),
    );
    await eraseAccount(database, accountId);
    expect(await rowsAnywhere(database, accountId)).toEqual([]);
  });

  test('with erasing empties every table that has accounts, those of later streams too', async () => {
    const accountId = 'everywhere';
    for (const table of await tablesWithAccounts(database)) {
      await insertAnything(database, table, accountId);
    }
    expect(await rowsAnywhere(database, accountId)).toEqual(await tablesWithAccounts(database));
    await eraseAccount(database, accountId);
    expect(await rowsAnywhere(database, accountId)).toEqual([]);
  });
});
