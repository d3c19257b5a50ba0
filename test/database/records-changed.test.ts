import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { marginLoans } from '../../src/bitmart/streams/margin-loans.ts';
import { createPostgresStore, noteProgress, noteRecordsChanged, readEvents } from '../../src/database/index.ts';
import { claiming, futuresTrades, pageOf, partOf, spotTrades, trade } from './records.ts';
import { linkedAccount, migratedDatabase, type TestDatabase, whileHeld } from './support.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const streams = [spotTrades, futuresTrades];

async function commit(accountId: string, ...rows: Parameters<typeof pageOf>[0]) {
  const store = createPostgresStore(database, { gapsOf: () => [] });
  const part = partOf(accountId, spotTrades);
  const { fence } = await store.openPart(part);
  const page = pageOf(rows);
  await store.commitPage(part, fence, page, claiming(page));
}

const syncEnds = (accountId: string) => noteRecordsChanged(database, { accountId, streams, goesOn: false });
const chunkEnds = (accountId: string) => noteRecordsChanged(database, { accountId, streams, goesOn: true });

async function reported(accountId: string): Promise<readonly unknown[]> {
  const { rows } = await database.pool.query('select owner_id from account where account_id = $1', [accountId]);
  const question = { ownerId: rows[0].owner_id, accountId, after: new Map(), limit: 100 };
  const events = await readEvents(database, question);
  return events.filter(({ kind }) => kind === 'records-changed').map(({ details }) => details.streams);
}

test('a sync of many pages is one event, with how many records are new and how many changed', async () => {
  const accountId = await linkedAccount(database, 'a-sync');
  await commit(accountId, trade(1), trade(2));
  await commit(accountId, trade(2, { fee: '0.5' }), trade(3));
  await commit(accountId, trade(4));
  await syncEnds(accountId);
  await commit(accountId, trade(4, { fee: '0.7' }), trade(5));
  await syncEnds(accountId);
  expect(await reported(accountId)).toEqual([
    [{ stream: 'spot-trades', inserted: 3, changed: 1 }],
    [{ stream: 'spot-trades', inserted: 1, changed: 1 }],
  ]);
});

test('records are reported before their account is said to be backfilled, which only a stream says that saw everything read', async () => {
  const accountId = await linkedAccount(database, 'last');
  await database.pool.query("update account set status = 'backfilling' where account_id = $1", [accountId]);
  await commit(accountId, trade(1), trade(2));
  // Another stream's last page, after this one looked at what is left. Its records may name pairs that are still to be read.
  await database.pool.query('update coverage set read_through = true where account_id = $1', [accountId]);
  const seen = { status: 'backfilling', nextSyncAt: null, historyAtRiskAt: null, parts: 1 } as const;
  const kinds = async () => {
    const kept = 'select kind from account_event where account_id = $1 order by event_id';
    return (await database.pool.query(kept, [accountId])).rows.map(({ kind }) => kind);
  };
  await noteProgress(database, { accountId, streams, goesOn: true }, seen);
  expect(await kinds()).toEqual([]);
  await noteProgress(database, { accountId, streams, goesOn: false }, { ...seen, status: 'live' });
  expect(await kinds()).toEqual(['records-changed', 'backfilled']);
});

test('a stream that waits while the last one ends takes nothing back of what that one wrote', async () => {
  const accountId = await linkedAccount(database, 'overtaken');
  await commit(accountId, trade(1));
  const seen = { status: 'backfilling', nextSyncAt: null, historyAtRiskAt: null, parts: 1 } as const;
  const become = (status: string) => (holder: pg.PoolClient) =>
    holder.query(`update account set status = $2, next_sync_at = '2030-01-01' where account_id = $1`, [
      accountId,
      status,
    ]);
  await whileHeld(
    database,
    become('backfilling'),
    () => noteProgress(database, { accountId, streams, goesOn: true }, seen),
    // Meanwhile the last stream stores its last page and says that the account is live.
    async (holder) => {
      await holder.query('update coverage set read_through = true where account_id = $1', [accountId]);
      await become('live')(holder);
    },
  );
  const kept = 'select status, next_sync_at from account where account_id = $1';
  const { rows } = await database.pool.query(kept, [accountId]);
  expect(rows).toEqual([{ status: 'live', next_sync_at: new Date('2030-01-01') }]);
});

test('an account does not stay live when a stream has found a pair that is unread', async () => {
  const accountId = await linkedAccount(database, 'pairs');
  const loans = marginLoans.stream;
  await commit(accountId, trade(1));
  await database.pool.query('update coverage set read_through = true where account_id = $1', [accountId]);
  const store = createPostgresStore(database, { gapsOf: () => [] });
  await store.openPart(partOf(accountId, loans, 'borrow-BTC_USDT'));
  // It looked before there was the pair, when something else was unread.
  const seen = { status: 'backfilling', nextSyncAt: null, historyAtRiskAt: null, parts: 1 } as const;
  await noteProgress(database, { accountId, streams: [spotTrades, loans], goesOn: true }, seen);
  const { rows } = await database.pool.query('select status from account where account_id = $1', [accountId]);
  expect(rows).toEqual([{ status: 'backfilling' }]);
});

test('a sync that brings nothing is not an event, and neither is an activity that is done again', async () => {
  const accountId = await linkedAccount(database, 'nothing');
  await syncEnds(accountId);
  await commit(accountId, trade(1));
  await syncEnds(accountId);
  await commit(accountId, trade(1));
  await syncEnds(accountId);
  await syncEnds(accountId);
  expect(await reported(accountId)).toHaveLength(1);
});

test('what a worker stored that died before it reported it is in the event of the next sync', async () => {
  const accountId = await linkedAccount(database, 'died');
  await commit(accountId, trade(1), trade(2));
  await commit(accountId, trade(3));
  await syncEnds(accountId);
  expect(await reported(accountId)).toEqual([[{ stream: 'spot-trades', inserted: 3, changed: 0 }]]);
});

test('streams that end side by side report the same records once', async () => {
  const accountId = await linkedAccount(database, 'side-by-side');
  await commit(accountId, trade(1));
  const holder = await database.pool.connect();
  await holder.query('begin');
  await holder.query('select from account where account_id = $1 for update', [accountId]);
  const ending = Promise.all(Array.from({ length: 3 }, () => syncEnds(accountId)));
  // The first waits for the holder, the others for the row.
  const waiting = `select from pg_locks where not granted and locktype = 'tuple'
    and database = (select oid from pg_database where datname = current_database())`;
  await expect.poll(async () => (await holder.query(waiting)).rowCount, { interval: 20 }).toBe(2);
  await holder.query('commit');
  holder.release();
  await ending;
  expect(await reported(accountId)).toHaveLength(1);
});

test('the chunks of a long read are reported every five minutes, and its end at once', async () => {
  const accountId = await linkedAccount(database, 'long');
  const minutesPass = () =>
    database.pool.query(
      `update account set linked_at = linked_at - interval '6 minutes',
         records_reported_at = records_reported_at - interval '6 minutes' where account_id = $1`,
      [accountId],
    );
  for (let number = 1; number <= 6; number++) {
    await commit(accountId, trade(number));
    if (number % 3 === 0) await minutesPass();
    await chunkEnds(accountId);
  }
  expect(await reported(accountId)).toHaveLength(2);
  await commit(accountId, trade(7));
  await syncEnds(accountId);
  expect(await reported(accountId)).toEqual(
    [3, 3, 1].map((inserted) => [{ stream: 'spot-trades', inserted, changed: 0 }]),
  );
});

test('events of more than a week ago are dropped for a newer one, the only one stays', async () => {
  const accountId = await linkedAccount(database, 'a-year');
  const aWeekPasses = () =>
    database.pool.query(`update account_event set at = at - interval '8 days' where account_id = $1`, [accountId]);
  for (let number = 1; number <= 5; number++) {
    await commit(accountId, trade(number));
    await syncEnds(accountId);
    await aWeekPasses();
    await syncEnds(accountId);
  }
  expect(await reported(accountId)).toHaveLength(1);
});
