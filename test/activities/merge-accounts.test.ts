import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { createMergeAccounts } from '../../src/activities/merge-accounts.ts';
import { createPostgresStore } from '../../src/database/index.ts';
import type { MergeResult } from '../../src/workflows/messages.ts';
import { claiming, pageOf, partOf, spotTrades, trade } from '../database/records.ts';
import { linkedAccount, migratedDatabase, type TestDatabase } from '../database/support.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

async function read(accountId: string, trades: readonly number[]): Promise<void> {
  await linkedAccount(database, accountId);
  await database.pool.query("update account set owner_id = 'owner' where account_id = $1", [accountId]);
  const store = createPostgresStore(database, { gapsOf: () => [] });
  const part = partOf(accountId, spotTrades);
  const { fence } = await store.openPart(part);
  const page = pageOf(trades.map((number) => trade(number)));
  await store.commitPage(part, fence, page, claiming(page));
}

function attempt(from: string, into: string): Promise<MergeResult> {
  const dependencies = {
    database,
    exchange: { streams: [spotTrades], clockMs: () => Date.now() },
    settings: { rereadWindowMs: 86_400_000, settleLagMs: 1_000 },
  } as unknown as Dependencies;
  const context = { heartbeat: () => undefined, cancellationSignal: new AbortController().signal };
  return asyncLocalStorage.run(context as unknown as Context, () => createMergeAccounts(dependencies)({ from, into }));
}

test('what a merge did is reported again to an attempt that finds it done', async () => {
  await read('older', [1, 2, 3]);
  await read('younger', [2, 3, 4]);
  const first = await attempt('younger', 'older');
  expect(first).toEqual({ outcome: 'merged', accountId: 'older', moved: 1, dropped: 2, conflicts: 0 });
  expect(await attempt('younger', 'older')).toEqual(first);
  expect(await attempt('younger', 'another')).toMatchObject({ outcome: 'refused', reason: 'gone' });
});
