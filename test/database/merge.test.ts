import { createHash } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresStore, type Database, loadParts } from '../../src/database/index.ts';
import type { PartReference } from '../../src/history/ports.ts';
import { quarantineReason } from '../../src/history/quarantine-reason.ts';
import type { Page } from '../../src/history/stream.ts';
import {
  claiming,
  futuresTrades,
  hour,
  pageOf,
  partOf,
  row,
  spotTrades,
  startMs,
  trade,
  unreadable,
} from './records.ts';
import { migratedDatabase } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const store = () => createPostgresStore(database, { gapsOf: () => [] });

async function commit(part: PartReference, page: Page, decide = claiming(page)) {
  const { fence } = await store().openPart(part);
  return store().commitPage(part, fence, page, decide);
}

async function stored(accountId: string, table = 'spot_trade') {
  const { rows } = await sql<Record<string, unknown>>`
    select *, xmin::text as version, raw::text as raw from ${sql.id(table)}
    where account_id = ${accountId} order by traded_at, trade_id`.execute(database.kysely);
  return rows;
}

async function pages(accountId: string) {
  return database.kysely
    .selectFrom('page')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('page_id')
    .execute();
}

describe('a page of new rows', () => {
  test('is stored with every digit, the raw text as served, and the page that brought it', async () => {
    const part = partOf('new-rows', spotTrades);
    const served = trade(1, { fee: '-0.00010' });
    const outcome = await commit(part, pageOf([served, trade(2)]));

    const rows = await stored('new-rows');
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      trade_id: '100000000000000001',
      price: '26910.40000000000000000001',
      size: '0.10',
      fee: '-0.00010',
      page_id: outcome.pageId,
      raw: served.raw,
      traded_at: new Date(startMs + 1000),
    });
  });

  test('keeps its window, counts, clock, hash and compressed bytes', async () => {
    const page = pageOf([trade(1), trade(2), unreadable('{"tradeId":""}')]);
    const outcome = await commit(partOf('page-row', spotTrades), page);

    const [kept] = await pages('page-row');
    expect(kept).toMatchObject({
      page_id: outcome.pageId,
      stream: 'spot-trades',
      served: 3,
      inserted: 2,
      changed: 0,
      unchanged: 0,
      quarantined: 1,
      verdict: 'proves',
      asked_from: new Date(hour.from - 1),
      exchange_clock: new Date(page.clockMs),
      trace: 'trace-1',
      hash: createHash('sha256').update(page.bytes).digest(),
    });
    expect(zstdDecompressSync(kept?.bytes as Buffer)).toEqual(page.bytes);
  });

  test('keeps one row of a record that is served twice', async () => {
    await commit(partOf('twice', spotTrades), pageOf([trade(1), trade(1)]));
    expect(await stored('twice')).toHaveLength(1);
    expect((await pages('twice'))[0]).toMatchObject({ served: 2, inserted: 1, unchanged: 1 });
  });
});

describe('a page of known rows', () => {
  test('touches no stored row and leaves no page behind, only the time of the check', async () => {
    const part = partOf('known', spotTrades);
    const page = pageOf([trade(1), trade(2)]);
    await commit(part, page);
    const before = await stored('known');

    const outcome = await commit(part, page);

    expect(outcome).toMatchObject({ pageId: null, decision: { unchanged: 2, insert: [] } });
    expect(await stored('known')).toEqual(before);
    expect(await pages('known')).toHaveLength(1);
    const coverage = await database.kysely
      .selectFrom('coverage')
      .select(['last_verified_at', 'verified_count'])
      .where('account_id', '=', 'known')
      .executeTakeFirst();
    expect(coverage).toEqual({ last_verified_at: new Date(page.clockMs), verified_count: 1 });
  });

  test('is kept when it contradicts what was asked or what we hold, and claims nothing', async () => {
    const part = partOf('contradicts', spotTrades);
    const page = pageOf([trade(1)]);
    await commit(part, page);
    const outcome = await commit(part, page, (state, held) => ({
      ...claiming(page)(state, held),
      verdict: { kind: 'no-evidence', reason: 'it omits a record' },
      claim: [],
      state,
    }));
    const kept = (await pages('contradicts')).find((each) => each.page_id === outcome.pageId);
    expect(kept).toMatchObject({ verdict: 'no-evidence', reason: 'it omits a record', claim: '{}', unchanged: 1 });
  });

  test('is kept when it extends the coverage', async () => {
    const part = partOf('extends', spotTrades);
    await commit(part, pageOf([trade(1)]));
    const longer = { from: hour.from, to: hour.to + 1 };
    const outcome = await commit(part, pageOf([trade(1)], { question: { part: 'all', core: longer } }));
    expect(outcome.pageId).not.toBeNull();
    expect(await pages('extends')).toHaveLength(2);
  });

  test('is kept when it is not believed as a whole but proves a part of its window', async () => {
    const part = partOf('believed', spotTrades);
    const page = pageOf([]);
    const outcome = await commit(part, page, (state, held) => ({
      ...claiming(page)(state, held),
      verdict: { kind: 'unconfirmed' },
    }));
    expect(outcome.pageId).not.toBeNull();
    expect(await pages('believed')).toMatchObject([{ verdict: 'unconfirmed', served: 0 }]);
  });

  test('replaces only the row in which something changed', async () => {
    const part = partOf('changed', spotTrades);
    await commit(part, pageOf([trade(1), trade(2)]));
    const before = await stored('changed');

    const outcome = await commit(part, pageOf([trade(1), trade(2, { fee: '0.5' })]));

    const after = await stored('changed');
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).toMatchObject({ fee: '0.5', page_id: outcome.pageId });
    expect((await pages('changed'))[1]).toMatchObject({ inserted: 0, changed: 1, unchanged: 1 });
  });

  test('sets a conflicting row aside and keeps the one that was there', async () => {
    const part = partOf('conflict', spotTrades);
    await commit(part, pageOf([trade(1)]));
    const before = await stored('conflict');
    const conflicting = trade(1, { price: '1' });

    await commit(part, pageOf([conflicting]));

    expect(await stored('conflict')).toEqual(before);
    const aside = await database.kysely
      .selectFrom('quarantined_row')
      .selectAll()
      .where('account_id', '=', 'conflict')
      .execute();
    expect(aside).toHaveLength(1);
    expect(aside[0]).toMatchObject({
      row_key: conflicting.key,
      raw: conflicting.raw,
      row_at: new Date(conflicting.at),
    });
  });
});

test('a contract size that is known stays when the listing has changed or vanished', async () => {
  const part = partOf('snapshot', futuresTrades, 'futures');
  const fill = (contractSize: string | null, fee: string) =>
    row(
      futuresTrades,
      startMs + 5,
      {
        symbol: 'BTCUSDT',
        trade_id: '1',
        order_id: '2',
        side_code: 1,
        side: 'buy',
        price: '1',
        contracts: '1',
        contract_size: contractSize,
        fee,
      },
      'futures',
    );
  const page = (contractSize: string | null, fee: string) =>
    pageOf([fill(contractSize, fee)], { question: { part: 'futures', core: hour } });
  await commit(part, page(null, '1'));
  await commit(part, page('0.001', '2'));
  await commit(part, page(null, '3'));
  await commit(part, page('0.01', '4'));
  expect((await stored('snapshot', 'futures_trade'))[0]).toMatchObject({ contract_size: '0.001', fee: '4' });
});

describe('the counts of a page', () => {
  test('must account for every row served, or nothing of the page is stored', async () => {
    const part = partOf('sum', spotTrades);
    const page = pageOf([trade(1), trade(2)]);
    const loses = commit(part, page, (state, held) => {
      const decision = claiming(page)(state, held);
      return { ...decision, insert: decision.insert.slice(1) };
    });
    await expect(loses).rejects.toThrow('served 2 rows but 1 were accounted for');
    expect(await stored('sum')).toEqual([]);
  });

  test('must be what the merge did, or nothing of the page is stored', async () => {
    const part = partOf('merge-count', spotTrades);
    const page = pageOf([trade(1)]);
    await commit(part, page);
    const lies = commit(part, page, (state, held) => {
      const decision = claiming(page)(state, held);
      return { ...decision, insert: [trade(1)], unchanged: 0, state: { ...state, rowCount: 99 } };
    });
    await expect(lies).rejects.toThrow('duplicate key value violates unique constraint');
    const parts = await loadParts(database, 'merge-count');
    expect(parts[0]?.state.rowCount).toBe(1);
  });

  test('are checked by the table of pages as well', async () => {
    await expect(
      sql`insert into page (account_id, page_id, stream, part, asked_from, asked_to, core, served, inserted, changed,
            unchanged, quarantined, verdict, claim, hash, exchange_clock)
          values ('sum', gen_random_uuid(), 's', 'p', now(), now(), 'empty', 3, 1, 1, 0, 0, 'steers', '{}', '', now())`.execute(
        database.kysely,
      ),
    ).rejects.toThrow('page_rows_add_up');
  });

  test('an amount that is no decimal never reaches a statement', async () => {
    const page = pageOf([trade(1, { price: 'NaN' })]);
    await expect(commit(partOf('decimal', spotTrades), page)).rejects.toThrow('not a decimal');
    expect(await stored('decimal')).toEqual([]);
  });
});

describe('a row that could not be read', () => {
  test('is kept once, however often it is served for the same reason', async () => {
    const part = partOf('quarantine', spotTrades);
    const raw = '{ "tradeId" : "" }';
    const first = await commit(part, pageOf([unreadable(raw), unreadable(raw, 'has no id', null)]));
    const second = await commit(part, pageOf([unreadable(raw)]));
    const third = await commit(part, pageOf([unreadable(raw, 'has an unknown side')]));

    const rows = await database.kysely
      .selectFrom('quarantined_row')
      .select(['reason', 'raw', 'page_id'])
      .where('account_id', '=', 'quarantine')
      .orderBy('reason', 'desc')
      .execute();
    expect(rows).toEqual([
      { reason: 'has no id', raw, page_id: first.pageId },
      { reason: 'has an unknown side', raw, page_id: third.pageId },
    ]);
    expect(second.pageId).toBeNull();
    expect(third.pageId).not.toBeNull();
  });

  test('is kept once, whether version 0.2 named the reason by a sentence or a later one by its code', async () => {
    const part = partOf('reworded', spotTrades);
    const raw = '{"size":"1,5"}';
    await commit(part, pageOf([unreadable(raw, 'size is no decimal number')]));
    const again = await commit(part, pageOf([unreadable(raw, quarantineReason('not-a-decimal', 'size'))]));

    expect(again.pageId).toBeNull();
    const { rows } = await sql`select quarantine_id from quarantined_row where account_id = 'reworded'`.execute(
      database.kysely,
    );
    // The id that 0.2 gives this row.
    expect(rows).toEqual([{ quarantine_id: idOf02(['spot-trades', 'all', 'size is no decimal number', raw]) }]);
  });
});

function idOf02(content: readonly string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
