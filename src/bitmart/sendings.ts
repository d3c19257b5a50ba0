import { setTimeout as timer } from 'node:timers/promises';

export interface SendingLimits {
  /** As published. */
  readonly callsIn2Seconds: number;
  /** From one request to the next, at the least. */
  readonly leastMs: number;
}

/** What is reported once a request is over, however it ended. */
export type Over = () => void;

interface Sending {
  readonly sentMs: number;
  /** When BitMart counted it at the latest, had it been on its way as short as can be. Null while that is unknown. */
  countedMs: number | null;
}

/**
 * Requests of one key to one endpoint, as far as BitMart may still count them. Several may be on their way: what was sent
 * evenly can arrive in a bunch, because one waited somewhere. A request was counted between being sent and being answered; less
 * the shortest round trip seen, that is how late it may have been. No more are sent than the limit allows in any two
 * seconds, whatever the ways there did.
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
      const fromMs = nowMs - windowMs;
      this.#sendings = this.#sendings.filter(({ countedMs }) => countedMs === null || countedMs > fromMs);
      const room = callsIn2Seconds - this.#sendings.length;
      const waitMs = Math.max(this.#lastMs + leastMs - nowMs, room > 0 ? 0 : lookAgainMs);
      if (waitMs <= 0) break;
      await this.#sleep(Math.ceil(waitMs), { signal });
      nowMs = Math.max(this.#now(), nowMs + waitMs);
    }
    const sending: Sending = { sentMs: nowMs, countedMs: null };
    this.#lastMs = nowMs;
    this.#sendings = [...this.#sendings, sending];
    return () => this.#end(sending);
  }

  #end(sending: Sending): void {
    const tookMs = this.#now() - sending.sentMs;
    this.#roundTripsMs.push(tookMs);
    if (this.#roundTripsMs.length > maxRoundTrips) this.#roundTripsMs.shift();
    sending.countedMs = sending.sentMs + tookMs - Math.min(...this.#roundTripsMs);
  }
}

function sleep(durationMs: number, { signal }: { readonly signal: AbortSignal }): Promise<void> {
  return timer(durationMs, undefined, { signal });
}

/** That of every published limit, and what timers are wrong by. */
const windowMs = 2_000 + 20;
/** As long as answers are awaited, nothing says how long. */
const lookAgainMs = 20;
/** A network that has become slower for good is known after so many. */
const maxRoundTrips = 30;
