import {
  type Fault,
  faults,
  type Manner,
  type Order,
  type Plan,
  type PlannedAttempt,
  type PlannedFault,
  type PlannedRecord,
  type PlannedStream,
  type PlannedSync,
  type PlannedTimetable,
  type StreamName,
  type Trouble,
  type TroubleKind,
} from './plan.ts';
import { planRecords } from './plan-records.ts';
import { Random } from './random.ts';
import { isTrade } from './wire.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface PlanOptions {
  /** Shorter lives, where every step costs a statement. */
  readonly short?: boolean;
}

/** An account's life over months, from one seed. */
export function planOf(seed: number, { short = false }: PlanOptions = {}): Plan {
  const random = new Random(seed);
  const linkedAtMs =
    Date.UTC(2026, random.between(0, 5), random.between(1, 28), random.between(0, 23)) + random.between(0, 3_599_999);
  const streams = plannedStreams(random, short);
  const cycles = random.between(3, short ? 7 : 11);
  const starts = [linkedAtMs];
  for (let cycle = 1; cycle < cycles; cycle++) {
    const pauseMs = random.chance(0.12) ? random.between(2, 110) * dayMs : random.between(1, 30) * hourMs;
    starts.push((starts.at(-1) as number) + pauseMs + random.between(0, 3_599_999));
  }
  const calmFromMs = (starts.at(-1) as number) + random.between(2, 40) * hourMs;
  const manner = mannerOf(random, linkedAtMs, calmFromMs);
  const timetable = random.chance(0.25) ? plannedTimetable(random, linkedAtMs, calmFromMs) : null;
  // One in ten is wrong: the exchange goes on as if nothing had been said.
  const isKept = !random.chance(0.1);
  const records = streams
    .flatMap((stream) => planRecords(stream, starts, calmFromMs, random, short))
    .filter((record) => timetable === null || !isKept || record.at < endOf(record, timetable));
  return {
    seed,
    linkedAtMs,
    streams,
    manner,
    records: records.map((record, number) => ({ ...record, number })),
    troubles: plannedTroubles(random, streams, linkedAtMs, calmFromMs),
    rotations: random.chance(0.15) ? [rotation(random, linkedAtMs, calmFromMs)] : [],
    timetable,
    mappingFixedAtMs: random.chance(0.5) ? random.between(linkedAtMs, calmFromMs) : null,
    syncs: starts.map((atMs) => ({ atMs, attempts: attempts(random, short) })),
    calmFromMs,
  };
}

/** The same truth, read under other crashes, faults, page budgets and orders of answers. */
export function disturbedAnew(plan: Plan, seed: number, { short = false }: PlanOptions = {}): Plan {
  const random = new Random(seed);
  const syncs = plan.syncs.map(({ atMs }): PlannedSync => ({ atMs, attempts: attempts(random, short) }));
  return { ...plan, syncs, manner: { ...plan.manner, order: random.pick(orders) } };
}

/** Every fault of the plan as one and the same. */
export function onlyFault(plan: Plan, fault: Fault): Plan {
  const syncs = plan.syncs.map((sync) => ({
    ...sync,
    attempts: sync.attempts.map((each) => ({ ...each, faults: each.faults.map((one) => ({ ...one, fault })) })),
  }));
  return { ...plan, syncs };
}

const orders: readonly Order[] = ['newest-first', 'oldest-first', 'shuffled', 'any-choice-sorted'];
const caps = [7, 13, 20, 37, 60];

function plannedStreams(random: Random, short: boolean): PlannedStream[] {
  const names = random.shuffle<StreamName>([
    'spot-trades',
    'futures-trades',
    'withdrawals',
    'deposits',
    'futures-flows',
  ]);
  const amount = random.pick([1, 1, 1, 2, short ? 2 : 3]);
  return names.slice(0, amount).map((name) => {
    // A cap that is less than documented is found out only where it is a round number.
    const lower = random.chance(0.1);
    const cap = lower ? 70 : random.pick(caps);
    return { name, cap, servedCap: lower ? 50 : cap };
  });
}

function mannerOf(random: Random, linkedAtMs: number, calmFromMs: number): Manner {
  return {
    order: random.pick(orders),
    includesStart: random.chance(0.5),
    includesEnd: random.chance(0.5),
    tradesReachMs: random.pick([89 * dayMs, 90 * dayMs, 92 * dayMs]),
    movementsReachMs: random.pick([90, 200, 1_000, 100_000]) * dayMs,
    beyondReach: random.pick(['empty', 'error'] as const),
    lastMovementsOnly: random.chance(0.12) ? 100 : null,
    latencyMs: random.chance(0.08) ? [1_000, random.between(1, 20) * 60_000] : [20, 400],
    clockErrorMs: random.pick([0, 50, 1_500]),
    contractsListedFromMs: random.chance(0.8) ? 0 : random.between(linkedAtMs, calmFromMs),
  };
}

function plannedTroubles(
  random: Random,
  streams: readonly PlannedStream[],
  linkedAtMs: number,
  calmFromMs: number,
): Trouble[] {
  const kinds: readonly TroubleKind[] = [
    'transient',
    'maintenance',
    'throttled',
    'banned',
    'refused-key',
    'refused-key',
    'refused-stream',
    'not-opened',
  ];
  const troubles: Trouble[] = [];
  for (let left = random.pick([0, 0, 0, 1, 1, 2]); left > 0; left--) {
    const kind = random.pick(kinds);
    const fromMs = random.between(linkedAtMs, calmFromMs);
    const lengthMs = random.pick([random.between(1, 48) * hourMs, random.between(2, 60) * dayMs]);
    const ofStream = kind === 'refused-stream' || kind === 'not-opened' || random.chance(0.2);
    const toMs = Math.min(fromMs + lengthMs, calmFromMs);
    if (fromMs < toMs) troubles.push({ kind, fromMs, toMs, stream: ofStream ? random.pick(streams).name : null });
  }
  return troubles;
}

function plannedTimetable(random: Random, linkedAtMs: number, calmFromMs: number): PlannedTimetable {
  const tradingEndMs = random.between(linkedAtMs - 20 * dayMs, calmFromMs);
  const platformEndMs = random.chance(0.6)
    ? calmFromMs + random.between(15, 60) * dayMs
    : random.between(Math.max(tradingEndMs, linkedAtMs), calmFromMs) + dayMs;
  const goneFromMs = platformEndMs + random.pick([0, 3 * hourMs, 5 * dayMs, -2 * dayMs]);
  const depositsEndMs = tradingEndMs - random.between(1, 31) * dayMs;
  const ends = { spotTradingEndMs: tradingEndMs, futuresTradingEndMs: tradingEndMs, platformEndMs };
  return { depositsEndMs, tradingEndMs, ...ends, goneFromMs };
}

function endOf({ stream }: Pick<PlannedRecord, 'stream'>, timetable: PlannedTimetable): number {
  if (stream === 'deposits') return timetable.depositsEndMs;
  return isTrade({ stream }) ? timetable.tradingEndMs : timetable.platformEndMs;
}

function rotation(random: Random, linkedAtMs: number, calmFromMs: number) {
  const refusedFromMs = random.between(linkedAtMs, calmFromMs);
  const waitMs = random.pick([0, random.between(1, 60) * hourMs, random.between(3, 40) * dayMs]);
  return { refusedFromMs, replacedAtMs: Math.min(refusedFromMs + waitMs, calmFromMs) };
}

function attempts(random: Random, short: boolean): PlannedAttempt[] {
  const faulty = random.chance(0.5);
  return Array.from({ length: random.between(3, 6) }, () => ({
    waitMs: random.between(1, 600) * 1_000,
    pages: random.pick([1, 3, 50]),
    faults: faulty ? someFaults(random) : [],
    crash: random.chance(0.25) ? { step: steps(random, short), after: random.chance(0.5) } : null,
    stopAtStep: random.chance(0.06) ? steps(random, short) : null,
    together: random.chance(0.15) ? 'zombie' : random.chance(0.15) ? 'side-by-side' : 'alone',
    turnSeed: random.between(0, 999_999),
  }));
}

/** Mostly early, where a read begins and its first pages are stored; now and then much later. */
function steps(random: Random, short: boolean): number {
  return random.chance(0.7) ? random.between(1, short ? 40 : 18) : random.between(1, short ? 300 : 90);
}

function someFaults(random: Random): PlannedFault[] {
  return Array.from({ length: random.between(0, 3) }, () => ({
    fault: random.pick<Fault>(faults),
    request: random.chance(0.7) ? random.between(1, 6) : random.between(1, 40),
    seed: random.between(0, 999_999),
  }));
}
