import type { PartReading } from './part-reading.ts';
import type { PartState } from './part-state.ts';
import type { WindowStep } from './plan.ts';
import { requestWindow, type WindowAnswer } from './request-window.ts';

interface InFlight {
  readonly step: WindowStep;
  /** The part's state when it was requested: its answer is judged by no later record. */
  readonly known: PartState;
  /** Nothing else was in flight when it was sent. */
  readonly isFirst: boolean;
}

/** A request and its answer or failure. */
export interface Arrival extends InFlight {
  readonly outcome: PromiseSettledResult<WindowAnswer>;
}

interface UnderWay extends InFlight {
  readonly arrival: Promise<Arrival>;
  abandon(): void;
}

/**
 * Requests for disjoint windows of one part, so that no slot of the exchange's limit is lost to a round trip. Each answer is
 * judged and stored on its own, in order of arrival. None outlives the read.
 */
export class RequestsInFlight {
  readonly #reading: PartReading;
  readonly #onDiscarded: (requests: number) => void;
  #underWay: readonly UnderWay[] = [];
  readonly #settling = new Set<Promise<unknown>>();

  constructor(reading: PartReading, onDiscarded: (requests: number) => void) {
    this.#reading = reading;
    this.#onDiscarded = onDiscarded;
  }

  get steps(): readonly WindowStep[] {
    return this.#underWay.map(({ step }) => step);
  }

  send(step: WindowStep, known: PartState): void {
    const { reference, signal } = this.#reading;
    const end = new AbortController();
    const reading = { ...this.#reading, signal: AbortSignal.any([signal, end.signal]) };
    const sent: InFlight = { step, known, isFirst: this.#underWay.length === 0 };
    const answer = requestWindow(reading, { part: reference.part, core: step.core });
    const arrival = Promise.allSettled([answer]).then(([outcome]) => ({ ...sent, outcome }));
    const settled: Promise<unknown> = arrival.then(() => this.#settling.delete(settled));
    this.#settling.add(settled);
    this.#underWay = [...this.#underWay, { ...sent, arrival, abandon: () => end.abort() }];
  }

  /** The first answer; the other requests stay in flight. */
  async first(): Promise<Arrival> {
    const first = await Promise.race(this.#underWay.map(({ arrival }) => arrival));
    this.#underWay = this.#underWay.filter(({ step }) => step !== first.step);
    return first;
  }

  /** Ends every request in flight. */
  discard(): void {
    for (const { abandon } of this.#underWay) abandon();
    if (this.#underWay.length > 0) this.#onDiscarded(this.#underWay.length);
    this.#underWay = [];
  }

  async close(): Promise<void> {
    this.discard();
    await Promise.all(this.#settling);
  }
}
