import type { Foresight } from './foresight.ts';
import type { PartReading } from './part-reading.ts';
import type { PartState } from './part-state.ts';
import { intersection, isSame, type Range } from './range-set.ts';
import type { Page } from './stream.ts';

/** A request that was made before its turn. */
export interface EarlyRequest {
  /** What was known of the part when it was made: its answer is judged by no later record. */
  readonly known: PartState;
  /** The answer; the signal ends the request. */
  answer(signal: AbortSignal): Promise<Page>;
}

interface UnderWay extends EarlyRequest {
  readonly core: Range;
  abandon(): void;
}

/**
 * Requests for windows whose turn has not come, so that a round trip costs no slot of the exchange's limit. They are
 * disjoint, and each is judged and stored in its turn, as if it were made then. Whatever is not a plain answer ends them all,
 * and none outlasts the reading.
 */
export class RequestsAhead {
  readonly #reading: PartReading;
  readonly #foresight: Foresight;
  readonly #settling = new Set<Promise<unknown>>();
  #underWay: readonly UnderWay[] = [];

  constructor(reading: PartReading, foresight: Foresight) {
    this.#reading = reading;
    this.#foresight = foresight;
  }

  get windows(): readonly Range[] {
    return this.#underWay.map(({ core }) => core).sort((a, b) => a.from - b.from);
  }

  send(windows: readonly Range[], known: PartState): void {
    for (const core of windows) this.#send(core, known);
  }

  /** The request for exactly this window, whose turn has come. What else overlaps it is asked in vain. */
  take(core: Range): EarlyRequest | null {
    const found = this.#underWay.find((each) => isSame(each.core, core)) ?? null;
    this.#underWay = this.#underWay.filter((each) => each !== found);
    this.#abandon(this.#underWay.filter((each) => intersection([each.core], [core]).length > 0));
    return found;
  }

  /** Ends every request under way. */
  discard(): void {
    this.#abandon(this.#underWay);
  }

  /** A request that was taken, and whose answer must not be used. */
  noteUnused(): void {
    this.#count(1);
  }

  async close(): Promise<void> {
    this.discard();
    await Promise.all(this.#settling);
  }

  #send(core: Range, known: PartState): void {
    const { reader, reference, signal, budget } = this.#reading;
    budget.spend(1);
    const end = new AbortController();
    const question = { part: reference.part, core };
    const page = reader.ask(reference.stream, question, AbortSignal.any([signal, end.signal]));
    const request: UnderWay = {
      core,
      known,
      answer: (taken) => {
        if (taken.aborted) end.abort(taken.reason);
        else taken.addEventListener('abort', () => end.abort(taken.reason), { once: true });
        return page;
      },
      abandon: () => end.abort(),
    };
    this.#underWay = [...this.#underWay, request];
    const settled: Promise<unknown> = page
      .catch(() => this.#underWay.includes(request) && this.discard())
      .finally(() => this.#settling.delete(settled));
    this.#settling.add(settled);
  }

  #abandon(requests: readonly UnderWay[]): void {
    this.#underWay = this.#underWay.filter((each) => !requests.includes(each));
    for (const request of requests) request.abandon();
    this.#count(requests.length);
  }

  #count(requests: number): void {
    if (requests === 0) return;
    this.#foresight.waste(requests);
    this.#reading.onDiscarded?.(this.#reading.reference.stream.name, requests);
  }
}
