import type { Random } from './random.ts';

/** What lies between us and BitMart, and how long BitMart thinks. */
export interface Network {
  /** From a request to its answer; half of them take less. */
  readonly medianMs: number;
  /** One in a hundred takes longer. */
  readonly p99Ms: number;
  /** How much the way there may differ from one request to another, around half the median. @default 100 */
  readonly jitterMs?: number;
  /** Share of requests whose connection is cut before the answer, after they were counted. @default 0 */
  readonly resets?: number;
  /** Share of answers that trickle in. @default 0 */
  readonly slowAnswers?: number;
  /** @default 16,384 */
  readonly slowBytesPerSecond?: number;
}

/** What happens to one request. */
interface Passage {
  /** Before BitMart sees it, and counts it. */
  readonly thereMs: number;
  readonly backMs: number;
  readonly isReset: boolean;
  /** Null: all at once. */
  readonly bytesPerSecond: number | null;
}

/** Latencies are log-normal, as those of real services nearly are: a short body and a long tail. */
export function passageOf(network: Network, random: Random): Passage {
  const { medianMs, p99Ms, jitterMs = 100, resets = 0, slowAnswers = 0, slowBytesPerSecond = 16_384 } = network;
  const latencyMs = medianMs * Math.exp((Math.log(p99Ms / medianMs) / z99) * normal(random));
  const thereMs = Math.max(0, medianMs / 2 + jitterMs * (random.next() - 0.5));
  return {
    thereMs,
    backMs: Math.max(0, latencyMs - thereMs),
    isReset: random.chance(resets),
    bytesPerSecond: random.chance(slowAnswers) ? slowBytesPerSecond : null,
  };
}

/** 99 % of a normal distribution lie below so many deviations. */
const z99 = 2.326;

/** By Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
