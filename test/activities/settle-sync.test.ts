import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SyncRequest, SyncResult } from '../../src/activities/contract.ts';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { settleSync } from '../../src/activities/settle-sync.ts';
import { marginLoans } from '../../src/bitmart/streams/margin-loans.ts';
import { createPostgresStore, loadProblems, replaceProblems } from '../../src/database/index.ts';
import { nothingToRead, type StreamResult } from '../../src/history/read-account.ts';
import type { Stream } from '../../src/history/stream.ts';
import { claiming, futuresTrades, pageOf, partOf, spotTrades, trade } from '../database/records.ts';
import { linkedAccount, migratedDatabase, type TestDatabase, whileHeld } from '../database/support.ts';
import { failureOf } from '../history/scripted-exchange.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const loans: Stream = marginLoans.stream;
const streams = [spotTrades, loans, futuresTrades];

/** What a chunk says that has read these streams to their end, with the parts that they had when it began, and met others. */
async function settle(
  accountId: string,
  read: readonly Stream[],
  keyExpiresAtMs: number | null = null,
  others: readonly StreamResult[] = [],
): Promise<SyncResult> {
  const store = createPostgresStore(database, { gapsOf: () => [] });
  const settings = { syncIntervalMs: 3_600_000, rereadWindowMs: 86_400_000, settleLagMs: 10_000, timetable: null };
  const exchange = { streams, clockMs: () => Date.now() };
  const dependencies = { database, store, exchange, settings } as unknown as Dependencies;
  const results = [...read.map(nothingToRead), ...others];
  const names = results.map(({ stream }) => stream);
  const request: SyncRequest = { accountId, streams: names, finished: [], failures: 0 };
  return settleSync(dependencies, request, { results, key: 'works', keyExpiresAtMs });
}

test('an account is not live before the pairs are read that its last trades name, whichever stream ends last', async () => {
  const accountId = await linkedAccount(database, 'pairs');
  await database.pool.query("update account set status = 'backfilling' where account_id = $1", [accountId]);
  const store = createPostgresStore(database, { gapsOf: () => [] });
  const trades = partOf(accountId, spotTrades);
  const page = pageOf([trade(1, { order_mode: 'iso_margin' })]);
  const { fence } = await store.openPart(trades);
  await store.commitPage(trades, fence, page, claiming(page));
  for (const part of futuresTrades.parts) await store.openPart(partOf(accountId, futuresTrades, part));
  await database.pool.query(
    "update coverage set read_through = true, claimed_from = now() - interval '1 day' where account_id = $1",
    [accountId],
  );
  const status = async () =>
    (await database.pool.query('select status from account where account_id = $1', [accountId])).rows[0].status;

  // Spot trades have been read, and the activity that read them has not come to its end.
  expect(await settle(accountId, [futuresTrades])).toMatchObject({ done: true, everythingReadThrough: false });
  expect(await status()).toBe('backfilling');
  // It goes on with the pair, although another attempt has noted it.
  const withoutPairs = { ...loans, parts: [] };
  expect(await settle(accountId, [spotTrades, withoutPairs])).toMatchObject({ done: false });

  await database.pool.query('update coverage set read_through = true, claimed_from = now() where account_id = $1', [
    accountId,
  ]);
  const { rows } = await database.pool.query('select part from coverage where account_id = $1 and stream = $2', [
    accountId,
    loans.name,
  ]);
  const withPairs = { ...loans, parts: rows.map(({ part }) => part) };
  expect(await settle(accountId, [spotTrades, withPairs])).toMatchObject({ done: true, everythingReadThrough: true });
  expect(await status()).toBe('live');
});

test('a sync that finds that the key expires soon leaves alone what a key check found of the account meanwhile', async () => {
  const accountId = await linkedAccount(database, 'expiring');
  const expiresAt = new Date(Date.now() + 86_400_000);
  await database.kysely
    .insertInto('api_key')
    .values({
      account_id: accountId,
      key_id: 'k',
      fingerprint: 'f',
      sealed: 's',
      state: 'active',
      expires_at: expiresAt,
    })
    .execute();
  await replaceProblems(database, accountId, null, [{ code: 'key-can-trade', message: 'm', remedy: 'r' }]);
  await whileHeld(
    database,
    (holder) => holder.query('select from account where account_id = $1 for update', [accountId]),
    () => settle(accountId, [], expiresAt.getTime()),
    (holder) => holder.query("update account_problem set code = 'key-can-withdraw' where account_id = $1", [accountId]),
  );
  const problems = await loadProblems(database, accountId);
  expect(problems.map(({ code }) => code)).toEqual(['key-can-withdraw', 'key-expires-soon']);
});

test('a stream that is stopped waits for its retry, but not as long as another has more to read', async () => {
  const accountId = await linkedAccount(database, 'one stopped');
  const { details } = failureOf('maintenance', futuresTrades);
  const stopped = { ...nothingToRead(futuresTrades), done: false, finished: [], blocked: details };
  const under = { ...nothingToRead(loans), done: false, finished: [], goesOn: true };
  expect(await settle(accountId, [spotTrades], null, [stopped, under])).toMatchObject({ done: false, failed: false });
  expect(await settle(accountId, [spotTrades, loans], null, [stopped])).toMatchObject({ done: false, failed: true });
});
