import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, median, type PartReport, percentile } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';

const backfills = 500;
const linksMeasured = 100;
const linksAtOnce = 25;
/** Two a second are 170,000 a day. All keys that are not yet accepted share four requests a second, so a faster rate would measure that limit. */
const linkEveryMs = 500;

/** How long a person waits for a link while many backfills are queued. */
export async function measureLinks(surroundings: Surroundings): Promise<PartReport> {
  const database = await surroundings.database(1);
  // At the published limits an account without records takes half a minute, so that 500 of them wait for 100 slots throughout.
  const exchange = await surroundings.sandbox('fixed');
  const system = await surroundings.system({ databaseUrl: database.url, exchange, env: { SYNC_INTERVAL: '6h' } });
  await system.startWorker();
  const accounts = await Promise.all(
    Array.from({ length: backfills + linksMeasured }, async (_, number) => {
      const name = `linked-${number}`;
      const account = await exchange.addAccount(name);
      return { owner: system.client.forOwner(name), account };
    }),
  );
  const waiting = accounts.slice(0, backfills);
  for (let first = 0; first < backfills; first += linksAtOnce) {
    const group = waiting.slice(first, first + linksAtOnce);
    await Promise.all(group.map(({ owner, account }) => owner.link(account)));
  }
  const latenciesMs: number[] = [];
  const failed: string[] = [];
  const links = accounts.slice(backfills).map(async ({ owner, account }, place) => {
    await sleep(place * linkEveryMs);
    const sinceMs = performance.now();
    const { outcome } = await owner.link(account);
    latenciesMs.push(performance.now() - sinceMs);
    if (outcome !== 'accepted') failed.push(outcome);
  });
  await Promise.all(links);
  const { rows } = await database.pool.query<{ count: number }>(
    "select count(*)::int as count from account where status = 'backfilling'",
  );
  const stillWaiting = rows[0]?.count ?? 0;
  return {
    part: 'links',
    setting: `One worker with 100 slots; ${backfills} accounts at the published limits wait for them. Then ${linksMeasured} links, two a second. ${stillWaiting} accounts were still being read at the end.`,
    figures: [
      { name: 'link, median', unit: 'ms', values: [median(latenciesMs)] },
      { name: 'link, p99', unit: 'ms', values: [percentile(latenciesMs, 0.99)] },
    ],
    targets: [
      atMost('p99 under 3 s', percentile(latenciesMs, 0.99), 3_000, 'ms'),
      atMost('none undecided', failed.length, 0),
    ],
  };
}
