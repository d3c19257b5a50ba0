import {
  type Delisting,
  type Edge,
  type FailingInstant,
  type Manner,
  never,
  type Order,
  type PlannedReach,
  type PlannedRecord,
  type PlannedStream,
  type PlannedTimetable,
  type Rotation,
  type Trouble,
  troubleKinds,
} from './plan.ts';
import type { Random } from './random.ts';
import { isList, partsOf } from './streams.ts';
import { isTrade } from './wire.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** From the link to the calm. */
export interface PlannedTime {
  readonly linkedAtMs: number;
  readonly calmFromMs: number;
}

export const orders: readonly Order[] = ['newest-first', 'oldest-first', 'shuffled', 'any-choice-sorted'];

export function mannerOf(random: Random, { linkedAtMs, calmFromMs }: PlannedTime): Omit<Manner, 'readAhead'> {
  return {
    order: random.pick(orders),
    includesStart: random.chance(0.5),
    includesEnd: random.chance(0.5),
    lastMovementsOnly: random.chance(0.12) ? 100 : null,
    // The client gives up on a request after half a minute, all tries included; up to a minute with waits for the rate limit.
    latencyMs: random.chance(0.08) ? [1_000, random.between(1, 20) * 3_000] : [20, 400],
    clockErrorMs: random.pick([0, 50, 1_500, 9_000]),
    replicaLagMs: random.chance(0.12) ? random.between(1, 15) * 60_000 : 0,
    capBeforePart: random.chance(0.15),
    contractsListedFromMs: random.chance(0.8) ? 0 : random.between(linkedAtMs, calmFromMs),
  };
}

/** As documented in every other run, and anything from three weeks to more than a year in the others. */
export function reachesOf(
  random: Random,
  streams: readonly PlannedStream[],
  rotations: readonly Rotation[],
  { linkedAtMs, calmFromMs }: PlannedTime,
): PlannedReach[] {
  return streams.flatMap(({ name }) =>
    partsOf(name).map((part): PlannedReach => {
      const days = random.chance(0.5) ? random.pick([89, 90, 92]) : random.pick([20, 45, 60, 120, 180, 270, 365, 500]);
      const steps = [{ fromMs: 0, reachMs: days * dayMs }];
      const [rotation] = rotations;
      if (rotation && random.chance(0.5)) {
        // A new key may be served more than the one before, also by a replica that lags behind.
        steps.push({ fromMs: rotation.replacedAtMs - hourMs, reachMs: (days + random.between(30, 200)) * dayMs });
      } else if (random.chance(0.1)) {
        const atMs = random.between(linkedAtMs, calmFromMs);
        steps.push({ fromMs: atMs, reachMs: Math.max(20, Math.floor(days * random.next())) * dayMs });
      }
      return {
        stream: name,
        part,
        steps,
        edge: edgeOf(name, random),
        jumpMs: random.pick([0, 0, 0, 1, 7, 30]) * dayMs,
      };
    }),
  );
}

/** Nothing is too old for a request without bounds. */
function edgeOf(name: string, random: Random): Edge {
  const edge = random.pick<Edge>(['empty', 'empty', 'beyond-reach', 'unexpected']);
  return isList(name) ? 'empty' : edge;
}

export function plannedTroubles(
  random: Random,
  streams: readonly PlannedStream[],
  { linkedAtMs, calmFromMs }: PlannedTime,
): Trouble[] {
  const troubles: Trouble[] = [];
  for (let left = random.pick([0, 0, 0, 1, 1, 2]); left > 0; left--) {
    const kind = random.pick([...troubleKinds, 'refused-key'] as const);
    const fromMs = random.between(linkedAtMs, calmFromMs);
    const hours = random.between(1, 48);
    // Answers that are not evidence are asked again at growing intervals: they last as long as that can be waited for.
    const isAnswer = kind === 'cached' || kind === 'bounds-ignored';
    const lengthMs = isAnswer || random.chance(0.5) ? hours * hourMs : random.between(2, 60) * dayMs;
    const ofStream = kind === 'refused-stream' || kind === 'not-opened' || random.chance(0.2);
    const isForGood = kind === 'bounds-ignored' && random.chance(0.4);
    const toMs = isForGood ? never : Math.min(fromMs + lengthMs, calmFromMs);
    const stream = ofStream && kind !== 'clock' ? random.pick(streams).name : null;
    if (fromMs < toMs) troubles.push({ kind, fromMs, toMs, stream });
  }
  return troubles;
}

/** Instants that make every window fail which holds them, mostly where there are records. */
export function failingInstants(
  random: Random,
  records: readonly PlannedRecord[],
  { linkedAtMs, calmFromMs }: PlannedTime,
): FailingInstant[] {
  // A list has no window that could fail.
  const ofWindows = records.filter(({ stream }) => !isList(stream));
  if (ofWindows.length === 0 || !random.chance(0.15)) return [];
  return Array.from({ length: random.between(1, 2) }, () => {
    const { stream, part, at } = random.pick(ofWindows);
    const fromMs = random.chance(0.6) ? 0 : random.between(linkedAtMs, calmFromMs);
    const toMs = Math.max(fromMs, linkedAtMs) + random.between(1, 60) * hourMs;
    return {
      stream,
      part,
      at: at + random.pick([0, 0, 1, -1_000, random.between(-3, 3) * hourMs]),
      kind: random.pick(['transient', 'unexpected', 'null-data'] as const),
      fromMs,
      toMs: random.chance(0.7) ? never : Math.min(toMs, calmFromMs),
    };
  });
}

/** A pair is taken off the list; mostly its trades are gone with it. */
export function plannedDelistings(
  random: Random,
  records: readonly PlannedRecord[],
  { linkedAtMs, calmFromMs }: PlannedTime,
): { readonly delistings: readonly Delisting[]; readonly records: readonly PlannedRecord[] } {
  const traded = records.filter(isTrade);
  if (traded.length === 0 || !random.chance(0.1)) return { delistings: [], records };
  const { stream, symbol } = random.pick(traded);
  const fromMs = random.between(linkedAtMs - 10 * dayMs, calmFromMs);
  const isGone = random.chance(0.7);
  return {
    delistings: [{ stream, symbol, fromMs }],
    records: records
      .filter((record) => record.stream !== stream || record.symbol !== symbol || record.at < fromMs)
      .map((record) =>
        isGone && record.stream === stream && record.symbol === symbol ? { ...record, goneFromMs: fromMs } : record,
      ),
  };
}

export function plannedTimetable(random: Random, { linkedAtMs, calmFromMs }: PlannedTime): PlannedTimetable {
  const tradingEndMs = random.between(linkedAtMs - 20 * dayMs, calmFromMs);
  const platformEndMs = random.pick([
    null,
    calmFromMs + random.between(15, 60) * dayMs,
    calmFromMs + random.between(3, 9) * dayMs,
    random.between(Math.max(tradingEndMs, linkedAtMs), calmFromMs) + dayMs,
  ]);
  const ended = platformEndMs ?? never;
  return {
    depositsEndMs: tradingEndMs - random.between(1, 31) * dayMs,
    spotTradingEndMs: tradingEndMs,
    futuresTradingEndMs: random.pick([null, tradingEndMs, random.between(tradingEndMs, calmFromMs)]),
    platformEndMs,
    goneFromMs: ended + (platformEndMs === null ? 0 : random.pick([0, 3 * hourMs, 5 * dayMs, -2 * dayMs])),
  };
}

/** Nothing of a stream is dated later; null where no end is known. */
export function endOf({ stream }: Pick<PlannedRecord, 'stream'>, timetable: PlannedTimetable | null): number | null {
  if (timetable === null) return null;
  const own = {
    deposits: timetable.depositsEndMs,
    'spot-trades': timetable.spotTradingEndMs,
    'futures-trades': timetable.futuresTradingEndMs,
    'futures-flows': null,
    withdrawals: null,
    transfers: null,
    'earn-records': null,
    'margin-loans': null,
    'sub-account-transfers': null,
  }[stream];
  return own ?? timetable.platformEndMs;
}

export function rotationOf(random: Random, { linkedAtMs, calmFromMs }: PlannedTime): Rotation {
  const refusedFromMs = random.between(linkedAtMs, calmFromMs);
  const waitMs = random.pick([0, random.between(1, 60) * hourMs, random.between(3, 40) * dayMs]);
  return { refusedFromMs, replacedAtMs: Math.min(refusedFromMs + waitMs, calmFromMs) };
}
