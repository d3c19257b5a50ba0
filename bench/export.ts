/**
 * `npm run bench:export`: a million records of one account, exported by the command line and read page by page. Says how much
 * memory the export took at its peak, and how long a page takes at the beginning, in the middle and at the end.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cursorOf } from '../src/client/cursor.ts';
import { createClient } from '../src/client/index.ts';
import { connectDatabase, saveCandidate } from '../src/database/index.ts';
import { firstTradeMs, storeSpotTrades } from '../test/client/stored-rows.ts';
import { freshDatabase } from '../test/support/database.ts';

const records = 1_000_000;
const accountId = 'million';
const commandLine = fileURLToPath(new URL('../src/cli/command-line.ts', import.meta.url));
// Loaded before the command; the kernel counts in kilobytes.
const sayMemory =
  'data:text/javascript,process.on("exit", () => console.error("peak", Math.round(process.resourceUsage().maxRSS / 1000)))';

await main();
process.exit();

async function main(): Promise<void> {
  const fresh = await freshDatabase();
  const client = createClient({ databaseUrl: fresh.url });
  await client.migrate();
  const database = connectDatabase({ url: fresh.url });
  const candidate = { accountId, ownerId: 'anna', keyId: 'key', fingerprint: accountId, sealed: 'sealed' };
  await saveCandidate(database, candidate);
  for (let from = 0; from < records; from += 50_000) {
    await storeSpotTrades(database, accountId, { from, count: 50_000 });
    process.stderr.write(`\rstored ${from + 50_000} records`);
  }
  await database.pool.query('vacuum analyze spot_trade');
  process.stderr.write('\n');

  const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-bench-'));
  const file = join(folder, 'trades.csv');
  const startedMs = Date.now();
  const command = ['export', accountId, '--owner', 'anna', '--stream', 'spot-trades', '--out', file];
  const env = { ...process.env, DATABASE_URL: fresh.url };
  const child = await promisify(execFile)(process.execPath, ['--import', sayMemory, commandLine, ...command], { env });
  const seconds = (Date.now() - startedMs) / 1000;
  const peakMegabytes = Number(/peak (\d+)/.exec(child.stderr)?.[1]);
  const megabytes = Math.round(statSync(file).size / 1e6);
  console.log(
    `exported ${records} records (${megabytes} MB) in ${seconds.toFixed(0)} s, peak memory ${peakMegabytes} MB`,
  );

  const owner = client.forOwner('anna');
  const places = { beginning: 0, middle: records / 2, end: records - 501 };
  for (const [place, number] of Object.entries(places)) {
    const after = cursorAt(number);
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const at = performance.now();
      const page = await owner.records(accountId, 'spot-trades', { after, limit: 500 });
      times.push(performance.now() - at);
      if (page.records.length !== 500) throw new Error(`${page.records.length} records at the ${place}.`);
    }
    console.log(`a page of 500 at the ${place}: ${median(times).toFixed(1)} ms`);
  }
  rmSync(folder, { recursive: true });
  await database.close();
  await client.close();
  await fresh.drop();
}

/** As `next` of a page that ended with this trade. */
function cursorAt(number: number): string {
  const time = new Date(firstTradeMs + number * 1000).toISOString();
  const question = [
    'records',
    accountId,
    'spot-trades',
    String(Number.NEGATIVE_INFINITY),
    String(Number.POSITIVE_INFINITY),
  ];
  return cursorOf(question, [time, 'BTC_USDT', String(number).padStart(9, '0'), `o${number}`]);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
