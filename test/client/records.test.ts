import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/streams/index.ts';
import { AccountNotFound, type OwnerClient, type RecordsOptions } from '../../src/client/index.ts';
import {
  createPostgresStore,
  type Database,
  positionOf,
  readRecords,
  recordPageStatement,
  type StoredRow,
} from '../../src/database/index.ts';
import type { Stream } from '../../src/history/stream.ts';
import { insertAnything } from '../database/tables.ts';
import { firstTradeMs, storeFuturesTrades, storeSpotTrades } from './stored-rows.ts';
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

async function tradeIds(accountId: string, options: RecordsOptions): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const record of anna.allRecords(accountId, 'spot-trades', options)) ids.push(record.trade_id);
  return ids;
}

const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => String(from + i).padStart(9, '0'));

describe('records', () => {
  test('come with every digit, times as Date, and their own served text', async () => {
    const accountId = await account('digits');
    await storeSpotTrades(database, accountId, { from: 1, count: 1 });
    const { records, next } = await anna.records(accountId, 'spot-trades');
    expect(next).toBeNull();
    expect(records).toEqual([
      {
        symbol: 'BTC_USDT',
        trade_id: '000000001',
        order_id: 'o1',
        client_order_id: null,
        order_mode: null,
        order_type: null,
        side: 'buy',
        role: null,
        price: '26910.40000000000000000001',
        size: '0.10',
        notional: null,
        fee: null,
        fee_currency: 'BMX',
        traded_at: new Date(firstTradeMs + 1000),
        updated_at: null,
        page_id: '00000000-0000-7000-8000-000000000000',
        raw: '{"tradeId" : "1"}',
      },
    ]);
  });

  test('come oldest first in pages that neither skip nor double, also where many share one instant', async () => {
    const accountId = await account('pages');
    await storeSpotTrades(database, accountId, { from: 0, count: 95, perInstant: 10 });
    expect(await tradeIds(accountId, { limit: 7 })).toEqual(ids(0, 95));
    const whole = await anna.records(accountId, 'spot-trades', { limit: 95 });
    expect(whole.next).toBeNull();
    expect((await anna.records(accountId, 'spot-trades', { limit: 94 })).next).not.toBeNull();
  });

  test('of a range include its start and not its end', async () => {
    const accountId = await account('range');
    await storeSpotTrades(database, accountId, { from: 0, count: 10 });
    const range = { from: new Date(firstTradeMs + 2000), to: new Date(firstTradeMs + 5000).toISOString() };
    expect(await tradeIds(accountId, { ...range, limit: 2 })).toEqual(ids(2, 5));
    expect(await tradeIds(accountId, { to: '2026-01-01T09:00:03+09:00' })).toEqual(ids(0, 3));
  });

  test('that are stored between two pages shift nothing', async () => {
    const accountId = await account('meanwhile');
    await storeSpotTrades(database, accountId, { from: 100, count: 20 });
    const seen: string[] = [];
    for await (const record of anna.allRecords(accountId, 'spot-trades', { limit: 5 })) {
      seen.push(record.trade_id);
      // Before, in the middle of and behind what is being read.
      if (seen.length === 8) await storeSpotTrades(database, accountId, { from: 0, count: 3 });
      if (seen.length === 12) await storeSpotTrades(database, accountId, { from: 120, count: 5 });
    }
    expect(seen).toEqual(ids(100, 125));
  });

  test('of several parts come as one list in order of time', async () => {
    const accountId = await account('parts');
    await storeFuturesTrades(database, accountId, 31);
    const parts: string[] = [];
    for await (const record of anna.allRecords(accountId, 'futures-trades', { limit: 4 })) parts.push(record.part);
    expect(parts).toEqual(Array.from({ length: 31 }, (_, n) => (n % 2 === 0 ? 'futures' : 'copy_trading')));
  });
});

describe('what is asked wrongly is refused with what is allowed', () => {
  const wrong: readonly [what: string, options: RecordsOptions, code: string, allowed: string][] = [
    ['from after to', { from: '2026-02-01', to: '2026-01-01' }, 'wrong-range', 'before'],
    ['from at to', { from: '2026-02-01', to: '2026-02-01' }, 'wrong-range', 'before'],
    ['a time without zone', { from: '2026-02-01T10:00:00' }, 'wrong-range', 'zone'],
    ['no time', { to: 'yesterday' }, 'wrong-range', 'ISO 8601'],
    ['a day that is none', { to: '2026-02-31T25:00:00Z' }, 'wrong-range', 'ISO 8601'],
    ['an invalid Date', { from: new Date('') }, 'wrong-range', 'ISO 8601'],
    ['a limit of a million', { limit: 1_000_000 }, 'wrong-limit', '1 to 1000'],
    ['a limit of 0', { limit: 0 }, 'wrong-limit', '1 to 1000'],
    ['half a record', { limit: 1.5 }, 'wrong-limit', '1 to 1000'],
    ['nonsense for a cursor', { after: 'nonsense' }, 'wrong-cursor', 'next'],
    ['an empty cursor', { after: '' }, 'wrong-cursor', 'next'],
  ];
  test.each(wrong)('%s', async (_, options, code, allowed) => {
    const accountId = await account(`wrong-${code}`);
    const failure = await anna.records(accountId, 'spot-trades', options).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ClientError', code, remedy: expect.stringContaining(allowed) });
  });

  test('an unknown stream', async () => {
    const accountId = await account('wrong-stream');
    const failure = await anna.records(accountId, 'spot' as 'spot-trades').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'wrong-stream',
      remedy: expect.stringContaining('spot-trades, futures-trades'),
    });
  });

  test('the cursor of another account, stream or range, or one that was changed', async () => {
    const accountId = await account('cursor');
    const other = await account('cursor-of-another');
    for (const each of [accountId, other]) await storeSpotTrades(database, each, { from: 0, count: 3 });
    const { next } = await anna.records(accountId, 'spot-trades', { limit: 1 });
    const after = next as string;
    const changed = Buffer.from(
      Buffer.from(after, 'base64url').toString().replace('2026-01-01', '1970-01-01'),
    ).toString('base64url');
    const failures = await Promise.allSettled([
      anna.records(other, 'spot-trades', { after }),
      anna.records(accountId, 'withdrawals', { after }),
      anna.records(accountId, 'spot-trades', { after, from: '2020-01-01' }),
      anna.records(accountId, 'spot-trades', { after: changed }),
    ]);
    expect(failures.map((failure) => (failure as PromiseRejectedResult).reason?.code)).toEqual(
      Array.from({ length: 4 }, () => 'wrong-cursor'),
    );
    expect((await anna.records(accountId, 'spot-trades', { after })).records).toHaveLength(2);
  });

  test('another owner’s account is not found, with and without a cursor', async () => {
    const accountId = await account('not-yours');
    await storeSpotTrades(database, accountId, { from: 0, count: 3 });
    const { next } = await anna.records(accountId, 'spot-trades', { limit: 1 });
    const mallory = platform.client.forOwner('mallory');
    await expect(mallory.records(accountId, 'spot-trades')).rejects.toThrow(AccountNotFound);
    await expect(mallory.records(accountId, 'spot-trades', { after: next as string })).rejects.toThrow(AccountNotFound);
    await expect(mallory.isComplete(accountId, 'spot-trades', '2026-01-01', '2026-02-01')).rejects.toThrow(
      AccountNotFound,
    );
  });
});

test.each(streams.map((stream) => stream.name))('every stream can be read page by page: %s', async (name) => {
  const stream = streams.find((candidate) => candidate.name === name) as Stream;
  const accountId = await saveAccount(database, `one-of-${name}`, 'bea');
  await insertAnything(database, stream.table.name, accountId);
  const { name: table, timeColumn, hasPart } = stream.table;
  // Records have whole milliseconds, and a part that their stream knows.
  const part = hasPart ? `, part = '${stream.parts[0]}'` : '';
  const asServed = `update ${table} set ${timeColumn} = date_trunc('second', now())${part} where account_id = $1`;
  await database.pool.query(asServed, [accountId]);
  // Parts of pairs are the account's own.
  if (stream.pairsOf !== undefined)
    await createPostgresStore(database, { gapsOf: () => [] }).openPart({
      accountId,
      stream,
      part: stream.parts[0] as string,
    });
  const [row, ...others] = await readRecords(database, { accountId, stream, range: ever, after: null, limit: 2 });
  expect(others).toEqual([]);
  const after = positionOf(stream.table, row as StoredRow);
  expect(await readRecords(database, { accountId, stream, range: ever, after, limit: 2 })).toEqual([]);
});

const ended = { name: 'AbortError', code: 'aborted', cause: 'enough' };

const ever = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

test('a signal ends the reading, and its reason is the cause', async () => {
  const accountId = await account('abort');
  await storeSpotTrades(database, accountId, { from: 0, count: 10 });
  await expect(anna.records(accountId, 'spot-trades', { signal: AbortSignal.abort('enough') })).rejects.toMatchObject(
    ended,
  );
  const controller = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const record of anna.allRecords(accountId, 'spot-trades', { limit: 2, signal: controller.signal })) {
      seen.push(record.trade_id);
      if (seen.length === 4) controller.abort('enough');
    }
  })();
  await expect(reading).rejects.toMatchObject(ended);
  expect(seen).toEqual(ids(0, 4));
});

test('every call of an owner ends at once where its signal says so', async () => {
  const accountId = await account('signals');
  const signal = AbortSignal.abort('enough');
  const key = { apiKey: 'a', apiSecret: 'b', memo: 'c' };
  const calls = [
    anna.link(key, { signal }),
    anna.check(key, { signal }),
    anna.rotate(accountId, key, { signal }),
    anna.list({ signal }),
    anna.find(accountId, { signal }),
    anna.status(accountId, { signal }),
    anna.coverage(accountId, { signal }),
    anna.explain(accountId, { signal }),
    anna.changes(accountId, { signal }),
    anna.export(accountId, 'deposits', { signal }),
    anna.isComplete(accountId, 'deposits', '2026-01-01', '2026-02-01', { signal }),
    anna.events({ signal }),
    anna.sync(accountId, { signal }),
    anna.pause(accountId, { signal }),
    anna.resume(accountId, { signal }),
    anna.unlink(accountId, { signal }),
    anna.waitForLive(accountId, { signal }),
  ];
  const settled = await Promise.allSettled(calls);
  expect(settled.map((end) => end.status === 'rejected' && end.reason)).toMatchObject(calls.map(() => ended));
  expect((await anna.find(accountId)).paused).toBe(false);
});

describe('a page deep inside many rows', () => {
  const plan = async (stream: Stream, accountId: string, position: readonly string[]) => {
    const { table } = stream;
    const { rows } = await database.pool.query({
      text: `explain ${recordPageStatement(table, true)}`,
      values: [accountId, '-infinity', 'infinity', 100, ...(table.hasPart ? [stream.parts] : []), ...position],
    });
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };

  test('is found by the index by time, and sorts only what shares an instant', async () => {
    const accountId = await saveAccount(database, 'deep', 'bea');
    await storeSpotTrades(database, accountId, { from: 0, count: 20_000 });
    await storeFuturesTrades(database, accountId, 20_000);
    await sql`analyze spot_trade, futures_trade`.execute(database.kysely);
    const at = new Date(firstTradeMs + 10_000_000).toISOString();
    const [spotTrades, futuresTrades] = streams as unknown as [Stream, Stream];
    const spotPlan = await plan(spotTrades, accountId, [at, 'BTC_USDT', '000010000', 'o10000']);
    expect(spotPlan).toContain('Index Scan using spot_trade_by_time');
    expect(spotPlan).toContain('Presorted Key: traded_at');
    const futuresPlan = await plan(futuresTrades, accountId, [at, 'futures', 'BTCUSDT', '000010000', 'o10000']);
    expect(futuresPlan).toContain('Index Scan using futures_trade_by_time');
    expect(futuresPlan).toContain('Presorted Key: held.traded_at');
    expect(spotPlan + futuresPlan).not.toContain('Seq Scan');
  });
});
