import type { TrueRecord } from './record.ts';

/** Records of one account, stream and part, by time. They are sorted when they are first read. */
export class RecordList {
  #records: TrueRecord[] = [];
  #sorted = true;

  add(record: TrueRecord): void {
    const last = this.#records.at(-1);
    if (last && last.timeMs > record.timeMs) this.#sorted = false;
    this.#records.push(record);
  }

  /** All of them, oldest first. */
  all(): readonly TrueRecord[] {
    if (!this.#sorted) this.#records.sort((a, b) => a.timeMs - b.timeMs || a.sequence - b.sequence);
    this.#sorted = true;
    return this.#records;
  }

  /** Positions of the records from `fromMs` up to, not including, `toMs`. */
  between(fromMs: number, toMs: number): { readonly first: number; readonly end: number } {
    return { first: this.#firstAtOrAfter(fromMs), end: this.#firstAtOrAfter(toMs) };
  }

  #firstAtOrAfter(timeMs: number): number {
    const records = this.all();
    let low = 0;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((records[middle] as TrueRecord).timeMs < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
