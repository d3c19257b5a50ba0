import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { futuresFlows } from '../../src/bitmart/streams/futures-flows.ts';
import {
  type ChangePosition,
  createPostgresStore,
  type Database,
  PositionAhead,
  readChanges,
  type StoredChange,
} from '../../src/database/index.ts';
import type { PartReference } from '../../src/history/ports.ts';
import type { Page } from '../../src/history/stream.ts';
import { claiming, futuresTrades, hour, pageOf, partOf, row, spotTrades, startMs, trade } from './records.ts';
import { linkedAccount, migratedDatabase } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase({ role: undefined });
});
afterAll(() => database.close());

const streams = [spotTrades, futuresTrades, futuresFlows.stream];

async function commit(part: PartReference, page: Page) {
  const store = createPostgresStore(database, { gapsOf: () => [] });
  const { fence } = await store.openPart(part);
  return store.commitPage(part, fence, page, claiming(page));
}

async function changesOf(accountId: string, after: ChangePosition | null = null, limit = 1000) {
  const page = await readChanges(database, { accountId, streams, after, limit });
  if (page === null) throw new Error(`There is no account ${accountId}.`);
  return page;
}

/** Reads to the end in pages of `limit`. */
async function everyChange(accountId: string, limit: number, after: ChangePosition | null = null) {
  const all: StoredChange[] = [];
  for (let place = after; ; ) {
    const { changes, next } = await changesOf(accountId, place, limit);
    all.push(...changes);
    if (changes.length === 0) return { all, next };
    place = next;
  }
}

const reported = (changes: readonly StoredChange[]) =>
  changes.map(({ stream, revision, version, record }) => [stream.name, revision, version, record.trade_id]);

const idOf = (number: number) => `${100_000_000_000_000_000n + BigInt(number)}`;

function fill(number: number, part: 'futures' | 'copy_trading' = 'futures') {
  const values = { symbol: 'BTCUSDT', trade_id: idOf(number), order_id: 'o', side_code: 1, side: 'buy', price: '1' };
  return row(futuresTrades, startMs + number, { ...values, contracts: '1' }, part);
}

/** A flow has no id: its amount is part of its key. */
function flow(number: number, amount: string) {
  const values = { flow_type: 3, symbol: 'BTCUSDT', asset: 'USDT', amount, tran_id: '', occurrence: 1 };
  return row(futuresFlows.stream, startMs + number, values, 'futures');
}

function flowsOf(...rows: ReturnType<typeof flow>[]) {
  return pageOf(rows, { question: { part: 'futures', core: hour } });
}

function fillsOf(part: 'futures' | 'copy_trading', ...numbers: number[]) {
  return pageOf(
    numbers.map((number) => fill(number, part)),
    { question: { part, core: hour } },
  );
}

describe('the changes of an account', () => {
  test('are numbered by the transaction that made them, and reported in its order with everything of the record', async () => {
    const accountId = await linkedAccount(database, 'numbered');
    const outcome = await commit(partOf(accountId, spotTrades), pageOf([trade(2), trade(1)]));
    await commit(partOf(accountId, futuresTrades, 'futures'), fillsOf('futures', 7));
    await commit(partOf(accountId, spotTrades), pageOf([trade(1), trade(2, { fee: '0.5' }), trade(3)]));

    const { changes, next } = await changesOf(accountId);

    expect(reported(changes)).toEqual([
      ['spot-trades', 1, 1, idOf(1)],
      ['futures-trades', 2, 1, idOf(7)],
      ['spot-trades', 3, 2, idOf(2)],
      ['spot-trades', 3, 1, idOf(3)],
    ]);
    expect(changes[0]?.record).toMatchObject({
      price: '26910.40000000000000000001',
      traded_at: new Date(startMs + 1000),
      page_id: outcome.pageId,
      raw: trade(1).raw,
    });
    expect(next).toEqual({ revision: 3, record: null });
    expect(await changesOf(accountId, next)).toEqual({ changes: [], next, more: false });
  });

  test('cost no number where a page only confirms what is stored', async () => {
    const accountId = await linkedAccount(database, 'confirmed');
    const part = partOf(accountId, spotTrades);
    await commit(part, pageOf([trade(1)]));
    await commit(part, pageOf([trade(1)]));
    expect((await changesOf(accountId)).next.revision).toBe(1);
  });

  test('come in pages of any size, also smaller than what one transaction changed', async () => {
    const accountId = await linkedAccount(database, 'pages');
    await commit(partOf(accountId, spotTrades), pageOf(Array.from({ length: 20 }, (_, i) => trade(i))));
    await commit(partOf(accountId, futuresTrades, 'copy_trading'), fillsOf('copy_trading', 1, 2, 3));
    await commit(partOf(accountId, futuresTrades, 'futures'), fillsOf('futures', 1, 2));
    const { all: whole } = await everyChange(accountId, 1000);
    for (const limit of [1, 2, 3, 7, 25]) {
      const { all, next } = await everyChange(accountId, limit);
      expect(reported(all)).toEqual(reported(whole));
      expect(next).toEqual({ revision: 3, record: null });
    }
  });

  test('report a record once, in its present form, when it changed while the pages before it were read', async () => {
    const accountId = await linkedAccount(database, 'moving');
    const part = partOf(accountId, spotTrades);
    await commit(part, pageOf([trade(1), trade(2), trade(3)]));
    const first = await changesOf(accountId, null, 1);
    await commit(part, pageOf([trade(1, { fee: '9' }), trade(3, { fee: '8' })]));
    const { all } = await everyChange(accountId, 1, first.next);
    expect(reported(all)).toEqual([
      ['spot-trades', 1, 1, idOf(2)],
      ['spot-trades', 2, 2, idOf(1)],
      ['spot-trades', 2, 2, idOf(3)],
    ]);
  });

  test('have one key for all versions of a record, however its amount is written, and go on after it', async () => {
    const accountId = await linkedAccount(database, 'amounts');
    const part = partOf(accountId, futuresFlows.stream, 'futures');
    await commit(part, flowsOf(flow(1, '1.0'), flow(2, '-0.50')));
    const { all: before } = await everyChange(accountId, 1);
    await commit(part, flowsOf(flow(1, '1.00'), flow(2, '-0.5')));
    const { all: after } = await everyChange(accountId, 1);

    const keysOf = (changes: readonly StoredChange[]) => changes.map(({ key }) => key);
    expect(after.map(({ record, version }) => [record.amount, version])).toEqual([
      ['1.00', 2],
      ['-0.5', 2],
    ]);
    expect(keysOf(after)).toEqual(keysOf(before));
    expect(keysOf(after).map((key) => key[5])).toEqual(['1', '-0.5']);
  });

  test('never skip a transaction that took an earlier number and is still under way', async () => {
    const accountId = await linkedAccount(database, 'slow');
    const slow = await database.pool.connect();
    await slow.query('begin');
    await slow.query('update account set revision = revision + 1 where account_id = $1', [accountId]);
    let isCommitted = false;
    const other = commit(partOf(accountId, futuresTrades, 'futures'), fillsOf('futures', 1)).then(() => {
      isCommitted = true;
    });
    await until(async () => {
      const { rows } = await database.pool.query(`select 1 from pg_locks where not granted limit 1`);
      return rows.length > 0;
    });
    expect((await changesOf(accountId)).changes).toEqual([]);
    expect(isCommitted).toBe(false);
    await slow.query('commit');
    slow.release();
    await other;
    expect(reported((await changesOf(accountId)).changes)).toEqual([['futures-trades', 2, 1, idOf(1)]]);
  });

  test('refuse a place that lies ahead of them', async () => {
    const accountId = await linkedAccount(database, 'ahead');
    await expect(changesOf(accountId, { revision: 1, record: null })).rejects.toThrow(PositionAhead);
    expect(await readChanges(database, { accountId: 'nobody', streams, after: null, limit: 1 })).toBeNull();
  });
});

describe('records from before there were numbers', () => {
  /** As the migration finds them: rows without a number, in an account that says so. */
  async function olderAccount(name: string) {
    const accountId = await linkedAccount(database, name);
    const part = partOf(accountId, spotTrades);
    await commit(part, pageOf([trade(1), trade(2), trade(3)]));
    await commit(partOf(accountId, futuresTrades, 'futures'), fillsOf('futures', 1, 2));
    await sql`alter table spot_trade disable trigger number_changed`.execute(database.kysely);
    await sql`alter table futures_trade disable trigger number_changed`.execute(database.kysely);
    for (const table of ['spot_trade', 'futures_trade']) {
      await sql`update ${sql.id(table)} set revision = 0 where account_id = ${accountId}`.execute(database.kysely);
    }
    await sql`alter table spot_trade enable trigger number_changed`.execute(database.kysely);
    await sql`alter table futures_trade enable trigger number_changed`.execute(database.kysely);
    await sql`update account set revision = 0, numbered = false where account_id = ${accountId}`.execute(
      database.kysely,
    );
    return { accountId, part };
  }

  test('come first for a reader who starts at the beginning, each once, in pages of any size', async () => {
    const { accountId, part } = await olderAccount('older');
    await commit(part, pageOf([trade(4)]));
    for (const limit of [1, 2, 3, 100]) {
      const { all } = await everyChange(accountId, limit);
      expect(reported(all)).toEqual([
        ['spot-trades', 0, 1, idOf(1)],
        ['spot-trades', 0, 1, idOf(2)],
        ['spot-trades', 0, 1, idOf(3)],
        ['futures-trades', 0, 1, idOf(1)],
        ['futures-trades', 0, 1, idOf(2)],
        ['spot-trades', 1, 1, idOf(4)],
      ]);
    }
  });

  test('are reported with their number when they change before their turn', async () => {
    const { accountId, part } = await olderAccount('older-moving');
    const first = await changesOf(accountId, null, 1);
    await commit(part, pageOf([trade(1, { fee: '9' }), trade(2, { fee: '9' })]));
    const { all } = await everyChange(accountId, 2, first.next);
    expect(reported(all).filter(([stream]) => stream === 'spot-trades')).toEqual([
      ['spot-trades', 0, 1, idOf(3)],
      ['spot-trades', 1, 2, idOf(1)],
      ['spot-trades', 1, 2, idOf(2)],
    ]);
  });
});

test('what is written without a number gets one: by a worker of the release before, or by hand', async () => {
  const accountId = await linkedAccount(database, 'by-hand');
  await commit(partOf(accountId, spotTrades), pageOf([trade(1), trade(2)]));
  await sql`update spot_trade set fee = '7' where account_id = ${accountId} and trade_id = ${idOf(2)}`.execute(
    database.kysely,
  );
  await sql`
    insert into spot_trade (account_id, symbol, trade_id, order_id, side, price, size, traded_at, page_id, digest, fixed_digest, raw)
    select account_id, symbol, ${idOf(3)}, order_id, side, price, size, traded_at, page_id, digest, fixed_digest, raw
    from spot_trade where account_id = ${accountId} and trade_id = ${idOf(1)}`.execute(database.kysely);
  const { changes } = await changesOf(accountId, { revision: 1, record: null });
  expect(reported(changes)).toEqual([
    ['spot-trades', 2, 2, idOf(2)],
    ['spot-trades', 3, 1, idOf(3)],
  ]);
});

describe('the earlier version of a record that changed', () => {
  test('is kept: what it was, from which page, replaced by which', async () => {
    const accountId = await linkedAccount(database, 'versions');
    const part = partOf(accountId, spotTrades);
    const versions = [trade(1), trade(1, { fee: '1' }), trade(1, { fee: '2' })];
    const pages: (string | null)[] = [];
    for (const version of versions) pages.push((await commit(part, pageOf([version, trade(2)]))).pageId);
    await commit(part, pageOf([trade(1, { fee: '2' }), trade(2)]));

    const kept = await database.kysely
      .selectFrom('record_version')
      .selectAll()
      .where('account_id', '=', accountId)
      .orderBy('version')
      .execute();
    expect(kept).toEqual(
      [0, 1].map((place) => ({
        account_id: accountId,
        stream: 'spot-trades',
        part: 'all',
        record_key: versions[place]?.key,
        version: place + 1,
        digest: versions[place]?.digest,
        page_id: pages[place],
        replaced_by: pages[place + 1],
        replaced_at: expect.any(Date),
        raw: versions[place]?.raw,
      })),
    );
    const { rows } =
      await sql`select version, raw from spot_trade where account_id = ${accountId} order by trade_id`.execute(
        database.kysely,
      );
    expect(rows).toEqual([
      { version: 3, raw: versions[2]?.raw },
      { version: 1, raw: trade(2).raw },
    ]);
  });

  test('is kept of the part that changed, not of its duplicate', async () => {
    const accountId = await linkedAccount(database, 'version-parts');
    await commit(partOf(accountId, futuresTrades, 'futures'), fillsOf('futures', 1));
    await commit(partOf(accountId, futuresTrades, 'copy_trading'), fillsOf('copy_trading', 1));
    const changed = { ...fill(1, 'copy_trading'), digest: 'other', raw: '{"other":1}' };
    await commit(
      partOf(accountId, futuresTrades, 'copy_trading'),
      pageOf([changed], { question: { part: 'copy_trading', core: hour } }),
    );
    const kept = await database.kysely
      .selectFrom('record_version')
      .select(['part', 'raw'])
      .where('account_id', '=', accountId)
      .execute();
    expect(kept).toEqual([{ part: 'copy_trading', raw: fill(1).raw }]);
  });
});

async function until(isReached: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await isReached()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('It never came to that.');
}
