import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/streams/index.ts';
import { AccountNotFound, type ChangesOptions, type OwnerClient } from '../../src/client/index.ts';
import { createPostgresStore, type Database, eraseAccount } from '../../src/database/index.ts';
import type { Stream } from '../../src/history/stream.ts';
import { claiming, hour, pageOf, partOf, row, startMs } from '../database/records.ts';
import { firstTradeMs, storeSpotTrades } from './stored-rows.ts';
import { freshPlatform, type Platform, saveAccount, unreachable } from './surroundings.ts';

let platform: Platform;
let database: Database;
let anna: OwnerClient;
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
  database = platform.database;
  anna = platform.client.forOwner('anna');
});
afterAll(() => platform.close());

const account = (accountId: string) => saveAccount(database, accountId);

const withdrawals = streams.find((stream) => stream.name === 'withdrawals') as Stream;

async function withdraw(accountId: string, status: string): Promise<void> {
  const served = row(withdrawals, startMs, { withdraw_id: '7', currency: 'USDT-TRC20', amount: '1.50', status });
  const page = pageOf([served], { question: { part: 'all', core: hour } });
  const store = createPostgresStore(database, { gapsOf: () => [] });
  const part = partOf(accountId, withdrawals);
  const { fence } = await store.openPart(part);
  await store.commitPage(part, fence, page, claiming(page));
}

describe('changes', () => {
  test('give each record in its present form, typed by its stream, and where to continue', async () => {
    const accountId = await account('told');
    await withdraw(accountId, 'processing');
    const first = await anna.changes(accountId, { after: 0 });
    await withdraw(accountId, 'success');
    const second = await anna.changes(accountId, { after: first.next });

    const [inserted] = first.changes;
    const [changed] = second.changes;
    if (inserted?.stream !== 'withdrawals' || changed?.stream !== 'withdrawals') throw new Error('of another stream');
    expect([inserted.kind, inserted.revision, inserted.version, inserted.record.status]).toEqual([
      'inserted',
      1,
      1,
      'processing',
    ]);
    expect([changed.kind, changed.revision, changed.version, changed.record.status]).toEqual([
      'changed',
      2,
      2,
      'success',
    ]);
    expect(changed.key).toBe(inserted.key);
    expect(changed.record).toMatchObject({ amount: '1.50', asset: null, requested_at: new Date(startMs) });
    expect(await anna.changes(accountId, { after: second.next })).toEqual({
      changes: [],
      next: second.next,
      more: false,
    });
    expect((await anna.changes(accountId)).changes).toEqual([changed]);
  });

  test('begin before anything is stored, and go on from there', async () => {
    const accountId = await account('empty');
    const { changes, next } = await anna.changes(accountId);
    expect(changes).toEqual([]);
    await storeSpotTrades(database, accountId, { from: 1, count: 1 });
    expect((await anna.changes(accountId, { after: next })).changes).toHaveLength(1);
  });

  test('of many records that one statement stored come in pages of any size, each record once', async () => {
    const accountId = await account('many');
    await storeSpotTrades(database, accountId, { from: 0, count: 2_500 });
    const keys = new Set<string>();
    let reported = 0;
    let after: string | 0 = 0;
    for (;;) {
      const { changes, next } = await anna.changes(accountId, { after, limit: 999 });
      if (changes.length === 0) break;
      reported += changes.length;
      for (const change of changes) keys.add(change.key);
      after = next;
    }
    expect([reported, keys.size]).toEqual([2_500, 2_500]);
    const { rows } = await sql`select distinct revision from spot_trade where account_id = ${accountId}`.execute(
      database.kysely,
    );
    expect(rows).toHaveLength(3);
  });
});

describe('what is asked wrongly is refused with what is allowed', () => {
  const wrong: readonly [what: string, options: ChangesOptions, code: string, allowed: string][] = [
    ['a limit of a million', { limit: 1_000_000 }, 'wrong-limit', '1 to 1000'],
    ['no record at all', { limit: 0 }, 'wrong-limit', '1 to 1000'],
    ['nonsense for a cursor', { after: 'nonsense' }, 'wrong-cursor', 'next'],
    ['a number for a cursor', { after: 17 as 0 }, 'wrong-cursor', 'next'],
  ];
  test.each(wrong)('%s', async (what, options, code, allowed) => {
    const accountId = await account(what);
    const failure = await anna.changes(accountId, options).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ClientError', code, remedy: expect.stringContaining(allowed) });
  });

  test('the cursor of another account, or of another list', async () => {
    const [one, other] = [await account('cursor-of-one'), await account('cursor-of-other')];
    await storeSpotTrades(database, one, { from: 0, count: 2 });
    const { next: ofRecords } = await anna.records(one, 'spot-trades', { limit: 1 });
    const { next } = await anna.changes(one, { limit: 1 });
    for (const [accountId, after] of [
      [other, next],
      [one, ofRecords as string],
    ] as const) {
      await expect(anna.changes(accountId, { after })).rejects.toMatchObject({ code: 'wrong-cursor' });
    }
  });

  test('a place that the account has not come to: the database was set back', async () => {
    const accountId = await account('set-back');
    await storeSpotTrades(database, accountId, { from: 0, count: 1 });
    const { next } = await anna.changes(accountId);
    await sql`update account set revision = 0 where account_id = ${accountId}`.execute(database.kysely);
    await expect(anna.changes(accountId, { after: next })).rejects.toMatchObject({
      code: 'wrong-cursor',
      message: expect.stringContaining('set back'),
    });
  });

  test('a place from before the account was erased and linked again', async () => {
    const accountId = await account('erased');
    await storeSpotTrades(database, accountId, { from: 0, count: 1 });
    const { next } = await anna.changes(accountId);
    await eraseAccount(database, accountId);
    await account('erased');
    await storeSpotTrades(database, accountId, { from: 5, count: 1 });
    await expect(anna.changes(accountId, { after: next })).rejects.toMatchObject({ code: 'wrong-cursor' });
  });

  test('another owner’s account', async () => {
    const accountId = await account('not-yours');
    const mallory = platform.client.forOwner('mallory');
    await expect(mallory.changes(accountId)).rejects.toThrow(AccountNotFound);
  });

  test('a signal that was given up', async () => {
    const accountId = await account('given-up');
    const reason = new Error('given up');
    await expect(anna.changes(accountId, { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'aborted',
      cause: reason,
    });
  });
});

test('times of the first trades are as they were stored', async () => {
  const accountId = await account('times');
  await storeSpotTrades(database, accountId, { from: 1, count: 1 });
  const [change] = (await anna.changes(accountId)).changes;
  expect(change?.record).toMatchObject({
    traded_at: new Date(firstTradeMs + 1_000),
    price: '26910.40000000000000000001',
  });
});
