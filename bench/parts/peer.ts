import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { AddedAccount } from '../../sandbox/exchange.ts';
import type { GenerateOptions } from '../../sandbox/generate.ts';
import type { RowOrder } from '../../sandbox/switches.ts';
import { createPostgresStore, type Database } from '../../src/database/index.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import { defaultReadSettings } from '../../src/history/settings.ts';
import type { Stream } from '../../src/history/stream.ts';
import { createBudget, readStream } from '../../test/history/read-stream.ts';
import { type Figure, median, type PartReport, type Target } from '../report.ts';
import type { SandboxProcess } from '../sandbox-process.ts';
import type { Surroundings } from '../surroundings.ts';
import { openReader, unlimitedExchange } from '../unlimited-exchange.ts';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('../peer/', import.meta.url));
const runs = 5;
const records = 5_000;
const days = 80;
const dayMs = 86_400_000;

interface Shape {
  readonly name: string;
  readonly order: RowOrder;
  readonly spread: Partial<GenerateOptions>;
}

const shapes: readonly Shape[] = [
  { name: 'even', order: 'newest-first', spread: { evenly: true } },
  // Orders that were filled in many trades of one millisecond.
  { name: 'bursty', order: 'newest-first', spread: { bursts: 60, burstSize: 60 } },
  { name: 'shuffled', order: 'shuffled', spread: { evenly: true } },
];

interface Reading {
  readonly requests: number;
  readonly elapsedMs: number;
  readonly lost: number;
}

/**
 * ccxt, the way its users page (`since` + 1, `until` − 1), on the same account of the same sandbox as we read: it hands rows
 * to its caller, we store them. Without limits on either side.
 */
export async function measurePeer(surroundings: Surroundings): Promise<PartReport> {
  if (!existsSync(`${folder}node_modules/ccxt`)) {
    surroundings.say('  installing ccxt 4.5.66 into bench/peer …');
    await run('npm', ['ci', '--ignore-scripts'], { cwd: folder });
  }
  const database = await surroundings.database(4);
  const figures: Figure[] = [];
  const targets: Target[] = [];
  for (const shape of shapes) {
    const sandbox = await surroundings.sandbox('none');
    await sandbox.set({ order: shape.order });
    const found: Record<'ours' | 'forwards' | 'backwards', Reading[]> = { ours: [], forwards: [], backwards: [] };
    for (let round = 0; round < runs; round++) {
      const account = await sandbox.addAccount(`${shape.name}-${round}`);
      const endMs = Date.now() - dayMs;
      await sandbox.generate(account.name, { spotTrades: records, days, endMs, ...shape.spread });
      found.ours.push(await readOurselves(database, sandbox, account));
      for (const direction of ['forwards', 'backwards'] as const) {
        found[direction].push(await readWithCcxt(sandbox, account, direction, endMs));
      }
    }
    const add = (who: string, readings: readonly Reading[]) => {
      figures.push(
        { name: `${shape.name}: ${who}, requests`, unit: '', values: readings.map((reading) => reading.requests) },
        { name: `${shape.name}: ${who}, time`, unit: 'ms', values: readings.map((reading) => reading.elapsedMs) },
        { name: `${shape.name}: ${who}, rows lost`, unit: '', values: readings.map((reading) => reading.lost) },
      );
    };
    add('ours', found.ours);
    add('ccxt forwards', found.forwards);
    add('ccxt backwards', found.backwards);
    const lost = Math.max(...found.ours.map((reading) => reading.lost));
    const theirs = [found.forwards, found.backwards].map((readings) => median(readings.map((one) => one.lost)));
    targets.push({
      text: `${shape.name}: nothing lost of ${records}`,
      measured: `${lost} (ccxt ${theirs.join(' and ')})`,
      holds: lost === 0,
    });
  }
  return {
    part: 'peer',
    setting: `${records} spot trades over ${days} days: even; in bursts of up to 60 in one millisecond; even, but served in any order. ccxt 4.5.66, \`fetchMyTrades\`, forwards from the last trade + 1 ms and backwards from the first one − 1 ms, without its rate limiter. Ours: engine, adapter and Postgres in one process, everything stored.`,
    figures,
    targets,
  };
}

async function readOurselves(database: Database, sandbox: SandboxProcess, account: AddedAccount): Promise<Reading> {
  const exchange = unlimitedExchange(sandbox);
  const stream = exchange.streams.find((candidate) => candidate.name === 'spot-trades') as Stream;
  const accountId = account.name;
  await database.pool.query(`insert into account (account_id, owner_id, status) values ($1, 'bench', 'backfilling')`, [
    accountId,
  ]);
  const store = createPostgresStore(database, { gapsOf: (state, part) => gapsOf(state, part.stream, Date.now()) });
  const before = (await sandbox.counts()).requests;
  const startedMs = performance.now();
  const result = await readStream(
    {
      exchange,
      reader: openReader(exchange, account),
      store,
      settings: defaultReadSettings,
      budget: createBudget({ pages: 100_000, durationMs: 600_000 }),
      signal: AbortSignal.timeout(600_000),
    },
    accountId,
    stream,
  );
  const elapsedMs = performance.now() - startedMs;
  if (result.blocked) throw new Error(result.blocked.message);
  const { rows } = await database.pool.query<{ stored: number }>(
    'select count(*)::int as stored from spot_trade where account_id = $1',
    [accountId],
  );
  const requests = (await sandbox.counts()).requests - before;
  await exchange.close();
  return { requests, elapsedMs, lost: records - (rows[0]?.stored ?? 0) };
}

async function readWithCcxt(
  sandbox: SandboxProcess,
  { apiKey, apiSecret, memo }: AddedAccount,
  direction: 'forwards' | 'backwards',
  endMs: number,
): Promise<Reading> {
  const bounds = [String(endMs - (days + 1) * dayMs), String(endMs + 1_000)];
  const values = [sandbox.url, apiKey, apiSecret, memo, direction, ...bounds];
  const { stdout } = await run(process.execPath, [`${folder}read-account.mjs`, ...values]);
  const result = JSON.parse(stdout) as { readonly rows: number; readonly requests: number; readonly elapsedMs: number };
  return { requests: result.requests, elapsedMs: result.elapsedMs, lost: records - result.rows };
}
