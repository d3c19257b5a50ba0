import type { Plan, PlannedReach, PlannedRecord } from './plan.ts';
import { isList } from './streams.ts';
import { isTrade } from './wire.ts';

/** The truth: which records there are, and which of them the exchange serves at what moment. */
export class ServedHistory {
  readonly #plan: Plan;
  readonly #byPart = new Map<string, PlannedRecord[]>();
  readonly #reaches: ReadonlyMap<string, PlannedReach>;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#reaches = new Map(plan.reaches.map((reach) => [`${reach.stream}/${reach.part}`, reach]));
    for (const record of plan.records) {
      const name = `${record.stream}/${record.part}`;
      const list = this.#byPart.get(name);
      if (list) list.push(record);
      else this.#byPart.set(name, [record]);
    }
    for (const list of this.#byPart.values()) list.sort((a, b) => a.at - b.at || a.number - b.number);
  }

  /** In order of time. */
  recordsOf(stream: string, part: string): readonly PlannedRecord[] {
    return this.#byPart.get(`${stream}/${part}`) ?? [];
  }

  /** Those of a window, both bounds included. */
  recordsWithin(stream: string, part: string, fromMs: number, toMs: number): readonly PlannedRecord[] {
    const records = this.recordsOf(stream, part);
    const first = firstFrom(records, fromMs);
    let end = first;
    while (end < records.length && (records[end] as PlannedRecord).at <= toMs) end++;
    return records.slice(first, end);
  }

  reachOf(stream: string, part: string): PlannedReach {
    const reach = this.#reaches.get(`${stream}/${part}`);
    if (!reach) throw new Error(`The plan has no reach for ${stream}/${part}.`);
    return reach;
  }

  /** The oldest instant that is served. */
  edgeMs(stream: string, part: string, atMs: number): number {
    const { steps, jumpMs } = this.reachOf(stream, part);
    const { reachMs } = steps.findLast(({ fromMs }) => fromMs <= atMs) ?? (steps[0] as (typeof steps)[number]);
    return jumpMs === 0 ? atMs - reachMs : Math.floor((atMs - reachMs) / jumpMs) * jumpMs;
  }

  servable(record: PlannedRecord, atMs: number): boolean {
    return (
      listedMs(record) <= atMs &&
      (record.goneFromMs === null || atMs < record.goneFromMs) &&
      record.at >= this.edgeMs(record.stream, record.part, atMs) &&
      !this.isPushedOut(record, atMs)
    );
  }

  /** Served at some moment since the account was linked. */
  everServable(record: PlannedRecord, untilMs: number): boolean {
    const steps = this.reachOf(record.stream, record.part).steps.map(({ fromMs }) => fromMs);
    const moments = [listedMs(record), this.#plan.linkedAtMs, ...steps];
    return moments.some((atMs) => atMs >= this.#plan.linkedAtMs && atMs <= untilMs && this.servable(record, atMs));
  }

  /** Where only the last movements are served, and of a list: younger ones have taken its place. */
  isPushedOut(record: PlannedRecord, atMs: number): boolean {
    const last = this.#lastOnly(record);
    if (last === null) return false;
    const listed = this.recordsOf(record.stream, record.part).filter((each) => listedMs(each) <= atMs);
    return !listed.slice(-last).includes(record);
  }

  #lastOnly(record: PlannedRecord): number | null {
    const { manner, streams } = this.#plan;
    if (isList(record.stream)) return streams.find(({ name }) => name === record.stream)?.servedCap ?? null;
    return isTrade(record) || record.stream === 'transfers' ? null : manner.lastMovementsOnly;
  }
}

export function listedMs({ at, delayMs }: PlannedRecord): number {
  return at + delayMs;
}

/** Index of the first record at or after an instant. */
function firstFrom(records: readonly PlannedRecord[], fromMs: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle] as PlannedRecord).at < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
