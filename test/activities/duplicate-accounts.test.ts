import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { updateDuplicates } from '../../src/activities/duplicate-accounts.ts';
import { loadProblems } from '../../src/database/index.ts';
import { linkedAccount, migratedDatabase, type TestDatabase } from '../database/support.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

test('both accounts of a pair know which of them is the older one, whichever was read last', async () => {
  const [older, newer] = [await linkedAccount(database, 'b'), await linkedAccount(database, 'a')];
  await database.pool.query(
    "update account set owner_id = 'anna', shared_exchange_account_id = 'same', created_at = now() - interval '1 day'",
  );
  await database.pool.query("update account set created_at = now() where account_id = 'a'");
  const dependencies = { database, exchange: { streams: [] } } as unknown as Dependencies;
  const factsOf = async (accountId: string) =>
    (await loadProblems(database, accountId)).map(({ code, facts }) => ({ code, ...facts }));
  for (const read of [older, newer]) {
    await updateDuplicates(dependencies, read);
    expect(await factsOf(newer)).toEqual([{ code: 'same-account', otherAccountId: older, isOtherOlder: true }]);
    expect(await factsOf(older)).toEqual([{ code: 'same-account', otherAccountId: newer, isOtherOlder: false }]);
  }
});
