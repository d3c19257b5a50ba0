import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExportOptions, OwnerClient } from '../../src/client/index.ts';
import { adoptCandidate, type Database, eraseAccount, saveCandidate, unlinkAccount } from '../../src/database/index.ts';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { firstTradeMs, storeFuturesTrades, storeSpotTrades } from './stored-rows.ts';
import { freshPlatform, type Platform, unreachable } from './surroundings.ts';

let platform: Platform;
let database: Database;
let anna: OwnerClient;
const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-export-'));
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
  database = platform.database;
  anna = platform.client.forOwner('anna');
});
afterAll(async () => {
  await platform.close();
  rmSync(folder, { recursive: true });
});

async function account(accountId: string): Promise<string> {
  const keyId = randomUUID();
  await saveCandidate(database, { accountId, ownerId: 'anna', keyId, fingerprint: accountId, sealed: 'sealed' });
  const report = { readOnly: true, permissions: [], keyExpiresAtMs: null, exchangeAccountId: null };
  await adoptCandidate(database, accountId, keyId, report);
  return accountId;
}

async function exported(accountId: string, options: ExportOptions): Promise<string> {
  let text = '';
  for await (const piece of anna.exportRecords(accountId, 'spot-trades', options)) text += piece;
  return text;
}

async function stored(accountId: string, options: ExportOptions = {}) {
  const rows: unknown[] = [];
  for await (const row of anna.allRecords(accountId, 'spot-trades', options))
    rows.push(JSON.parse(JSON.stringify(row)));
  return rows;
}

describe('an export', () => {
  test('as lines of JSON holds a header and the same records as `records`, digit for digit', async () => {
    const accountId = await account('lines');
    await storeSpotTrades(database, accountId, { from: 0, count: 2_345, perInstant: 7 });
    const [header, ...lines] = (await exported(accountId, { format: 'ndjson' })).trimEnd().split('\n');
    expect(JSON.parse(header as string)).toMatchObject({
      type: 'header',
      accountId,
      stream: 'spot-trades',
      from: null,
      to: null,
      complete: false,
      covered: [],
      gaps: [{ reason: 'not-yet-read' }],
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual(await stored(accountId));
    expect(lines[0]).toContain('"price":"26910.40000000000000000001","size":"0.10"');
  });

  test('as CSV for a spreadsheet has no cell that is run as a formula, and numbers as they are; without it all is exact', async () => {
    const accountId = await account('formulas');
    const shown = {
      '=1+1': "'=1+1",
      '+cmd': "'+cmd",
      '-2+3': "'-2+3",
      '@SUM(A1)': "'@SUM(A1)",
      '\t=1': "'\t'=1",
      '\r=1': "'\r=1",
      '＝1': "'＝1",
      // Where a comma is the decimal sign, cells end at semicolons.
      'a;=1;b': "a;'=1;b",
      ';"=1;': ';\'"=1;',
      '-1.5': '-1.5',
      '+7': '+7',
      "it's": "it's",
    };
    const texts = Object.keys(shown);
    await storeSpotTrades(database, accountId, { from: 0, count: texts.length });
    for (const [place, text] of texts.entries()) {
      const tradeId = String(place).padStart(9, '0');
      const values = [accountId, tradeId, text];
      await database.pool.query(
        'update spot_trade set client_order_id = $3, fee = -0.50 where account_id = $1 and trade_id = $2',
        values,
      );
    }
    const cellsOf = async (spreadsheet: boolean) => {
      const text = await exported(accountId, { format: 'csv', spreadsheet });
      // The fourth column of each row: no text here has a comma.
      return text
        .split('\n')
        .slice(2, -1)
        .map((line) => line.split(',')[3]?.replace(/^"|"$/g, '').replaceAll('""', '"'));
    };
    expect(await cellsOf(false)).toEqual(texts);
    expect(await cellsOf(true)).toEqual(Object.values(shown));
    expect(await exported(accountId, { format: 'csv', spreadsheet: true })).toContain(',-0.50,');
    await expect(exported(accountId, { format: 'ndjson', spreadsheet: true })).rejects.toThrow('for CSV alone');
  });

  test('as CSV begins with one line to skip, and quotes what needs it', async () => {
    const accountId = await account('commas');
    await storeSpotTrades(database, accountId, { from: 0, count: 3 });
    await database.pool.query(
      `update spot_trade set client_order_id = $2, fee = -0.50 where account_id = $1 and trade_id = '000000001'`,
      [accountId, '=1+1, "quoted"\nnext line'],
    );
    const range = { from: new Date(firstTradeMs + 1000), to: new Date(firstTradeMs + 2000) };
    const text = await exported(accountId, { format: 'csv', ...range });
    const [header, columns, ...rest] = text.split('\n');
    expect(JSON.parse((header as string).slice(2))).toMatchObject({ type: 'header', from: '2026-01-01T00:00:01.000Z' });
    expect(columns).toBe(
      'symbol,trade_id,order_id,client_order_id,order_mode,order_type,side,role,price,size,notional,fee,fee_currency,traded_at,updated_at,page_id,raw',
    );
    expect(rest.join('\n')).toBe(
      'BTC_USDT,000000001,o1,"=1+1, ""quoted""\nnext line",,,buy,,26910.40000000000000000001,0.10,,-0.50,BMX,' +
        '2026-01-01T00:00:01.000Z,,00000000-0000-7000-8000-000000000000,"{""tradeId"" : ""1""}"\n',
    );
  });

  test('of nothing is a header alone', async () => {
    const accountId = await account('nothing');
    expect((await exported(accountId, { format: 'ndjson' })).split('\n')).toHaveLength(2);
    expect((await exported(accountId, { format: 'csv' })).split('\n')).toHaveLength(3);
  });

  test('of an account that is erased meanwhile fails, instead of passing for a short one', async () => {
    const accountId = await account('erased');
    await storeSpotTrades(database, accountId, { from: 0, count: 2_500 });
    const reading = (async () => {
      let pieces = 0;
      for await (const _ of anna.exportRecords(accountId, 'spot-trades')) {
        pieces += 1;
        if (pieces === 2) await eraseAccount(database, accountId);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'account-not-found' });
  });

  test('goes on to its end where the account is unlinked and linked again meanwhile', async () => {
    const accountId = await account('linked-again');
    await storeSpotTrades(database, accountId, { from: 0, count: 500 });
    let lines = 0;
    for await (const piece of anna.exportRecords(accountId, 'spot-trades')) {
      lines += piece.split('\n').length - 1;
      if (lines > 1) continue;
      await unlinkAccount(database, accountId);
      await account(accountId);
    }
    expect(lines).toBe(501);
  });

  test('asked wrongly is refused with what is allowed', async () => {
    const accountId = await account('wrong');
    const format = exported(accountId, { format: 'xlsx' as 'csv' });
    await expect(format).rejects.toMatchObject({
      code: 'wrong-usage',
      remedy: expect.stringContaining('csv, ndjson'),
    });
    const range = exported(accountId, { from: '2026-02-01', to: '2026-01-01' });
    await expect(range).rejects.toMatchObject({ code: 'wrong-range' });
    await expect(exported(accountId, { signal: AbortSignal.abort('enough') })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});

describe('the command', () => {
  test('writes a whole file for its owner’s eyes, and says what is in it', async () => {
    const accountId = await account('file');
    await storeFuturesTrades(database, accountId, 12);
    const out = join(folder, 'trades.csv');
    const args = ['export', accountId, '--owner', 'anna', '--stream', 'futures-trades', '--out', out];
    const ended = await runCommandLine([...args, '--json'], { env: platform.env });
    expect(ended.status).toBe(0);
    expect(documentOf(ended)).toMatchObject({ file: out, format: 'csv', records: 12, complete: false });
    expect(readFileSync(out, 'utf8').trimEnd().split('\n')).toHaveLength(14);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['trades.csv']);
  });

  test('that fails leaves no file under that name or another', async () => {
    const accountId = await account('failing');
    const out = join(folder, 'failing.csv');
    const args = ['export', accountId, '--owner', 'anna', '--out', out];
    const stream = await runCommandLine([...args, '--stream', 'spot'], { env: platform.env });
    expect(stream).toMatchObject({ status: 2, stderr: expect.stringContaining('The streams are spot-trades') });
    const nowhere = ['export', accountId, '--owner', 'anna', '--stream', 'deposits', '--out', join(folder, 'no/such')];
    expect(await runCommandLine(nowhere, { env: platform.env })).toMatchObject({ status: 2 });
    // The table goes away in the middle of it.
    await storeSpotTrades(database, accountId, { from: 0, count: 10 });
    await database.pool.query('alter table spot_trade rename to hidden');
    try {
      const broken = await runCommandLine([...args, '--stream', 'spot-trades'], { env: platform.env });
      expect(broken.status).toBe(1);
    } finally {
      await database.pool.query('alter table hidden rename to spot_trade');
    }
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('failing'))).toEqual([]);
  });
});
