import { FenceLost, type HistoryStore, type Reader } from '../../src/history/ports.ts';
import { createBudget, readStream, type StreamResult } from '../../src/history/read-stream.ts';
import type { ReadSettings } from '../../src/history/settings.ts';
import type { Stream } from '../../src/history/stream.ts';
import { Random } from './random.ts';
import { simulatedStream } from './streams.ts';
import { type Fault, type Order, type TrueRecord, World } from './world.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const accountId = 'account-1';

/** Thrown at a chosen await or commit: the process is gone, whatever was not committed with it. */
export class Crash extends Error {}

export interface Life {
  readonly seed: number;
  readonly world: World;
  readonly stream: Stream;
  readonly linkedAtMs: number;
  readonly events: Map<string, number>;
}

export interface LifeOptions {
  readonly store: HistoryStore;
  readonly isStored: World['isStored'];
  /** The end of the newest claim of any part. */
  readonly claimedToMs: (stream: Stream) => number;
  /** A deliberate bug, to show that the checker finds it. */
  readonly mutant?: Mutant;
}

/** A deliberate bug at one of the engine's seams. */
export interface Mutant {
  readonly store?: (store: HistoryStore) => HistoryStore;
  readonly reader?: (reader: Reader) => Reader;
  readonly settings?: Partial<ReadSettings>;
}

/** One account's life over simulated months, decided by one seed. What happens: link, reads, outages, crashes, zombies. */
export async function live(seed: number, options: LifeOptions): Promise<Life> {
  const random = new Random(seed);
  const shape = random.pick(['spot', 'futures', 'movements'] as const);
  const cap = random.pick([7, 13, 20, 37, 60]);
  const stream = simulatedStream(shape, cap);
  const linkedAtMs =
    Date.UTC(2026, random.between(0, 5), random.between(1, 28), random.between(0, 23)) + random.between(0, 3_599_999);
  const world = new World([stream], random, switchesOf(random, shape, cap), linkedAtMs);
  world.isStored = options.isStored;
  const events = new Map<string, number>();
  const count = (event: string) => events.set(event, (events.get(event) ?? 0) + 1);
  const store = options.mutant?.store?.(options.store) ?? options.store;
  world.mutateReader = options.mutant?.reader ?? ((reader) => reader);
  Object.assign(world.readSettings, options.mutant?.settings);

  const historyDays = shape === 'movements' ? random.pick([60, 150, 400]) : random.pick([30, 89, 120]);
  makeRecords(world, stream, linkedAtMs - historyDays * dayMs, linkedAtMs, random.pick([0, 1, 5, 40, 150, 400]));

  const cycles = random.between(3, 14);
  for (let cycle = 0; cycle < cycles; cycle++) {
    const faulty = random.chance(0.5);
    world.nextFault = () => (faulty && random.chance(0.15) ? random.pick(faults) : null);
    await attempt(world, store, stream, random, count);
    if (options.claimedToMs(stream) > world.nowMs) count('claimed the future');
    const outage = random.chance(0.12);
    if (outage) count('outage');
    const pauseMs = outage ? random.between(2, 110) * dayMs : random.between(1, 30) * hourMs;
    const from = world.nowMs;
    world.nowMs += pauseMs;
    makeRecords(world, stream, from, world.nowMs, random.pick([0, 0, 1, 10, 60]));
  }
  world.nextFault = () => null;
  for (let quiet = 0; quiet < 3; quiet++) {
    if (!(await readToTheEnd(world, store, stream, random.pick([1, 2, 3, 1_000])))) {
      count('never comes to an end');
      break;
    }
    world.nowMs += 26 * hourMs;
  }
  return { seed, world, stream, linkedAtMs, events };
}

const faults: readonly Fault[] = [
  'transient',
  'throttled',
  'maintenance',
  'refused-key',
  'omits-rows',
  'cached',
  'bounds-ignored',
  'foreign-part',
  'unexpected',
];

function switchesOf(random: Random, shape: 'spot' | 'futures' | 'movements', cap: number) {
  return {
    order: random.pick<Order>(['newest-first', 'oldest-first', 'shuffled', 'any-choice-sorted']),
    includesStart: random.chance(0.5),
    includesEnd: random.chance(0.5),
    reachMs:
      shape === 'movements' ? random.pick([90, 200, 1_000]) * dayMs : random.pick([89 * dayMs, 90 * dayMs, 92 * dayMs]),
    beyondReach: random.pick(['empty', 'error'] as const),
    cap,
    lastRecordsOnly: null,
    boundsIgnored: false,
  };
}

async function attempt(
  world: World,
  store: HistoryStore,
  stream: Stream,
  random: Random,
  count: (event: string) => void,
) {
  for (let tries = 0; tries < 6; tries++) {
    const crashing = random.chance(0.25) ? crashingStore(store, random) : store;
    try {
      if (random.chance(0.15)) {
        count('zombie');
        if (await raceWithZombie(world, crashing, stream, random)) return;
      } else if (await read(world, crashing, stream, random.pick([1, 3, 50]))) return;
    } catch (error) {
      if (error instanceof FenceLost) count('fence lost');
      else if (error instanceof Crash || (error instanceof Error && 'crash' in error)) count('crash');
      else throw error;
    }
    world.nowMs += random.between(1, 600) * 1_000;
  }
}

/** However few pages an attempt may read, attempts enough must come to an end. */
async function readToTheEnd(world: World, store: HistoryStore, stream: Stream, pages: number): Promise<boolean> {
  let finished: readonly string[] = [];
  for (let attempts = 0; attempts < 6_000 / pages; attempts++) {
    const result = await readSome(world, store, stream, pages, finished);
    if (result.done) return true;
    finished = result.finished;
  }
  return false;
}

async function read(world: World, store: HistoryStore, stream: Stream, pages: number): Promise<boolean> {
  return (await readSome(world, store, stream, pages, [])).done;
}

async function readSome(
  world: World,
  store: HistoryStore,
  stream: Stream,
  pages: number,
  finished: readonly string[],
): Promise<StreamResult> {
  const context = {
    exchange: world,
    reader: world.open(),
    store,
    settings: world.readSettings,
    budget: createBudget({ pages, durationMs: Number.POSITIVE_INFINITY }, () => 0),
    signal: new AbortController().signal,
  };
  return readStream(context, accountId, stream, finished);
}

/** Two attempts at once: their steps interleave at every await. */
async function raceWithZombie(world: World, store: HistoryStore, stream: Stream, random: Random): Promise<boolean> {
  const slow = delayedStore(store, random);
  const outcomes = await Promise.allSettled([read(world, slow, stream, 50), read(world, store, stream, 50)]);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected' && !(outcome.reason instanceof FenceLost)) throw outcome.reason;
  }
  return outcomes.some((outcome) => outcome.status === 'fulfilled' && outcome.value);
}

function delayedStore(store: HistoryStore, random: Random): HistoryStore {
  const wait = async () => {
    for (let turns = random.between(0, 40); turns > 0; turns--) await Promise.resolve();
  };
  const later = async <T>(step: () => Promise<T>): Promise<T> => {
    await wait();
    return await step();
  };
  return {
    openPart: (reference) => later(() => store.openPart(reference)),
    commitPage: (reference, fence, page, decide) => later(() => store.commitPage(reference, fence, page, decide)),
    changePart: (reference, fence, change) => later(() => store.changePart(reference, fence, change)),
    knownValues: (reference, column) => later(() => store.knownValues(reference, column)),
    changingRecords: (reference) => later(() => store.changingRecords(reference)),
  };
}

/** The process dies before or after one of its writes. */
function crashingStore(store: HistoryStore, random: Random): HistoryStore {
  let left = random.between(1, 12);
  const around = async <T>(write: () => Promise<T>): Promise<T> => {
    const dies = --left === 0;
    if (dies && random.chance(0.5)) throw new Crash();
    const result = await write();
    if (dies) throw new Crash();
    return result;
  };
  return {
    openPart: (reference) => around(() => store.openPart(reference)),
    commitPage: (reference, fence, page, decide) => around(() => store.commitPage(reference, fence, page, decide)),
    changePart: (reference, fence, change) => around(() => store.changePart(reference, fence, change)),
    knownValues: (reference, column) => store.knownValues(reference, column),
    changingRecords: (reference) => store.changingRecords(reference),
  };
}

function makeRecords(world: World, stream: Stream, fromMs: number, toMs: number, amount: number): void {
  const { random } = world;
  const bursts = Array.from({ length: random.between(1, 4) }, () => fromMs + random.next() * (toMs - fromMs));
  const dense = random.chance(0.2);
  for (let i = 0; i < amount; i++) {
    const spread = random.pick(['even', 'burst', 'edge', 'same-unit'] as const);
    let at = Math.floor(fromMs + random.next() * (toMs - fromMs));
    if (spread === 'burst') at = Math.floor(random.pick(bursts) + random.next() * 60_000);
    if (spread === 'edge') at = Math.floor(at / hourMs) * hourMs;
    if (spread === 'same-unit' && dense) at = Math.floor(bursts[0] as number);
    at = Math.min(Math.max(at, fromMs), toMs - 1);
    world.records.push(recordAt(world, stream, at));
  }
}

function recordAt(world: World, stream: Stream, at: number): TrueRecord {
  const { random } = world;
  return {
    id: `${world.records.length}`,
    part: random.pick(stream.parts),
    at,
    visibleFromMs: random.chance(0.05) ? at + random.between(0, 20 * hourMs) : at,
    symbol: random.pick(['BTC_USDT', 'ETH_USDT', 'LTC_USDT']),
    mode: random.pick(['spot', 'spot', 'iso_margin']),
    finalFromMs: random.chance(0.2) ? at + random.between(0, 200) * hourMs : at,
    unreadable: random.chance(0.004),
  };
}
