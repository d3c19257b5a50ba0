import type { Exchange, Reader } from '../../src/history/ports.ts';
import type { MappedRow, Stream } from '../../src/history/stream.ts';
import { Random } from '../simulation/random.ts';
import { dayMs, nowMs } from './pages.ts';

export type Order = 'newest-first' | 'oldest-first' | 'shuffled';

/** Serves sorted times quickly, and counts. */
export class CountingExchange implements Exchange {
  readonly name = 'counting';
  readonly streams: readonly Stream[];
  readonly random = new Random(7);
  readonly order: Order;
  readonly rows: readonly MappedRow[];
  atMs = nowMs;
  requests = 0;
  /** How many of them asked only for what is older than the documented reach. */
  walked = 0;
  /** How many requests are made before their turn at the most. */
  readAhead = 0;
  /** How far back it serves. */
  reachMs = 90 * dayMs;
  /** Rows that are listed only from an instant on, by their time. */
  readonly listedFromMs = new Map<number, number>();

  constructor(stream: Stream, order: Order, times: readonly number[], open: readonly number[] = []) {
    this.streams = [stream];
    this.order = order;
    this.rows = [...times].sort((a, b) => a - b).map((at, i) => rowOf(stream, at, i, !open.includes(at)));
  }

  clockMs = () => this.atMs;
  measureClock = async () => {};

  open(): Reader {
    return {
      ask: async (stream, question) => {
        this.requests++;
        if (question.core.to <= this.atMs - stream.reachMs + dayMs) this.walked++;
        const askedFromMs = question.core.from - stream.unitMs;
        const askedToMs = question.core.to;
        const served = this.#between(Math.max(askedFromMs, this.atMs - this.reachMs), askedToMs + stream.unitMs);
        const found = served.filter((row) => (this.listedFromMs.get(row.at) ?? row.at) <= this.atMs);
        const rows = question.part === stream.parts[0] ? this.#page(found, stream.cap) : [];
        const clock = { clockMs: this.atMs, ageSeconds: 0, bytes: new Uint8Array(), trace: null };
        return { question, askedFromMs, askedToMs, rows, ...clock };
      },
      readAhead: () => this.readAhead,
      check: async () => {
        throw new Error('no key is checked here');
      },
    };
  }

  #between(fromMs: number, toMs: number): readonly MappedRow[] {
    return this.rows.slice(this.#firstAt(fromMs), this.#firstAt(toMs));
  }

  #firstAt(instantMs: number): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.rows[middle] as MappedRow).at < instantMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #page(found: readonly MappedRow[], cap: number): readonly MappedRow[] {
    if (this.order === 'oldest-first') return found.slice(0, cap);
    if (this.order === 'newest-first') return found.slice(-cap).reverse();
    if (found.length <= cap) return this.random.shuffle(found);
    const chosen = new Set<number>();
    while (chosen.size < cap) chosen.add(this.random.between(0, found.length - 1));
    return [...chosen].map((i) => found[i] as MappedRow);
  }
}

export function rowOf(stream: Stream, at: number, i: number, final: boolean): MappedRow {
  const key = `${i}`;
  const part = stream.parts[0] as string;
  return { kind: 'row', key, at, part, digest: key, fixedDigest: key, final, values: [], raw: '{}' };
}
