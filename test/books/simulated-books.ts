import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { PrivateCall, PrivateEndpoint } from '../../sandbox/call.ts';
import { futuresAssets, wallet } from '../../sandbox/endpoints/balances.ts';
import { marginAccount } from '../../sandbox/endpoints/margin-account.ts';
import { SandboxExchange } from '../../sandbox/exchange.ts';
import { Parameters } from '../../sandbox/parameters.ts';
import { Random } from '../../sandbox/random.ts';
import type { TrueRecord } from '../../sandbox/record.ts';
import { streams as sandboxStreams } from '../../sandbox/streams/index.ts';
import { balancesOf } from '../../src/bitmart/balances.ts';
import type { BitmartClient } from '../../src/bitmart/client.ts';
import { keepNumbersAsText } from '../../src/bitmart/envelope.ts';
import { marginBalancesOf } from '../../src/bitmart/margin-balances.ts';
import { countEqual } from '../../src/bitmart/occurrences.ts';
import { servedRow } from '../../src/bitmart/served-rows.ts';
import { bitmartStreams } from '../../src/bitmart/streams/index.ts';
import { type Database, saveBalances } from '../../src/database/index.ts';
import type { MappedRow } from '../../src/history/stream.ts';

/** A loss that was planted: a record that the exchange never serves. */
export interface Loss {
  readonly wallet: string;
  readonly asset: string;
  readonly atMs: number;
}

export interface SimulatedAccount {
  readonly accountId: string;
  readonly losses: readonly Loss[];
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const startMs = Date.UTC(2026, 5, 1);
/** Days on which balances are read before and after the records. */
const days = 5;
const syncs = Array.from({ length: days }, (_, day) => startMs + day * dayMs + 12 * hourMs);
const readMs = 40_000;
/** Records are stored up to here. */
export const lastReadMs = (syncs.at(-1) as number) + readMs / 2;

/**
 * One account with every kind of movement, by its seed: what happened at the exchange, and what five daily syncs have stored of it,
 * each with balances before and after. In every second account one record is never served.
 */
export async function simulatedAccount(database: Database, seed: number): Promise<SimulatedAccount> {
  const random = new Random(seed, 'books');
  let nowMs = startMs + days * dayMs;
  const exchange = new SandboxExchange({ seed, now: () => nowMs, switches: {} });
  const name = 'simulated';
  exchange.addAccount({ name });
  const counts = { spotTrades: random.between(0, 30), futuresFlows: random.between(0, 24) };
  exchange.generate(name, { ...counts, deposits: random.between(0, 8), withdrawals: random.between(0, 8), days: 8 });
  exchange.add(name, 'spot-trades', [{ createTime: random.between(startMs, nowMs), feeCoinName: 'BMX', fee: '0.125' }]);
  // Those of transfers are flows as well, and those of loans move no net balance.
  exchange.generate(name, { earnRecords: random.between(0, 14), transfers: 3, marginLoans: 4, days: 8 });
  for (let i = random.between(0, 2); i > 0; i--) arriveLate();
  nowMs = startMs + days * dayMs;
  const account = exchange.account(name);
  const losses: Loss[] = [];
  const lost = seed % 2 === 0 ? [] : planted();

  const accountId = `books-${seed}`;
  const pages = syncs.map((syncMs) => ({ pageId: randomUUID(), clockMs: syncMs + readMs / 2 }));
  for (const { pageId, clockMs } of pages) await insertPage(database, accountId, pageId, clockMs);
  for (const { stream, rows } of storedRows()) await insertRows(database, accountId, stream, rows);
  for (const syncMs of syncs) {
    await saveBalances(database, accountId, 'before', await balancesAt(syncMs));
    await saveBalances(database, accountId, 'after', await balancesAt(syncMs + readMs));
  }
  return { accountId, losses };

  /** A deposit or withdrawal that is under way for hours before it succeeds. */
  function arriveLate(): void {
    const stream = random.pick(['deposits', 'withdrawals'] as const);
    const requestedMs = Math.floor(random.between(startMs, startMs + (days - 1) * dayMs) / 1_000) * 1_000;
    const [row] = exchange.add(name, stream, [{ apply_time: requestedMs, status: 1 }]);
    nowMs = requestedMs + random.between(hourMs, 30 * hourMs);
    exchange.change(name, stream, String(row?.id), { status: 3 });
  }

  function planted(): readonly TrueRecord[] {
    const firstMs = syncs[0] as number;
    const lastMs = syncs.at(-1) as number;
    const found = random.sample([...account.all()], 200).find((record) => {
      const effects = effectsOf(record);
      return effects.length > 0 && effects.every(({ atMs }) => atMs > firstMs + 60_000 && atMs < lastMs - 60_000);
    });
    if (!found) return [];
    losses.push(...effectsOf(found));
    return [found];
  }

  function storedRows() {
    return bitmartStreams.flatMap((bitmart) => {
      const { stream } = bitmart;
      return sandboxStreams[stream.name].parts.map((part) => {
        const records = account
          .records(stream.name, part)
          .all()
          .filter((record) => !lost.includes(record) && record.timeMs <= (pages.at(-1)?.clockMs ?? 0));
        const sources = records.map((record) => ({
          raw: record.textAt(pages.at(-1)?.clockMs ?? 0),
          get fields() {
            return JSON.parse(this.raw, keepNumbersAsText);
          },
        }));
        const context = { part, contract: () => noContract };
        const mapped = sources.map((source) => servedRow(source, bitmart, context));
        const rows = countEqual(mapped, bitmart).map((row, i) => {
          if (row.kind !== 'row') throw new Error(`A simulated row can't be read: ${row.reason}`);
          const { page, version } = lastChange(records[i] as TrueRecord);
          return { row, pageId: page, version };
        });
        return { stream, rows };
      });
    });
  }

  /** The page that brought the row in this form, and how many forms of it were stored. */
  function lastChange(record: TrueRecord) {
    let page = '';
    let version = 0;
    let text = '';
    for (const { pageId, clockMs } of pages) {
      if (record.timeMs > clockMs || record.textAt(clockMs) === text) continue;
      text = record.textAt(clockMs);
      page = pageId;
      version++;
    }
    return { page, version };
  }

  async function balancesAt(clockMs: number) {
    const client = {
      clockMs: () => clockMs,
      ask: async ({ endpoint }: { readonly endpoint: string }) => {
        const call = { account, clockMs, parameters: new Parameters(new Map(), 'query') };
        const { text, httpStatus } = (endpoints[endpoint] as PrivateEndpoint).answer(call as unknown as PrivateCall);
        return { http: { status: httpStatus, headers: new Map(), text }, trace: null };
      },
    };
    const key = { apiKey: '', apiSecret: '', memo: '' };
    const asker = {
      client: client as unknown as BitmartClient,
      key: key as never,
      signal: new AbortController().signal,
    };
    return [...(await balancesOf(asker)), ...(await marginBalancesOf(asker))];
  }
}

const endpoints: Readonly<Record<string, PrivateEndpoint>> = {
  [wallet.path]: wallet,
  [futuresAssets.path]: futuresAssets,
  [marginAccount.path]: marginAccount,
};
const noContract = { size: null, kind: null, base: null, quote: null, settlement: null } as never;

/** What a record changes of balances that are read, where that is more than the digit at which the exchange rounds. */
function effectsOf(record: TrueRecord): readonly Loss[] {
  const { row, stream, part, timeMs } = record;
  const amounts: { wallet: string; asset: string; amount: number; atMs: number }[] = [];
  if (stream === 'spot-trades' && row.orderMode === 'spot') {
    const [base = '', quote = ''] = String(row.symbol).split('_');
    const sign = row.side === 'buy' ? 1 : -1;
    amounts.push({ wallet: 'spot', asset: base, amount: sign * Number(row.size), atMs: timeMs });
    amounts.push({ wallet: 'spot', asset: quote, amount: -sign * Number(row.notional), atMs: timeMs });
    amounts.push({ wallet: 'spot', asset: String(row.feeCoinName), amount: -Number(row.fee), atMs: timeMs });
  }
  if (stream === 'deposits' || stream === 'withdrawals') {
    const atMs = record.sinceMs(({ status }) => Number(status) === 3);
    const fee = stream === 'withdrawals' ? Number(row.fee) : 0;
    const asset = { 'USDT-TRC20': 'USDT', 'USDT-ERC20': 'USDT', 'AVAX-C': 'AVAX', LIGHTNING_BTC: 'BTC' }[
      String(row.currency)
    ];
    const amount = Number(row.arrival_amount) + fee;
    if (atMs !== null) amounts.push({ wallet: 'spot', asset: asset ?? String(row.currency), amount, atMs });
  }
  if (stream === 'futures-flows') {
    const amount = Number(row.amount);
    if (part === 'futures') amounts.push({ wallet: 'futures', asset: String(row.asset), amount, atMs: timeMs });
    if (row.flow_type === 1) amounts.push({ wallet: 'spot', asset: String(row.asset), amount, atMs: timeMs });
  }
  if (stream === 'earn-records' && part !== 'fixed-interest')
    amounts.push({ wallet: 'spot', asset: String(row.coinName), amount: Number(row.amount), atMs: timeMs });
  const byAsset = Map.groupBy(amounts, ({ wallet: of, asset }) => `${of}/${asset}`);
  return [...byAsset.values()].flatMap((all) => {
    const total = Math.abs(all.reduce((before, { amount }) => before + amount, 0));
    return total > 2e-8 ? all.slice(0, 1) : [];
  });
}

async function insertPage(database: Database, accountId: string, pageId: string, clockMs: number): Promise<void> {
  const at = new Date(clockMs);
  await sql`
    insert into page (account_id, page_id, stream, part, asked_from, asked_to, core, served, inserted, changed, unchanged,
                      quarantined, verdict, claim, hash, exchange_clock)
    values (${accountId}, ${pageId}, 'any', 'all', ${at}, ${at}, 'empty', 0, 0, 0, 0, 0, 'proves', '{}', '', ${at})`.execute(
    database.kysely,
  );
}

interface StoredRow {
  readonly row: MappedRow;
  readonly pageId: string;
  readonly version: number;
}

async function insertRows(
  database: Database,
  accountId: string,
  { table }: (typeof bitmartStreams)[number]['stream'],
  rows: readonly StoredRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const records = rows.map(({ row, pageId, version }) => ({
    account_id: accountId,
    page_id: pageId,
    part: row.part,
    version,
    revision: 1,
    digest: row.digest,
    fixed_digest: row.fixedDigest,
    raw: row.raw,
    ...Object.fromEntries(table.columns.map(({ name }, i) => [name, row.values[i]])),
  }));
  await sql`
    insert into ${sql.id(table.name)}
    select * from json_populate_recordset(null::${sql.id(table.name)}, ${JSON.stringify(records)}::json)`.execute(
    database.kysely,
  );
}
