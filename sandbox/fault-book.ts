import { ActiveFault, type ConcernedRequest, type FaultName, type FaultOptions, faultNames } from './faults.ts';
import type { TrueRecord } from './record.ts';
import { streamNamed } from './streams/index.ts';

/** Everything that shall go wrong, in the order in which it was asked for. */
export class FaultBook {
  #faults: ActiveFault[] = [];
  #made = 0;

  inject(options: FaultOptions): string {
    if (!faultNames.includes(options.fault)) {
      throw new Error(`There is no fault "${options.fault}"; there are ${faultNames.join(', ')}.`);
    }
    if (options.stream !== undefined) streamNamed(options.stream);
    this.#made++;
    const fault = new ActiveFault(`fault-${this.#made}`, options);
    this.#faults.push(fault);
    return fault.id;
  }

  /** Takes back one fault, or all. */
  clear(id?: string): void {
    this.#faults = id === undefined ? [] : this.#faults.filter((fault) => fault.id !== id);
  }

  /** The fault of a request: the first that concerns it. */
  of(request: ConcernedRequest): ActiveFault | null {
    this.#faults = this.#faults.filter((fault) => fault.isLeft(request.nowMs));
    return this.#faults.find((fault) => fault.concerns(request)) ?? null;
  }

  withholds(record: TrueRecord, account: string): boolean {
    return this.#faults.some((fault) => fault.withholds(record, account));
  }

  isActive(name: FaultName, nowMs: number): boolean {
    return this.#faults.some((fault) => fault.options.fault === name && fault.isLeft(nowMs));
  }
}
