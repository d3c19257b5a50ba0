/**
 * `npm run bench:archive`: an archive of a million spot trades in answers of 197 rows, made by the command line and verified by
 * both of its scripts. Says how long each takes and how much memory it has at its peak.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { zstdCompressSync } from 'node:zlib';
import { createClient } from '../src/client/index.ts';
import { connectDatabase, type Database, saveCandidate } from '../src/database/index.ts';
import { freshDatabase } from '../test/support/database.ts';
import { describeMachine } from './machine.ts';

const records = Number(process.env.RECORDS ?? 1_000_000);
const rowsPerPage = 197;
const accountId = 'million';
const firstMs = Date.UTC(2026, 0, 1);
const commandLine = fileURLToPath(new URL('../src/cli/command-line.ts', import.meta.url));

const run = promisify(execFile);
// Loaded before the program; the kernel counts in kilobytes.
const sayMemory =
  'data:text/javascript,process.on("exit", () => console.error("peak", Math.round(process.resourceUsage().maxRSS / 1000)))';
const sayPythonsMemory = `
import atexit, resource, runpy, sys
atexit.register(lambda: print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000, file=sys.stderr))
runpy.run_path(sys.argv[1], run_name="__main__")`;

await main();
process.exit();

async function main(): Promise<void> {
  const fresh = await freshDatabase();
  const client = createClient({ databaseUrl: fresh.url });
  await client.migrate();
  const database = connectDatabase({ url: fresh.url });
  const candidate = { accountId, ownerId: 'anna', keyId: 'key', fingerprint: accountId, sealed: 'sealed' };
  await saveCandidate(database, candidate);
  for (let from = 0; from < records; from += rowsPerPage) {
    await storePage(database, from, Math.min(records, from + rowsPerPage));
    if (from % (50 * rowsPerPage) === 0) process.stderr.write(`\rstored ${from} records`);
  }
  await storeCoverage(database);
  await database.pool.query('vacuum analyze');
  process.stderr.write(`\n${JSON.stringify(describeMachine())}\n`);

  const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-bench-'));
  const file = join(folder, 'anna.tar.gz');
  const command = [commandLine, 'archive', accountId, '--owner', 'anna', '--out', file];
  const env = { ...process.env, DATABASE_URL: fresh.url };
  const megabytes = () => `${records} records, ${Math.round(statSync(file).size / 1e6)} MB`;
  // As `npm run cli` does.
  const flags = ['--max-semi-space-size=2', '--import', sayMemory];
  await measured('archive', process.execPath, [...flags, ...command], env);
  console.log(megabytes());
  await run('tar', ['xzf', file, '-C', folder]);
  const unpacked = join(folder, readdirSync(folder).find((name) => !name.endsWith('.gz')) as string);
  await measured('verify.mjs', process.execPath, ['--import', sayMemory, join(unpacked, 'verify.mjs')], env);
  await measured('verify.py', 'python3', ['-c', sayPythonsMemory, join(unpacked, 'verify.py')], env);
  rmSync(folder, { recursive: true });
  await database.close();
  await client.close();
  await fresh.drop();
}

async function measured(name: string, program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const startedMs = Date.now();
  const { stdout, stderr } = await run(program, [...args], { env });
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(0);
  console.log(
    `${name}: ${seconds} s, peak memory ${/peak (\d+)/.exec(stderr)?.[1]} MB: ${stdout.trim().split('\n')[0]}`,
  );
}

function timeOf(number: number): string {
  return new Date(firstMs + number * 1_000).toISOString();
}

async function storePage(database: Database, from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  const raws = numbers.map(rawOf);
  const bytes = Buffer.from(`{"code":1000,"message":"success","data":[${raws.join(',')}],"trace":"bench"}`);
  const pageId = `00000000-0000-7000-8000-${String(from).padStart(12, '0')}`;
  await database.pool.query(
    `insert into page (account_id, page_id, stream, part, asked_from, asked_to, core, served, inserted, changed, unchanged,
       quarantined, verdict, claim, hash, bytes, exchange_clock)
     values ($1, $2, 'spot-trades', 'all', $3::timestamptz - interval '1 ms', $4::timestamptz, tstzrange($3, $4), $5, $5, 0, 0,
       0, 'proves', tstzmultirange(tstzrange($3, $4)), $6, $7, $4::timestamptz + interval '1 minute')`,
    [
      accountId,
      pageId,
      timeOf(from),
      timeOf(to),
      raws.length,
      createHash('sha256').update(bytes).digest(),
      zstdCompressSync(bytes),
    ],
  );
  await database.pool.query(
    `insert into spot_trade (account_id, symbol, trade_id, order_id, client_order_id, order_mode, order_type, side, role, price,
       size, notional, fee, fee_currency, traded_at, updated_at, page_id, digest, fixed_digest, raw, revision)
     select $1, 'BTC_USDT', lpad(n::text, 18, '0'), 'o' || n, 'client-' || n, 'spot', 'limit', 'buy', 'taker',
       26910.40000000000000000001, 0.10, 2691.04, 0.00012, 'BMX', $2::timestamptz + n * interval '1 second',
       $2::timestamptz + n * interval '1 second', $3, 'd' || n, 'f' || n, raw::json, 1
     from unnest($4::int[], $5::text[]) as each_row (n, raw)`,
    [accountId, new Date(firstMs).toISOString(), pageId, numbers, raws],
  );
}

/** As long as a trade of BitMart is. */
function rawOf(number: number): string {
  const id = String(number).padStart(18, '0');
  const time = firstMs + number * 1_000;
  return `{"tradeId":"${id}","orderId":"o${number}","clientOrderId":"client-${number}","symbol":"BTC_USDT","side":"buy","orderMode":"spot","type":"limit","price":"26910.40000000000000000001","size":"0.10","notional":"2691.04","fee":"0.00012","feeCoinName":"BMX","tradeRole":"taker","createTime":${time},"updateTime":${time},"stpMode":"none"}`;
}

async function storeCoverage(database: Database): Promise<void> {
  const range = [timeOf(0), timeOf(records)];
  await database.pool.query(
    `insert into coverage (account_id, stream, part, covered, claimed_from, last_read_end, oldest_row_at, newest_row_at,
       row_count, read_through)
     values ($1, 'spot-trades', 'all', tstzmultirange(tstzrange($2, $3)), $2, $3, $2, $3, $4, true)`,
    [accountId, ...range, records],
  );
}
