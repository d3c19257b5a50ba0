import { setTimeout as timer } from 'node:timers/promises';

interface SendingLimits {
  /** As published. */
  readonly callsIn2Seconds: number;
  /** The least distance between two requests. */
  readonly leastMs: number;
}

/**
 * Called once a request is over, however it ended. Returns how many of our calls, itself included, BitMart may have counted
 * when it counted this one.
 */
export type Over = () => number;

interface Sending {
  readonly sentMs: number;
  /** Null while it is under way. */
  tookMs: number | null;
}

/**
 * Requests of one key to one endpoint, as long as BitMart may count them. Several may be in flight, and requests that were sent
 * evenly can arrive in a bunch. A request was counted between being sent and being answered; that interval less the shortest
 * round trip seen is how late it may have been. No more are sent than the limit allows in any two seconds, however long each
 * was on its way.
 */
export class Sendings {
  readonly #now: () => number;
  readonly #sleep: typeof sleep;
  readonly #roundTripsMs: number[] = [];
  #sendings: readonly Sending[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(now: () => number, sleepFor = sleep) {
    this.#now = now;
    this.#sleep = sleepFor;
  }

  /** Returns when the next one may be sent. */
  async next({ callsIn2Seconds, leastMs }: SendingLimits, signal: AbortSignal): Promise<Over> {
    let nowMs = this.#now();
    for (;;) {
      this.#forget(nowMs);
      const room = callsIn2Seconds - this.#countedAfter(nowMs - windowMs).length;
      const waitMs = Math.max(this.#lastMs + leastMs - nowMs, room > 0 ? 0 : lookAgainMs);
      if (waitMs <= 0) break;
      await this.#sleep(Math.ceil(waitMs), { signal });
      nowMs = Math.max(this.#now(), nowMs + waitMs);
    }
    const sending: Sending = { sentMs: nowMs, tookMs: null };
    this.#lastMs = nowMs;
    this.#sendings = [...this.#sendings, sending];
    return () => this.#end(sending);
  }

  /** Forgets requests that can't have been counted together with any request in flight. */
  #forget(nowMs: number): void {
    const inFlightMs = this.#sendings.filter(({ tookMs }) => tookMs === null).map(({ sentMs }) => sentMs);
    this.#sendings = this.#countedAfter(Math.min(nowMs, ...inFlightMs) - windowMs);
  }

  #countedAfter(atMs: number): readonly Sending[] {
    return this.#sendings.filter((sending) => this.#countedMs(sending) > atMs);
  }

  /** When BitMart counted it at the latest, assuming the shortest way. */
  #countedMs({ sentMs, tookMs }: Sending): number {
    return tookMs === null ? Number.POSITIVE_INFINITY : sentMs + tookMs - this.#shortestMs();
  }

  /** Of few round trips all may have been slow, above all the first ones of a process: until more are known it may be none. */
  #shortestMs(): number {
    return this.#roundTripsMs.length < knownRoundTrips ? 0 : Math.min(...this.#roundTripsMs);
  }

  #end(sending: Sending): number {
    sending.tookMs = this.#now() - sending.sentMs;
    this.#roundTripsMs.push(sending.tookMs);
    if (this.#roundTripsMs.length > knownRoundTrips) this.#roundTripsMs.shift();
    // One that was sent later may have overtaken it.
    const countedMs = this.#countedMs(sending);
    return this.#countedAfter(sending.sentMs - windowMs).filter(({ sentMs }) => sentMs <= countedMs).length;
  }
}

function sleep(durationMs: number, { signal }: { readonly signal: AbortSignal }): Promise<void> {
  return timer(durationMs, undefined, { signal });
}

/** The window of every published limit, plus the error of timers. */
const windowMs = 2_000 + 20;
/** While answers are awaited, nothing says how long they take. */
const lookAgainMs = 20;
/** So many, some four seconds of a usual limit, are enough to know the shortest one, and a lasting slowdown of the network. */
const knownRoundTrips = 20;
