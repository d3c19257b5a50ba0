import { ExchangeFailure, type FailureKind } from '../../src/history/failure.ts';
import type { Exchange, KeyReport, Reader } from '../../src/history/ports.ts';
import type { MappedRow, Page, Question, ServedRow, Stream } from '../../src/history/stream.ts';
import type { Random } from './random.ts';

export interface TrueRecord {
  readonly id: string;
  readonly part: string;
  readonly at: number;
  /** Late rows are listed later than they happened. */
  readonly visibleFromMs: number;
  readonly symbol: string;
  readonly mode: string;
  /** A record that changes: not final before this instant. */
  readonly finalFromMs: number;
  readonly unreadable: boolean;
}

export type Order = 'newest-first' | 'oldest-first' | 'shuffled' | 'any-choice-sorted';

export interface Switches {
  order: Order;
  includesStart: boolean;
  includesEnd: boolean;
  reachMs: number;
  beyondReach: 'empty' | 'error';
  cap: number;
  lastRecordsOnly: number | null;
  boundsIgnored: boolean;
}

export type Fault = FailureKind | 'omits-rows' | 'cached' | 'bounds-ignored' | 'foreign-part' | 'too-many-rows';

/** The simulated exchange of the engine's proof: owns the truth, serves it by its switches, and turns its own clock. */
export class World implements Exchange {
  readonly name = 'simulated';
  readonly streams: readonly Stream[];
  readonly records: TrueRecord[] = [];
  readonly fired = new Map<Fault, number>();
  readonly random: Random;
  switches: Switches;
  nowMs: number;
  requests = 0;
  #lastIgnored = Number.NEGATIVE_INFINITY;
  /** The fault of the next request; asked once per request. */
  nextFault: () => Fault | null = () => null;
  readonly readSettings = { rereadWindowMs: 24 * 3_600_000, settleLagMs: 10_000 };
  mutateReader: (reader: Reader) => Reader = (reader) => reader;
  /** Only a row that is stored can be missed: an exchange that never shows a row can't be found out. */
  isStored: (stream: Stream, record: TrueRecord) => boolean = () => false;

  constructor(streams: readonly Stream[], random: Random, switches: Switches, nowMs: number) {
    this.streams = streams;
    this.random = random;
    this.switches = switches;
    this.nowMs = nowMs;
  }

  clockMs(): number {
    return this.nowMs;
  }

  async measureClock(): Promise<void> {}

  open(): Reader {
    return this.mutateReader({
      ask: async (stream, question) => this.#ask(stream, question),
      check: async (): Promise<KeyReport> => {
        throw new Error('the simulation checks no keys');
      },
    });
  }

  /** Could be served at this moment, by the reach and by when it is listed. */
  servable(record: TrueRecord, atMs: number): boolean {
    return record.visibleFromMs <= atMs && record.at >= atMs - this.switches.reachMs;
  }

  #ask(stream: Stream, question: Question): Page {
    this.requests++;
    this.nowMs += this.random.between(20, 400);
    const fault = this.#faultOfRequest();
    if (fault) this.fired.set(fault, (this.fired.get(fault) ?? 0) + 1);
    const askedFromMs = question.core.from - stream.unitMs;
    const askedToMs = question.core.to;
    if (fault && isFailure(fault)) throw failure(fault, stream);
    if (askedToMs - askedFromMs > stream.widestWindowMs) throw failure('unexpected', stream);
    if (this.switches.beyondReach === 'error' && askedFromMs < this.nowMs - this.switches.reachMs) {
      throw failure('beyond-reach', stream);
    }
    const ignored = fault === 'bounds-ignored' || this.switches.boundsIgnored;
    const defaultMs = stream.defaultWindowMs ?? stream.widestWindowMs;
    const from = ignored ? this.nowMs - defaultMs : askedFromMs;
    const to = ignored ? this.nowMs : askedToMs;
    let found = this.#find(stream, question, from, to, fault === 'cached' ? this.nowMs - 40 * 3_600_000 : this.nowMs);
    if (fault === 'omits-rows') found = this.#omitSome(found, stream, question);
    let rows = this.#choose(found).map((record) => this.#row(record, stream));
    if (fault === 'foreign-part' && rows[0]?.kind === 'row') rows = [{ ...rows[0], part: 'other' }, ...rows.slice(1)];
    return {
      question,
      askedFromMs,
      askedToMs,
      clockMs: this.nowMs,
      ageSeconds: fault === 'cached' ? 30 : 0,
      rows,
      bytes: new TextEncoder().encode(JSON.stringify(rows.map((row) => row.raw))),
      trace: null,
    };
  }

  /** Bounds are not ignored twice in a row: two equal answers are all that an account without any record has as proof. */
  #faultOfRequest(): Fault | null {
    const fault = this.nextFault();
    if (fault !== 'bounds-ignored') return fault;
    if (this.requests - this.#lastIgnored < 5) return null;
    this.#lastIgnored = this.requests;
    return fault;
  }

  #find(stream: Stream, question: Question, from: number, to: number, atMs: number): TrueRecord[] {
    const { unitMs } = stream;
    const counted = this.switches.lastRecordsOnly;
    const all = this.records.filter((record) => record.part === question.part && this.servable(record, atMs));
    const listed = counted === null ? all : all.sort((a, b) => b.at - a.at).slice(0, counted);
    return listed.filter((record) => {
      const unit = Math.floor(record.at / unitMs) * unitMs;
      const afterStart = this.switches.includesStart ? unit >= from : unit > from;
      const beforeEnd = this.switches.includesEnd ? unit <= to : unit < to;
      const { split } = question;
      const chosen = !split || (split.column === 'mode' ? record.mode : record.symbol) === split.value;
      return afterStart && beforeEnd && chosen;
    });
  }

  /** Half of the rows, among them one that is stored: an exchange that never showed any of them could not be found out. */
  #omitSome(found: TrueRecord[], stream: Stream, question: Question): TrueRecord[] {
    const omitted = new Set(found.filter(() => this.random.chance(0.5)));
    const witnessed = [...omitted].some(
      (record) =>
        this.isStored(stream, record) &&
        record.at >= Math.max(question.core.from, this.nowMs - 6 * 86_400_000) &&
        record.at < Math.min(question.core.to, this.nowMs - 60_000),
    );
    return witnessed ? found.filter((record) => !omitted.has(record)) : found;
  }

  #choose(found: readonly TrueRecord[]): TrueRecord[] {
    const { order, cap } = this.switches;
    const oldestFirst = (records: readonly TrueRecord[]) =>
      [...records].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
    if (order === 'oldest-first') return oldestFirst(found).slice(0, cap);
    if (order === 'newest-first') return oldestFirst(found).reverse().slice(0, cap);
    const chosen = this.random.shuffle(found).slice(0, cap);
    return order === 'shuffled' ? chosen : oldestFirst(chosen);
  }

  #row(record: TrueRecord, stream: Stream): ServedRow {
    const final = stream.table.final === null || this.nowMs >= record.finalFromMs;
    const raw = `{"id":"${record.id}","at":${record.at},"final":${final}}`;
    if (record.unreadable) return { kind: 'unreadable', reason: 'unreadable by design', at: record.at, raw };
    const row: MappedRow = {
      kind: 'row',
      key: record.id,
      at: record.at,
      part: record.part,
      digest: raw,
      fixedDigest: `${record.id}@${record.at}`,
      final,
      values: [
        record.id,
        new Date(record.at).toISOString(),
        record.symbol,
        record.mode,
        final ? 'success' : 'processing',
      ],
      raw,
    };
    return row;
  }
}

const failures: readonly FailureKind[] = [
  'transient',
  'throttled',
  'banned',
  'maintenance',
  'refused-key',
  'clock',
  'unexpected',
];

function isFailure(fault: Fault): fault is FailureKind {
  return (failures as readonly string[]).includes(fault);
}

function failure(kind: FailureKind, stream: Stream): ExchangeFailure {
  return new ExchangeFailure({
    kind,
    message: `simulated: ${kind}`,
    problem: null,
    httpStatus: null,
    exchangeCode: null,
    endpoint: stream.endpoint,
    retryAfterMs: null,
    trace: null,
  });
}
