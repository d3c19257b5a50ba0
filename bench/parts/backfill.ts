import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../src/database/index.ts';
import { notRefused } from '../../test/support/not-refused.ts';
import { atLeast, median, type PartReport, type Target } from '../report.ts';
import type { SandboxProcess } from '../sandbox-process.ts';
import type { Surroundings, System } from '../surroundings.ts';
import { bareInsertRate } from './merge.ts';
import { type Pacing, pacingOf } from './pacing.ts';

const runs = 5;
const records = 40_000;
const recordsUnderLimits = 5_000;

/**
 * A whole account through the real worker: linked, read over HTTP, merged, committed. Without limits the machine sets the
 * time; with BitMart's limits they should.
 */
export async function measureBackfill(surroundings: Surroundings): Promise<PartReport> {
  const { say } = surroundings;
  const bare = await bareInsertRate(surroundings);
  await surroundings.clear();

  const unlimited = await setUp(surroundings, 'none', { CHUNK_PAGES: '1000' });
  await unlimited.system.startWorker();
  await readAccount(unlimited, 'warm-up', records / 4);
  const rates: number[] = [];
  for (let run = 0; run < runs; run++) {
    const read = await readAccount(unlimited, `unlimited-${run}`, records);
    rates.push((records * 1_000) / read.elapsedMs);
    say(`  without limits: ${Math.round(rates.at(-1) as number)} rows/s`);
  }
  await surroundings.clear();

  const fixed = await underLimits(surroundings, 'fixed');
  const sliding = await underLimits(surroundings, 'sliding');
  const shares = (read: readonly Pacing[]) => read.map((pacing) => pacing.share);
  const refused = (read: readonly Pacing[]) => read.map((pacing) => pacing.refused);
  const densest = (read: readonly Pacing[]) => read.map((pacing) => pacing.densest);
  return {
    part: 'backfill',
    setting: `${records} records spread evenly over 90 days (98 % trades) without limits, ${recordsUnderLimits} with them; worker, sandbox, Postgres and Temporal as processes of this machine. From linked to the last page committed. Share: of the requests that RATE_SHARE (0.9) of the limit allows, at the endpoint that takes longest. In the last run the worker is killed in the middle and another one goes on; the time until Temporal has noticed does not count.`,
    figures: [
      { name: 'without limits', unit: 'rows/s', values: rates },
      { name: 'bare insert in the same run', unit: 'rows/s', values: bare },
      { name: 'fixed windows: share of the allowed rate', unit: '', values: shares(fixed) },
      { name: 'fixed windows: answered 429', unit: 'requests', values: refused(fixed) },
      { name: 'fixed windows: most requests in any 2 s, of the limit', unit: '', values: densest(fixed) },
      { name: 'sliding windows: share of the allowed rate', unit: '', values: shares(sliding) },
      { name: 'sliding windows: answered 429', unit: 'requests', values: refused(sliding) },
      { name: 'sliding windows: most requests in any 2 s, of the limit', unit: '', values: densest(sliding) },
    ],
    targets: [
      atLeast('without limits: 45 % of the bare insert', [median(rates) / median(bare)], 0.45),
      ...limitTargets('fixed', fixed),
      ...limitTargets('sliding', sliding),
    ],
  };
}

function limitTargets(kind: string, read: readonly Pacing[]): readonly Target[] {
  const refused = read.reduce((total, pacing) => total + pacing.refused, 0);
  return [
    atLeast(
      `${kind} windows: 95 % of the allowed rate`,
      read.map((pacing) => pacing.share),
      0.95,
    ),
    { text: `${kind} windows: none answered 429`, measured: String(refused), holds: refused === 0 },
  ];
}

async function underLimits(surroundings: Surroundings, limits: 'fixed' | 'sliding'): Promise<readonly Pacing[]> {
  const place = await setUp(surroundings, limits, { BITMART_LIMITS: 'published' });
  // As BitMart says of old windows of movements; otherwise the walk back through empty years would be most of the time.
  await place.exchange.set({ movementsReachMs: 90 * 86_400_000, beyondReach: 'error' });
  let worker = await place.system.startWorker();
  const found: Pacing[] = [];
  for (let run = 0; run < runs; run++) {
    const name = `${limits}-${run}`;
    const killed = run === runs - 1;
    const reading = readAccount(place, name, recordsUnderLimits);
    if (killed) {
      await sleep(3_000);
      await worker.close();
      worker = await place.system.startWorker();
    }
    await reading;
    const pacing = pacingOf(await place.exchange.log(), name);
    found.push(pacing);
    surroundings.say(`  ${limits} windows: share ${pacing.share.toFixed(3)}, ${pacing.refused} answered 429`);
  }
  await surroundings.clear();
  return found;
}

export interface Place {
  readonly database: Database;
  readonly exchange: SandboxProcess;
  readonly system: System;
}

export async function setUp(
  surroundings: Surroundings,
  limits: 'none' | 'fixed' | 'sliding',
  env: Readonly<Record<string, string>>,
  { isDistant = false } = {},
): Promise<Place> {
  const database = isDistant ? await surroundings.distantDatabase(2) : await surroundings.database(2);
  const exchange = await surroundings.sandbox(limits);
  const system = await surroundings.system({
    databaseUrl: database.url,
    exchange,
    env: {
      ...('workerUrl' in database && { DATABASE_URL: String(database.workerUrl) }),
      BITMART_LIMITS: 'none',
      SYNC_INTERVAL: '6h',
      ...env,
    },
  });
  return { database, exchange, system };
}

/** Links an account with so many records and waits until all of them are stored. */
export async function readAccount(place: Place, name: string, count: number): Promise<{ readonly elapsedMs: number }> {
  const account = await place.exchange.addAccount(name);
  const movements = Math.floor(count * 0.01);
  const futuresTrades = Math.floor(count * 0.25);
  const spotTrades = count - futuresTrades - 2 * movements;
  // A margin at both ends, so that every record can be served in time.
  const endMs = Date.now() - 60_000;
  const spread = { days: 88, endMs, evenly: true };
  await place.exchange.generate(name, {
    spotTrades,
    futuresTrades,
    withdrawals: movements,
    deposits: movements,
    ...spread,
  });
  const owner = place.system.client.forOwner(name);
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId, { timeoutMs: 300_000 });
  const { rows } = await place.database.pool.query<{ stored: number; ms: string }>(
    `select (select sum(row_count) from coverage where account_id = $1)::int as stored,
            (select extract(epoch from max(page.committed_at) - account.linked_at) * 1000
             from page, account where page.account_id = $1 and account.account_id = $1 group by linked_at)::text as ms`,
    [accountId],
  );
  const [result] = rows;
  if (result?.stored !== count) throw new Error(`Of ${count} records ${result?.stored} were stored; no figure counts.`);
  return { elapsedMs: Number(result.ms) };
}
