import {
  type Fault,
  faults,
  never,
  type Plan,
  type PlannedAttempt,
  type PlannedDuplicate,
  type PlannedFault,
  type PlannedRange,
  type PlannedRecord,
  type PlannedStream,
  type PlannedSync,
  type Rotation,
  type StreamName,
  type Trouble,
} from './plan.ts';
import {
  endOf,
  failingInstants,
  mannerOf,
  orders,
  type PlannedTime,
  plannedDelistings,
  plannedTimetable,
  plannedTroubles,
  reachesOf,
  rotationOf,
} from './plan-exchange.ts';
import { denseAfterDelisting, lateBeforeEnd, planRecords, vanishing, withTwins } from './plan-records.ts';
import { Random } from './random.ts';
import { pairOf } from './streams.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface PlanOptions {
  /** Shorter runs, where every step costs a statement. */
  readonly short?: boolean;
  /** Without what was added to plans later, so that a seed goes on finding what it found once. */
  readonly asFirst?: boolean;
}

/** An account's months, from one seed. */
export function planOf(seed: number, { short = false, asFirst = false }: PlanOptions = {}): Plan {
  const random = new Random(seed);
  const linkedAtMs =
    Date.UTC(2026, random.between(0, 5), random.between(1, 28), random.between(0, 23)) + random.between(0, 3_599_999);
  const common = plannedStreams(random, short);
  const withRare = asFirst ? common : withRareStream(common, new Random(seed ^ 0x7a25f3));
  const withPairs = asFirst ? common : withLoans(withRare, new Random(seed ^ 0x51b08c));
  const streams = asFirst ? common : withList(withPairs, new Random(seed ^ 0x6c1521));
  // Drawn apart, too.
  const ofDelisting = new Random(seed ^ 0x3d1157);
  const cycles = random.between(3, short ? 7 : 11);
  const starts = [linkedAtMs];
  for (let cycle = 1; cycle < cycles; cycle++) {
    const pauseMs = random.chance(0.12) ? random.between(2, 110) * dayMs : random.between(1, 30) * hourMs;
    starts.push((starts.at(-1) as number) + pauseMs + random.between(0, 3_599_999));
  }
  const time: PlannedTime = {
    linkedAtMs,
    calmFromMs: (starts.at(-1) as number) + random.between(2, 40) * hourMs,
  };
  const readAhead = asFirst ? 0 : new Random(seed ^ 0x2c9f17).pick([0, 1, 2, 4, 7]);
  const manner = { ...mannerOf(random, time), readAhead };
  const timetable = random.chance(0.25) ? plannedTimetable(random, time) : null;
  // One in ten is wrong: the exchange goes on as if nothing had been said.
  const isKept = !random.chance(0.1);
  const happened = streams
    .flatMap((stream) => [
      ...planRecords(stream, starts, time.calmFromMs, random, short),
      ...(timetable?.platformEndMs ? lateBeforeEnd(random, stream, timetable.platformEndMs) : []),
    ])
    .filter((record) => timetable === null || !isKept || record.at < (endOf(record, timetable) ?? never))
    .map((record, number) => ({ ...record, number }));
  const { delistings, records: left } = plannedDelistings(random, happened, time);
  const dense = (asFirst ? [] : delistings).flatMap(({ stream: name, symbol, fromMs }) => {
    const stream = streams.find((each) => each.name === name);
    const traded = left.find((record) => record.stream === name && record.symbol === symbol);
    const startMs = Math.max(fromMs, linkedAtMs);
    const endMs = Math.min(time.calmFromMs, (isKept ? endOf({ stream: name }, timetable) : null) ?? never);
    // The requests of a pair that is delisted are refused as a whole.
    if (!stream || !traded || startMs >= endMs || pairOf(traded) !== null) return [];
    return denseAfterDelisting(ofDelisting, stream, traded, ofDelisting.between(startMs, endMs - 1));
  });
  const [unit] = dense;
  const dividedAtMs = unit && ofDelisting.chance(0.5) ? starts.find((atMs) => atMs > unit.at) : undefined;
  const listed = [...left, ...dense.map((record, i) => ({ ...record, number: happened.length + i }))];
  const records = withTwins(random, vanishing(random, listed, time), time);
  const rotations = random.chance(0.15) ? [rotationOf(random, time)] : [];
  const ranges = random.chance(0.15) ? [rangeOf(random, streams, starts)] : [];
  const rangeBefore = asFirst ? null : rangeOfNewKey(new Random(seed ^ 0x2b7e15), records, starts, rotations);
  return {
    seed,
    linkedAtMs,
    streams,
    manner,
    reaches: reachesOf(random, streams, rotations, time),
    records,
    troubles: plannedTroubles(random, streams, time),
    failures: failingInstants(random, records, time),
    delistings,
    rotations,
    timetable,
    mappingFixedAtMs: random.chance(0.5) ? random.between(linkedAtMs, time.calmFromMs) : null,
    syncs: starts.map((atMs) => {
      const range = ranges.find((each) => each.atMs === atMs) ?? null;
      const tried = attempts(random, short);
      const isDividing = atMs === dividedAtMs;
      const sync = {
        atMs,
        attempts: isDividing ? withUnknownSymbol(tried) : tried,
        isCutShort: random.chance(0.15),
        range,
      };
      return rangeBefore?.atMs === atMs ? { ...sync, rangeBefore } : sync;
    }),
    duplicate: random.chance(0.08) ? duplicateOf(random, starts, time) : null,
    calmFromMs: time.calmFromMs,
  };
}

/** The same truth, read under other crashes, faults, page budgets and orders of answers. */
export function disturbedAnew(plan: Plan, seed: number, { short = false }: PlanOptions = {}): Plan {
  const random = new Random(seed);
  const syncs = plan.syncs.map((sync): PlannedSync => {
    return { ...sync, attempts: attempts(random, short), isCutShort: random.chance(0.15) };
  });
  // One of the two runs reads one window at a time.
  const readAhead = plan.manner.readAhead > 0 ? 0 : 7;
  return { ...plan, syncs, manner: { ...plan.manner, order: random.pick(orders), readAhead } };
}

/** Every fault of the plan as one and the same. */
export function onlyFault(fault: Fault): (plan: Plan) => Plan {
  return (plan) => ({
    ...plan,
    syncs: plan.syncs.map((sync) => ({
      ...sync,
      attempts: sync.attempts.map((each) => ({ ...each, faults: each.faults.map((one) => ({ ...one, fault })) })),
    })),
  });
}

/** Every third record is listed days late. */
export function listedLate(plan: Plan): Plan {
  const late = ({ number }: PlannedRecord) => (number % 3 === 0 ? (26 + (number % 60)) * hourMs : 0);
  return { ...plan, records: plan.records.map((record) => ({ ...record, delayMs: late(record) })) };
}

/** The account is linked in the midst of a trouble that passes after a while, and meets no other. */
export function linkedIn(kind: Trouble['kind']): (plan: Plan) => Plan {
  return (plan) => ({
    ...plan,
    troubles: [{ kind, fromMs: plan.linkedAtMs, toMs: plan.linkedAtMs + 40 * hourMs, stream: null }],
  });
}

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

/** Drawn apart from everything else. */
function withRareStream(streams: readonly PlannedStream[], random: Random): readonly PlannedStream[] {
  if (!random.chance(0.2)) return streams;
  const [first, ...others] = streams as readonly [PlannedStream, ...PlannedStream[]];
  return [{ ...first, name: random.pick(['transfers', 'transfers', 'earn-records'] as const) }, ...others];
}

/** The same, for what came later. */
function withLoans(streams: readonly PlannedStream[], random: Random): readonly PlannedStream[] {
  return random.chance(0.06) ? withFirst('margin-loans', streams) : streams;
}

function withList(streams: readonly PlannedStream[], random: Random): readonly PlannedStream[] {
  return random.chance(0.06) ? withFirst('sub-account-transfers', streams) : streams;
}

function withFirst(name: StreamName, streams: readonly PlannedStream[]): readonly PlannedStream[] {
  const [first, ...others] = streams as readonly [PlannedStream, ...PlannedStream[]];
  return [{ ...first, name }, ...others];
}

function rangeOf(
  random: Random,
  streams: readonly PlannedStream[],
  starts: readonly number[],
): PlannedRange & { readonly atMs: number } {
  const atMs = random.pick(starts);
  const toMs = atMs - random.between(1, 120 * 24) * hourMs;
  const fromMs = toMs - random.pick([random.between(1, 48) * hourMs, random.between(2, 200) * dayMs]);
  return { atMs, stream: random.pick(streams).name, fromMs, toMs };
}

/** A person asks for old time, in which there is something, as soon as the account has a new key. */
function rangeOfNewKey(
  random: Random,
  records: readonly PlannedRecord[],
  starts: readonly number[],
  [rotation]: readonly Rotation[],
): (PlannedRange & { readonly atMs: number }) | null {
  const atMs = starts.find((startMs) => rotation !== undefined && startMs >= rotation.replacedAtMs);
  const old = records.filter(({ at }) => atMs !== undefined && at < atMs - 91 * dayMs);
  if (atMs === undefined || old.length === 0) return null;
  const { stream, at } = random.pick(old);
  const widthMs = random.between(1, 48) * hourMs;
  return { atMs, stream, fromMs: at - widthMs, toMs: at + widthMs };
}

function duplicateOf(random: Random, starts: readonly number[], { calmFromMs }: PlannedTime): PlannedDuplicate {
  const linked = random.between(0, starts.length - 1);
  const merged = random.between(linked + 1, starts.length);
  return { linkedAtMs: starts[linked] as number, mergedAtMs: starts[merged] ?? calmFromMs };
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

/** The first request for one symbol alone is refused, although the symbol is known. */
function withUnknownSymbol([first, ...others]: readonly PlannedAttempt[]): readonly PlannedAttempt[] {
  if (!first) return [];
  return [{ ...first, faults: [...first.faults, { fault: 'unknown-symbol', request: 1, seed: 0 }] }, ...others];
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
