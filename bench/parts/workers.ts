import { setTimeout as sleep } from 'node:timers/promises';
import type { PartReport, Target } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';

const accounts = 24;
const slotsOfOne = 6;
const processes = [1, 2, 4] as const;

/**
 * Whether worker processes add up: the same accounts, read under BitMart's limits by one, two and four processes with few
 * slots each. Waiting for the exchange is most of the work, so that slots, not cores, are what a process brings along.
 */
export async function measureWorkers(surroundings: Surroundings): Promise<PartReport> {
  const elapsed = new Map<number, number>();
  for (const count of processes) {
    elapsed.set(count, await readAll(surroundings, count));
    surroundings.say(`  ${count} processes: ${((elapsed.get(count) as number) / 1_000).toFixed(1)} s`);
    await surroundings.clear();
  }
  const alone = elapsed.get(1) as number;
  const gain = (count: number) => alone / (elapsed.get(count) as number);
  const target = (count: number, least: number): Target => ({
    text: `${count} processes do at least ${least} times as much as one`,
    measured: gain(count).toFixed(2),
    holds: gain(count) >= least,
  });
  return {
    part: 'workers',
    setting: `${accounts} accounts with 500 records each, linked at once, BitMart's limits, ${slotsOfOne} activity slots a process. From the first link to the last account read through; all on the same two cores.`,
    figures: processes.map((count) => ({
      name: `${count} ${count === 1 ? 'process' : 'processes'}`,
      unit: 's',
      values: [(elapsed.get(count) as number) / 1_000],
    })),
    targets: [target(2, 1.5), target(4, 2.5)],
  };
}

async function readAll(surroundings: Surroundings, count: number): Promise<number> {
  const database = await surroundings.database(2);
  const exchange = await surroundings.sandbox('fixed');
  await exchange.set({ movementsReachMs: 90 * 86_400_000, beyondReach: 'error' });
  const env = { SYNC_INTERVAL: '6h', ACTIVITY_SLOTS: String(slotsOfOne) };
  const system = await surroundings.system({ databaseUrl: database.url, exchange, env });
  await Promise.all(Array.from({ length: count }, () => system.startWorker()));
  // Others than before: an account of the same name and key would be one whose workflow waits for workers that are gone.
  const names = Array.from({ length: accounts }, (_, i) => `shared-${count}-${i}`);
  const keys = [];
  for (const name of names) {
    keys.push(await exchange.addAccount(name));
    await exchange.generate(name, { spotTrades: 300, futuresTrades: 190, withdrawals: 5, deposits: 5, days: 60 });
  }
  const startedMs = Date.now();
  await Promise.all(keys.map((key) => system.client.forOwner(key.name).link(key, { wait: false })));
  for (;;) {
    const { rows } = await database.pool.query<{ live: number }>(
      `select count(*)::int as live from account where status = 'live'`,
    );
    if (rows[0]?.live === accounts) return Date.now() - startedMs;
    await sleep(200);
  }
}
