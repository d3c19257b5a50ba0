import { afterAll, beforeAll, expect, test } from 'vitest';
import { saveCandidate } from '../../src/database/index.ts';
import { linkedAccount, migratedDatabase, type TestDatabase, whileHeld } from './support.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

test('keys that come while their account is made do not wait for each other', async () => {
  const accountId = 'made meanwhile';
  const ownerId = `owner of ${accountId}`;
  const save = (keyId: string) => saveCandidate(database, { accountId, ownerId, keyId, fingerprint: 'f', sealed: 's' });
  const waiting = 'select from pg_locks where not granted';
  let late: Promise<unknown> | null = null;
  await whileHeld(
    database,
    (holder) =>
      holder.query("select pg_advisory_xact_lock(hashtextextended('bitmart-sync owner ' || $1, 0))", [ownerId]),
    () => save('early'),
    async (holder) => {
      // The early one has found no account to lock, the late one finds it.
      await linkedAccount(database, accountId);
      late = save('late');
      late.catch(() => undefined);
      await expect.poll(async () => (await holder.query(waiting)).rowCount, { interval: 20 }).toBe(2);
    },
  );
  await late;
  const keys = database.kysely.selectFrom('api_key').select('key_id').where('account_id', '=', accountId);
  expect(await keys.execute()).toHaveLength(2);
});
