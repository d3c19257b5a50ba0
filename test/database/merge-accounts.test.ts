import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { futuresFlows } from '../../src/bitmart/streams/futures-flows.ts';
import { streams as everyStream } from '../../src/bitmart/streams/index.ts';
import { marginLoans } from '../../src/bitmart/streams/margin-loans.ts';
import {
  type AdoptedReport,
  adoptCandidate,
  compareRecords,
  createPostgresStore,
  findMergedAccount,
  loadAccount,
  loadParts,
  mergeAccounts,
  replaceSingleProblem,
  saveCandidate,
  unlinkAccount,
  verifyCoverage,
} from '../../src/database/index.ts';
import { mergeParts } from '../../src/history/merge-parts.ts';
import { FenceLost } from '../../src/history/ports.ts';
import type { MappedRow, ServedRow, Stream } from '../../src/history/stream.ts';
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
  withdrawals,
} from './records.ts';
import { migratedDatabase, type TestDatabase, whileHeld } from './support.ts';
import { insertAnything, rowsAnywhere, tablesWithAccounts } from './tables.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const report = { readOnly: true, permissions: ['Read-Only'], keyExpiresAtMs: null, exchangeAccountId: null };
const settings = { rereadWindowMs: 86_400_000, settleLagMs: 1_000 };
const streams = [spotTrades, withdrawals];
const store = () => createPostgresStore(database, { gapsOf: () => [] });

async function linked(accountId: string, ownerId: string, label: string, more: Partial<AdoptedReport> = {}) {
  const candidate = { accountId, ownerId, label, keyId: `key of ${accountId}`, fingerprint: `of ${accountId}` };
  await saveCandidate(database, { ...candidate, sealed: 'sealed' });
  await adoptCandidate(database, accountId, candidate.keyId, { ...report, ...more });
}

async function read(accountId: string, stream: Stream, rows: readonly ServedRow[], clockMs?: number) {
  const part = partOf(accountId, stream);
  const { fence } = await store().openPart(part);
  const question = { part: part.part, core: hour };
  const page = pageOf(rows, { question, ...(clockMs !== undefined && { clockMs }) });
  await store().commitPage(part, fence, page, claiming(page));
  return { part, fence, page };
}

/** Merges, and returns what is known of it then. */
async function merge(from: string, into: string, of: readonly Stream[] = streams) {
  await mergeAccounts(database, {
    from,
    into,
    streams: of,
    mergeParts: (one, other, stream) => mergeParts(one, other, stream, settings),
    gapsOf: () => [{ from: 0, to: 1, reason: 'refused' }],
    keys: [{ keyId: `key of ${from}`, sealed: 'sealed anew' }],
  });
  return findMergedAccount(database, from);
}

async function rowsOf(accountId: string, table: string, columns: string) {
  return (
    await sql`select ${sql.raw(columns)} from ${sql.id(table)} where account_id = ${accountId} order by 1, 2`.execute(
      database.kysely,
    )
  ).rows;
}

const withdrawal = (id: string, status: string): MappedRow =>
  row(withdrawals, startMs + 5_000, { withdraw_id: id, status, currency: 'USDT', amount: '1' });

/** A fill of a contract whose size was or was not known when it was stored. */
const fill = (number: number, contractSize: string | null, fee = '0.1'): MappedRow =>
  row(futuresTrades, startMs + number * 1000, {
    symbol: 'BTCUSDT',
    trade_id: `f${number}`,
    order_id: 'o',
    side_code: 1,
    side: 'buy',
    price: '1',
    contracts: '1',
    contract_size: contractSize,
    fee,
  });

describe('two accounts that are one', () => {
  test('have the pairs of both', async () => {
    await linked('pairs', 'p', 'first');
    await linked('more-pairs', 'p', 'second');
    const stream: Stream = marginLoans.stream;
    const open = (accountId: string, part: string) => store().openPart({ accountId, stream, part });
    for (const part of ['borrow-A_USDT', 'borrow-B_USDT']) await open('pairs', part);
    for (const part of ['borrow-B_USDT', 'borrow-C_USDT']) await open('more-pairs', part);
    await merge('more-pairs', 'pairs', [stream]);
    const parts = (await loadParts(database, 'pairs')).map(({ part }) => part);
    expect(parts).toEqual(['borrow-A_USDT', 'borrow-B_USDT', 'borrow-C_USDT']);
    expect(await loadParts(database, 'more-pairs')).toEqual([]);
  });

  test('become one: each record once, the later version of one that changed, contradictions kept twice', async () => {
    await linked('older', 'o', 'first');
    await linked('younger', 'o', 'second');
    await read('older', spotTrades, [trade(1), trade(2), trade(3), unreadable('{"a":1}')], hour.to);
    await read('older', withdrawals, [withdrawal('w1', 'processing'), withdrawal('w2', 'success')], hour.to);
    const zombie = await read('younger', spotTrades, [
      trade(2),
      trade(3, { price: '9' }),
      trade(4),
      unreadable('{"a":1}'),
    ]);
    await read('younger', withdrawals, [withdrawal('w1', 'success'), withdrawal('w2', 'processing')], hour.to + 1_000);

    const merged = await merge('younger', 'older');
    expect(merged).toMatchObject({ ownerId: 'o', mergedInto: 'older', moved: 1, conflicts: 1 });
    expect(await rowsOf('older', 'spot_trade', 'trade_id, price::text')).toHaveLength(4);
    expect(await rowsOf('older', 'withdrawal', 'withdraw_id, status')).toEqual([
      { withdraw_id: 'w1', status: 'success' },
      { withdraw_id: 'w2', status: 'processing' },
    ]);
    expect(await rowsOf('older', 'record_version', 'record_key, version')).toHaveLength(2);
    expect(await rowsOf('older', 'quarantined_row', 'reason, row_key')).toHaveLength(2);
    const [spot] = (await loadParts(database, 'older')).filter((part) => part.stream === 'spot-trades');
    expect(spot?.state).toMatchObject({ rowCount: 4, marks: [{ reason: 'quarantined' }] });
    expect(await rowsOf('older', 'api_key', 'key_id, sealed')).toEqual([
      { key_id: 'key of younger', sealed: 'sealed anew' },
    ]);
    expect(await rowsOf('older', 'known_key', 'fingerprint, 1')).toHaveLength(2);
    expect(await rowsOf('older', 'account_label', 'label, 1')).toHaveLength(2);
    expect(await loadAccount(database, 'younger')).toBeNull();

    // A read of the one that is gone writes nothing, and can't begin anew.
    await expect(store().commitPage(zombie.part, zombie.fence, zombie.page, claiming(zombie.page))).rejects.toThrow(
      FenceLost,
    );
    await expect(store().openPart(zombie.part)).rejects.toThrow(FenceLost);
    expect(await rowsAnywhere(database, 'younger')).toEqual(['merged_account']);
    expect(await merge('younger', 'older')).toEqual(merged);
  });

  test('keep an earlier version under the key of its record, and the amount as the later one writes it', async () => {
    await linked('writes 1.0', 'amounts', 'first');
    await linked('writes 1.00', 'amounts', 'second');
    const stream = futuresFlows.stream;
    const flow = (amount: string) =>
      row(
        stream,
        startMs,
        { flow_type: 3, symbol: 'BTCUSDT', asset: 'USDT', amount, tran_id: '7', occurrence: 1 },
        'futures',
      );
    await read('writes 1.0', stream, [flow('1.0')], hour.to);
    await read('writes 1.00', stream, [flow('1.00')], hour.to + 1_000);
    await merge('writes 1.00', 'writes 1.0', [stream]);
    expect(await rowsOf('writes 1.0', 'futures_flow', 'amount, version')).toEqual([{ amount: '1.00', version: 2 }]);
    expect(await rowsOf('writes 1.0', 'record_version', 'record_key, version')).toEqual([
      { record_key: flow('1.0').key, version: 1 },
    ]);
  });

  test('are read from now on if the one that stays was not, and gets the key', async () => {
    for (const id of ['had ended', 'is read']) await linked(id, 'read again', id);
    await unlinkAccount(database, 'had ended');
    await sql`update account set status_since = now() - interval '30 days' where account_id = 'had ended'`.execute(
      database.kysely,
    );
    await merge('is read', 'had ended');
    const account = await loadAccount(database, 'had ended');
    expect(account).toMatchObject({ status: 'backfilling', unlinkedAt: null });
    expect(Date.now() - Number(account?.statusSince)).toBeLessThan(60_000);
  });

  test('leave nothing under the id that goes, whatever table it stood in', async () => {
    await linked('stays', 'everywhere', 'x');
    for (const table of await tablesWithAccounts(database)) {
      if (table !== 'merged_account') await insertAnything(database, table, 'everything');
    }
    await sql`update account set owner_id = 'everywhere' where account_id = 'everything'`.execute(database.kysely);
    await merge('everything', 'stays', everyStream);
    expect(await rowsAnywhere(database, 'everything')).toEqual(['merged_account']);
    // Another account of the owner compared itself with the one that went.
    const problem = { code: 'same-account', message: 'm', remedy: 'r' } as const;
    await replaceSingleProblem(database, 'everything', 'same-account', problem);
    expect(await rowsAnywhere(database, 'everything')).toEqual(['merged_account']);
    expect(await rowsAnywhere(database, 'stays')).toEqual(
      expect.arrayContaining(['page', 'spot_trade', 'balance_snapshot']),
    );
  });

  test('keep what either knew of a contract when a fill was stored, and number what is filled in', async () => {
    await linked('knows', 'contracts', 'first');
    await linked('knew', 'contracts', 'second');
    // Both have f3 and f4 in two versions: of f3 the one that goes has the later one, of f4 the one that stays.
    await read('knew', futuresTrades, [fill(4, '0.001')], hour.to);
    await read('knows', futuresTrades, [fill(1, null), fill(2, '0.001'), fill(3, '0.001')], hour.to + 1_000);
    await read('knew', futuresTrades, [fill(1, '0.001'), fill(2, null), fill(3, null, '0.2')], hour.to + 2_000);
    await read('knows', futuresTrades, [fill(4, null, '0.2')], hour.to + 3_000);
    await merge('knew', 'knows', [futuresTrades]);
    const { rows } = await sql<object>`
      select trade_id, contract_size::text as size, fee::text as fee, version, futures_trade.revision = account.revision as changed
      from futures_trade join account using (account_id) where account_id = 'knows' order by trade_id`.execute(
      database.kysely,
    );
    expect(rows).toEqual([
      { trade_id: 'f1', size: '0.001', fee: '0.1', version: 1, changed: true },
      { trade_id: 'f2', size: '0.001', fee: '0.1', version: 1, changed: false },
      { trade_id: 'f3', size: '0.001', fee: '0.2', version: 2, changed: true },
      { trade_id: 'f4', size: '0.001', fee: '0.2', version: 1, changed: true },
    ]);
  });

  test('claim what 0.1.0 had covered of the one that goes, without the pages that it did not keep', async () => {
    for (const id of ['of 0.1.0', 'linked later']) {
      await linked(id, 'upgraded', id);
      await read(id, spotTrades, [trade(1)]);
    }
    const [from, to] = [hour.from - 3_600_000, hour.from].map((ms) => new Date(ms).toISOString());
    await sql`
      update coverage set covered = covered + tstzmultirange(tstzrange(${from}, ${to})), evidence_from = ${to}
      where account_id = 'of 0.1.0'`.execute(database.kysely);
    await merge('of 0.1.0', 'linked later');
    expect(await verifyCoverage(database, 'linked later')).toMatchObject([{ agrees: true, onlyInCoverage: [] }]);
  });

  test.each(['the one that goes', 'the one that stays'])(
    'share the exchange’s id of a third one where %s shares it',
    async (sharing) => {
      const [third, goes, stays] = [`has the id, ${sharing}`, `goes, ${sharing}`, `stays, ${sharing}`];
      await linked(third, third, third, { exchangeAccountId: 'X' });
      for (const id of [goes, stays]) {
        const shares = (id === goes) === (sharing === 'the one that goes');
        await linked(id, third, id, shares ? { exchangeAccountId: 'X', isShared: true } : {});
      }
      expect(await merge(goes, stays)).toMatchObject({ mergedInto: stays });
      const ids = { exchangeAccountId: null, sharedExchangeAccountId: 'X' };
      expect(await loadAccount(database, stays)).toMatchObject(ids);
      // The id that both share becomes that of the account, once no other has it.
      await merge(third, stays);
      expect(await loadAccount(database, stays)).toMatchObject({
        exchangeAccountId: 'X',
        sharedExchangeAccountId: null,
      });
    },
  );

  test('wait for the page under way, and number what moves above all that either had', async () => {
    await linked('numbered', 'n', 'x');
    await linked('higher', 'n', 'x');
    await read('numbered', spotTrades, [trade(1)]);
    for (let number = 2; number < 6; number++) await read('higher', spotTrades, [trade(number)]);
    const part = partOf('higher', spotTrades);
    const { fence } = await store().openPart(part);
    const page = pageOf([trade(7)]);
    const [, merged] = await Promise.allSettled([
      store().commitPage(part, fence, page, claiming(page)),
      merge('higher', 'numbered'),
    ]);
    expect(merged.status).toBe('fulfilled');
    const rows = await rowsOf('numbered', 'spot_trade', 'revision::float8 as revision, trade_id');
    expect(rows.length).toBeGreaterThanOrEqual(5);
    const moved = rows.filter((one) => (one as { revision: number }).revision > 1);
    expect(new Set(moved.map((one) => (one as { revision: number }).revision)).size).toBe(1);
    expect((moved[0] as { revision: number }).revision).toBeGreaterThan(4);
  });

  test('are merged in one direction, whichever call comes first', async () => {
    for (const id of ['left', 'right', 'other']) await linked(id, 'both ways', id);
    const merged = await Promise.all([merge('left', 'right'), merge('right', 'left')]);
    expect(merged.filter((one) => one !== null)).toHaveLength(1);
    // Of the account that is left nothing may be said to have gone up in one that is no more.
    const gone = merged[0] === null ? 'right' : 'left';
    expect(await merge('other', gone)).toBeNull();
    expect(await loadAccount(database, 'other')).not.toBeNull();
  });

  test('take a key that comes while they are merged: it belongs to the one that stays', async () => {
    for (const id of ['with a key', 'the other']) await linked(id, 'late key', id);
    const late = { accountId: 'with a key', ownerId: 'late key', keyId: 'late', fingerprint: 'late', sealed: 's' };
    const saved = await whileHeld(
      database,
      async (holder) => {
        await holder.query("delete from account where account_id = 'with a key'");
        await holder.query(
          "insert into merged_account (account_id, owner_id, merged_into) values ('with a key', 'late key', 'the other')",
        );
      },
      () => saveCandidate(database, late),
    );
    expect(saved).toEqual({ mergedInto: 'the other' });
    expect(await loadAccount(database, 'with a key')).toBeNull();
  });

  test('lead on when the one that stayed is merged itself', async () => {
    for (const id of ['first', 'second', 'third']) await linked(id, 'chain', id);
    await merge('third', 'second');
    await merge('second', 'first');
    expect(await findMergedAccount(database, 'third')).toMatchObject({ ownerId: 'chain', mergedInto: 'first' });
  });
});

describe('records of two accounts', () => {
  const lastReadMs = hour.to + 3_600_000;
  async function pair(name: string, one: readonly MappedRow[], other: readonly MappedRow[]) {
    const ids = [`${name} 1`, `${name} 2`] as const;
    for (const [place, rows] of [one, other].entries()) {
      const accountId = ids[place] as string;
      await linked(accountId, name, '');
      const part = partOf(accountId, spotTrades);
      const { fence } = await store().openPart(part);
      const page = pageOf(rows, { clockMs: lastReadMs });
      await store().commitPage(
        part,
        fence,
        page,
        claiming(page, (state) => ({ ...state, lastReadAtMs: lastReadMs })),
      );
    }
    return compareRecords(database, streams, ids);
  }

  test('are the same when every one is, its order and fee included', async () => {
    const rows = [trade(1), trade(2), trade(3)];
    expect(await pair('same', rows, rows)).toEqual({ equal: 3, different: 0 });
    expect(await pair('fee', rows, [trade(1), trade(2), trade(3, { fee: '7' })])).toEqual({ equal: 2, different: 1 });
    expect(await pair('one more', rows, [...rows, trade(4)])).toEqual({ equal: 3, different: 1 });
  });

  test('are different ones when they are the two sides of one trade', async () => {
    const bought = [trade(1, { side: 'buy', order_id: 'a' })];
    const sold = [trade(1, { side: 'sell', order_id: 'b' })];
    expect(await pair('sides', bought, sold)).toMatchObject({ equal: 0, different: 1 });
  });
});
