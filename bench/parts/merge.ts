import { createPostgresStore, type Database } from '../../src/database/index.ts';
import { mappedRows } from '../../src/database/record-store.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import { judgePage } from '../../src/history/judge-page.ts';
import type { PartReference, Reader } from '../../src/history/ports.ts';
import { defaultReadSettings } from '../../src/history/settings.ts';
import type { Page, Stream } from '../../src/history/stream.ts';
import { atLeast, atMost, type PartReport } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';
import { openReader, unlimitedExchange } from '../unlimited-exchange.ts';
import { BareInsert } from './bare-insert.ts';

const runs = 7;
const pagesPerRun = 60;
const rowsPerPage = 195;

/**
 * The page transaction beside a bare prepared insert of the same rows over one connection, and the same pages once more.
 * The pages were served by the sandbox and mapped by our adapter before the clock starts.
 */
export async function measureMerge(surroundings: Surroundings): Promise<PartReport> {
  const database = await surroundings.database(1);
  const pages = await servedPages(surroundings);
  const stream = pages.stream;
  const bare = await BareInsert.prepare(database, stream.table);
  const store = createPostgresStore(database, { gapsOf: (state, part) => gapsOf(state, part.stream, Date.now()) });

  const settings = defaultReadSettings;
  const commit = (part: PartReference, fence: number, page: Page) =>
    store.commitPage(part, fence, page, (state, held) => judgePage(page, state, held, { stream, settings }));

  /** Alternates page by page, so that other load on this machine slows both equally. */
  const bothWays = async (part: PartReference) => {
    await database.pool.query(`insert into account (account_id, owner_id, status) values ($1, 'bench', 'live')`, [
      part.accountId,
    ]);
    const { fence } = await store.openPart(part);
    const elapsed = { bareMs: 0, mergeMs: 0 };
    for (const page of pages.full) {
      elapsed.bareMs += await timed(() => bare.insert(part.accountId, mappedRows(page)));
      elapsed.mergeMs += await timed(() => commit(part, fence, page));
    }
    return elapsed;
  };
  const again = async (part: PartReference) => {
    const { fence } = await store.openPart(part);
    return await timed(async () => {
      for (const page of pages.full) await commit(part, fence, page);
    });
  };

  // Statements are prepared and code is compiled before anything counts.
  await bothWays({ accountId: 'warm-up', stream, part: 'all' });
  await database.pool.query('vacuum analyze');

  const rows = pages.full.reduce((total, page) => total + page.rows.length, 0);
  const rate = (elapsedMs: number) => (rows * 1_000) / elapsedMs;
  const [bareRates, mergeRates, againRates]: [number[], number[], number[]] = [[], [], []];
  const [walPerRow, walPerPage, deadTuples]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < runs; run++) {
    const part = { accountId: `account-${run}`, stream, part: 'all' };
    const { bareMs, mergeMs } = await bothWays(part);
    bareRates.push(rate(bareMs));
    mergeRates.push(rate(mergeMs));

    await database.pool.query(`vacuum analyze ${stream.table.name}`);
    const before = await footprint(database, stream.table.name);
    againRates.push(rate(await again(part)));
    const after = await footprint(database, stream.table.name);
    walPerRow.push((after.ofRecords - before.ofRecords) / rows);
    walPerPage.push((after.ofAll - before.ofAll) / pages.full.length);
    deadTuples.push(after.deadTuples - before.deadTuples);
  }
  return {
    part: 'merge',
    setting: `${pages.full.length} pages of ${rowsPerPage} spot trades (${rows} rows) a run, one connection, one transaction a page; the two take turns page by page. Bare insert: one prepared statement a page, over arrays, into a table with the same columns and indexes.`,
    figures: [
      { name: 'bare insert', unit: 'rows/s', values: bareRates },
      { name: 'page transaction, new rows', unit: 'rows/s', values: mergeRates },
      { name: 'page transaction, known rows', unit: 'rows/s', values: againRates },
      { name: 'WAL for an unchanged row', unit: 'bytes', values: walPerRow },
      { name: 'WAL for a page that confirms', unit: 'bytes', values: walPerPage },
      { name: 'dead tuples by a re-merge', unit: 'tuples', values: deadTuples },
    ],
    targets: [
      atLeast('new rows: 80 % of the bare insert', ratios(mergeRates, bareRates), 0.8),
      atLeast('known rows: 200 % of new ones', ratios(againRates, mergeRates), 2),
      atMost('0 dead tuples by a re-merge', Math.max(...deadTuples), 0),
      atMost('0 bytes of WAL for unchanged rows', Math.max(...walPerRow), 0, 'bytes a row'),
    ],
  };
}

/** How fast this machine takes rows at all, at this moment. */
export async function bareInsertRate(surroundings: Surroundings): Promise<readonly number[]> {
  const database = await surroundings.database(1);
  const { stream, full } = await servedPages(surroundings);
  const bare = await BareInsert.prepare(database, stream.table);
  const rates: number[] = [];
  for (let run = -1; run < runs; run++) {
    const startedMs = performance.now();
    for (const page of full) await bare.insert(`account-${run}`, mappedRows(page));
    const rows = full.reduce((total, page) => total + page.rows.length, 0);
    // The first one warms up.
    if (run >= 0) rates.push((rows * 1_000) / (performance.now() - startedMs));
  }
  return rates;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function ratios(of: readonly number[], to: readonly number[]): readonly number[] {
  return of.map((value, run) => value / (to[run] as number));
}

export interface ServedPages {
  readonly stream: Stream;
  readonly full: readonly Page[];
}

export async function servedPages(surroundings: Surroundings): Promise<ServedPages> {
  const sandbox = await surroundings.sandbox('none');
  const account = await sandbox.addAccount('merge');
  const dayMs = 86_400_000;
  const endMs = Date.now() - dayMs;
  const days = 60;
  await sandbox.generate(account.name, { spotTrades: pagesPerRun * rowsPerPage, days, endMs, evenly: true });
  const exchange = unlimitedExchange(sandbox);
  const reader = openReader(exchange, account);
  const stream = exchange.streams.find((candidate) => candidate.name === 'spot-trades') as Stream;
  const widthMs = Math.floor((days * dayMs) / pagesPerRun);
  const full = await windows(reader, stream, endMs - days * dayMs, widthMs);
  await exchange.close();
  return { stream, full };
}

async function windows(reader: Reader, stream: Stream, fromMs: number, widthMs: number): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (let i = 0; i < pagesPerRun; i++) {
    const core = { from: fromMs + i * widthMs, to: fromMs + (i + 1) * widthMs };
    pages.push(await reader.ask(stream, { part: 'all', core }, AbortSignal.timeout(60_000)));
  }
  return pages;
}

interface Footprint {
  /** WAL in bytes by statements that concern the records. */
  readonly ofRecords: number;
  /** WAL in bytes by every statement: what is left is the part's own row. */
  readonly ofAll: number;
  readonly deadTuples: number;
}

/** WAL as Postgres counts it per statement: what background processes write at the same time is not in it. */
async function footprint(database: Database, table: string): Promise<Footprint> {
  await database.pool.query('select pg_stat_force_next_flush()');
  const { rows } = await database.pool.query<Record<string, string>>(
    `select coalesce(sum(wal_bytes) filter (where query like '%"' || $1 || '"%'), 0)::text as of_records,
            coalesce(sum(wal_bytes), 0)::text as of_all,
            (select n_dead_tup from pg_stat_user_tables where relname = $1)::text as dead
     from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())`,
    [table],
  );
  const counts = rows[0] ?? {};
  return { ofRecords: Number(counts.of_records), ofAll: Number(counts.of_all), deadTuples: Number(counts.dead) };
}
