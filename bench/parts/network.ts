import { setTimeout as sleep } from 'node:timers/promises';
import type { Network } from '../../sandbox/network.ts';
import { atLeast, type PartReport } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';
import { readAccount, setUp } from './backfill.ts';
import { type Pacing, pacingOf } from './pacing.ts';

/** Long enough that the first pages, where each answer decides what is asked next, are a small part. */
const recordsOverNetwork = 30_000;
/** Some answers are much slower than others, and a few are lost. */
export const unevenNetwork = { medianMs: 250, p99Ms: 1_500, resets: 0.001, slowAnswers: 0.001 } satisfies Network;
const networks = {
  'answers after 250 ms': { medianMs: 250, p99Ms: 250 },
  'answers after 800 ms': { medianMs: 800, p99Ms: 800 },
  'median 250 ms, p99 1.5 s': unevenNetwork,
} as const satisfies Readonly<Record<string, Network>>;
/** Of the allowed rate. */
const leastShares: Readonly<Record<keyof typeof networks, number>> = {
  'answers after 250 ms': 0.95,
  'answers after 800 ms': 0.9,
  'median 250 ms, p99 1.5 s': 0.9,
};

/** A whole account as `backfill` reads it under limits, over a network to the exchange and to Postgres. */
export async function measureNetwork(surroundings: Surroundings): Promise<PartReport> {
  const distant: Distant[] = [];
  for (const limits of ['fixed', 'sliding'] as const) distant.push(...(await overNetwork(surroundings, limits)));
  return {
    part: 'network',
    setting: `${recordsOverNetwork} records spread evenly over 88 days, fsync = on, 2 ms between worker and Postgres. Share: of the requests that RATE_SHARE (0.9) of the limit allows, at the endpoint that takes longest, from its first page to its last request. The ways to the exchange differ by up to 100 ms; with p99 1.5 s also 0.1 % resets and 0.1 % answers at 16 KB/s, and a worker is killed in the middle.`,
    figures: distant.flatMap(({ name, pacing }) => [
      { name: `${name}: share of the allowed rate`, unit: '', values: [pacing.share] },
      { name: `${name}: answered 429`, unit: 'requests', values: [pacing.refused] },
    ]),
    targets: distant.flatMap(({ name, least, pacing }) => [
      atLeast(`${name}: ${least * 100} % of the allowed rate`, [pacing.share], least),
      { text: `${name}: none answered 429`, measured: String(pacing.refused), holds: pacing.refused === 0 },
    ]),
  };
}

interface Distant {
  readonly name: string;
  readonly least: number;
  readonly pacing: Pacing;
}

/** The same over a network, to the exchange and to Postgres. */
async function overNetwork(surroundings: Surroundings, limits: 'fixed' | 'sliding'): Promise<readonly Distant[]> {
  const place = await setUp(surroundings, limits, { BITMART_LIMITS: 'published' }, { isDistant: true });
  let worker = await place.system.startWorker();
  const found: Distant[] = [];
  for (const [kind, network] of Object.entries(networks) as [keyof typeof networks, Network][]) {
    await place.exchange.set({ network });
    const account = `${limits}-${found.length}`;
    const reading = readAccount(place, account, recordsOverNetwork);
    if (found.length === Object.keys(networks).length - 1) {
      await sleep(20_000);
      await worker.close();
      worker = await place.system.startWorker();
    }
    await reading;
    const pacing = pacingOf(await place.exchange.log(), account);
    const name = `${limits} windows, ${kind}`;
    found.push({ name, least: leastShares[kind], pacing });
    surroundings.say(`  ${name}: share ${pacing.share.toFixed(3)}, ${pacing.refused} answered 429`);
  }
  await surroundings.clear();
  return found;
}
