import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Network } from '../../sandbox/network.ts';
import { memoryMb, processWith } from '../machine.ts';
import { atMost, type PartReport, percentile } from '../report.ts';
import type { SandboxProcess } from '../sandbox-process.ts';
import type { Surroundings } from '../surroundings.ts';
import { unevenNetwork } from './network.ts';

/** Smaller for trying the bench itself; the documents' figures are measured with the full numbers. */
const accounts = Number(process.env.BENCH_FLEET_ACCOUNTS ?? 2_000);
const intervalMs = Number(process.env.BENCH_FLEET_INTERVAL_MS ?? 300_000);
const intervals = 3;
const linkedAtOnce = 8;
/** As of src/history/due-time.ts. */
const jitterShare = 0.05;
const lookEveryMs = 5_000;
/** The sandbox keeps its last 20,000 requests: several minutes of them. */
const readLogEvery = 4;

/**
 * Many accounts on one worker: linked one after the other, then left alone for three intervals. Lateness is what their
 * owners would see: from the instant at which an account is due to its first request at the exchange.
 */
export function measureFleet(surroundings: Surroundings): Promise<PartReport> {
  return measure(surroundings, 'fleet', null);
}

/** The same with a network before the exchange, and 2 ms before Postgres. */
export function measureDistantFleet(surroundings: Surroundings): Promise<PartReport> {
  return measure(surroundings, 'fleet-network', unevenNetwork);
}

async function measure(surroundings: Surroundings, part: string, network: Network | null): Promise<PartReport> {
  // As in production: a worker that bundles its workflows at its start keeps the bundler's memory.
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL('../../dev/build.ts', import.meta.url))]);
  const database = network === null ? await surroundings.database(2) : await surroundings.distantDatabase(2);
  const workerUrl = 'workerUrl' in database ? String(database.workerUrl) : database.url;
  const exchange = await surroundings.sandbox('none');
  // As BitMart says of old windows of movements; the walk back through empty years is not a matter of many accounts.
  await exchange.set({ movementsReachMs: 90 * 86_400_000, beyondReach: 'error', ...(network && { network }) });
  const env = { BITMART_LIMITS: 'none', SYNC_INTERVAL: `${intervalMs}ms`, DATABASE_URL: workerUrl };
  const system = await surroundings.system({ databaseUrl: database.url, exchange, env, built: true });
  const worker = await system.startWorker();
  // Not a number where TEMPORAL_ADDRESS names a server.
  const server = processWith(['start-dev', surroundings.temporalAddress.split(':')[1] as string]);

  const names = Array.from({ length: accounts }, (_, i) => `fleet-${i}`);
  const startedMs = Date.now();
  let next = 0;
  let undecided = 0;
  const link = async () => {
    for (let i = next++; i < names.length; i = next++) {
      const name = names[i] as string;
      const account = await exchange.addAccount(name);
      await exchange.generate(name, { spotTrades: 20, futuresTrades: 10, withdrawals: 2, deposits: 2, days: 60 });
      const { outcome } = await system.client.forOwner(name).link(account);
      if (outcome === 'refused') throw new Error(`${name} was refused.`);
      // Not checked within the 22 s that a link waits: it is checked and read all the same.
      if (outcome === 'undecided') undecided++;
      if (i % 100 === 99) surroundings.say(`  ${i + 1} linked`);
    }
  };
  await Promise.all(Array.from({ length: linkedAtOnce }, link));
  const linkedMs = Date.now() - startedMs;
  const countLive = async () => {
    const { rows } = await database.pool.query<{ live: number }>(
      `select count(*)::int as live from account where status = 'live'`,
    );
    return rows[0]?.live ?? 0;
  };
  while ((await countLive()) < accounts) await sleep(1_000);
  const backfilledMs = Date.now() - startedMs;
  surroundings.say(`  all read through after ${Math.round(backfilledMs / 1_000)} s`);

  const turns = new Turns();
  const memory = { worker: [] as number[], server: [] as number[] };
  const fromMs = Date.now();
  for (let looks = 0; Date.now() < fromMs + intervals * intervalMs; looks++) {
    await sleep(lookEveryMs);
    const { rows } = await database.pool.query<{ owner: string; due: Date | null }>(
      'select owner_id as owner, next_sync_at as due from account',
    );
    for (const row of rows) if (row.due && row.due.getTime() > fromMs) turns.expect(row.owner, row.due.getTime());
    if (looks % readLogEvery === 0) await turns.notice(exchange);
    memory.worker.push(memoryMb(worker.processId));
    if (!Number.isNaN(server)) memory.server.push(memoryMb(server));
  }
  await turns.notice(exchange);
  const lateness = turns
    .latenessMs(fromMs + intervals * intervalMs - Math.min(30_000, intervalMs))
    .map((ms) => ms / 1_000);
  const failed = await database.pool.query<{ failed: number }>(
    `select count(distinct account_id)::int as failed from account_problem`,
  );
  const p99 = percentile(lateness, 0.99);
  const workerMb = Math.max(...memory.worker);
  // Over a network all activity slots hold a backfill at once, and Node keeps what they needed.
  const mostMb = network === null ? 700 : 1_000;
  return {
    part,
    setting: `${network === null ? '' : 'Over a network: the exchange answers after 250 ms in the median and 1.5 s at p99, with 0.1 % resets and 0.1 % answers at 16 KB/s, 2 ms between worker and Postgres, fsync = on. '}${accounts} accounts of 34 records on one worker process as built, ${Number.isNaN(server) ? 'a Temporal server that TEMPORAL_ADDRESS names' : "Temporal's development server"}, ${linkedAtOnce} links at a time, without limits of the exchange; ${undecided} links were answered before the key was checked. Then ${intervals} intervals of ${intervalMs / 1_000} s. Lateness: from the due time in the database to the first request that the exchange sees, over ${lateness.length} syncs. ${failed.rows[0]?.failed} accounts had a problem at the end.`,
    figures: [
      { name: 'linked', unit: 'accounts/s', values: [(accounts * 1_000) / linkedMs] },
      { name: 'linked and read through', unit: 'accounts/s', values: [(accounts * 1_000) / backfilledMs] },
      { name: 'syncs watched', unit: '', values: [lateness.length] },
      { name: 'lateness, p50', unit: 's', values: [percentile(lateness, 0.5)] },
      { name: 'lateness, p99', unit: 's', values: [p99] },
      { name: 'lateness, greatest', unit: 's', values: [Math.max(...lateness)] },
      { name: 'memory of the worker, greatest', unit: 'MB', values: [workerMb] },
      ...(memory.server.length === 0
        ? []
        : [{ name: 'memory of Temporal, greatest', unit: 'MB', values: [Math.max(...memory.server)] }]),
    ],
    targets: [
      atMost('p99 of lateness under 10 s', p99, 10, 's'),
      atMost(`worker below ${mostMb} MB`, workerMb, mostMb, 'MB'),
    ],
  };
}

/** When accounts were due, and when they were first heard of after that. */
class Turns {
  readonly #due = new Map<string, Set<number>>();
  readonly #asked = new Map<string, number[]>();
  #seenThroughMs = 0;

  expect(account: string, dueMs: number): void {
    const known = this.#due.get(account) ?? new Set();
    this.#due.set(account, known.add(dueMs));
  }

  async notice(exchange: SandboxProcess): Promise<void> {
    const log = await exchange.log();
    const seenThroughMs = this.#seenThroughMs;
    for (const { account, atMs } of log) {
      if (account === null || atMs <= seenThroughMs) continue;
      this.#asked.set(account, [...(this.#asked.get(account) ?? []), atMs]);
      this.#seenThroughMs = Math.max(this.#seenThroughMs, atMs);
    }
  }

  /** Of everything that was due by then; what was never heard of counts as late until now. */
  latenessMs(throughMs: number): readonly number[] {
    return [...this.#due].flatMap(([account, due]) =>
      [...due]
        .filter((dueMs) => dueMs <= throughMs)
        .map((dueMs) => {
          // Stream groups of a backfill that end together are each due with their own jitter, and the earliest counts.
          const asked = this.#asked.get(account)?.find((atMs) => atMs >= dueMs - jitterShare * intervalMs - 1_000);
          return Math.max(0, (asked ?? Date.now()) - dueMs);
        }),
    );
  }
}
