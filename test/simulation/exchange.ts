import type { BitmartStream } from '../../src/bitmart/bitmart-stream.ts';
import { agreedAnswer } from '../../src/bitmart/occurrences.ts';
import { rowsAt } from '../../src/bitmart/rows.ts';
import { servedRow, servedRows } from '../../src/bitmart/served-rows.ts';
import { ExchangeFailure, type FailureKind } from '../../src/history/failure.ts';
import { isFull } from '../../src/history/judge-page.ts';
import type { Exchange, KeyReport, Reader, Replays } from '../../src/history/ports.ts';
import type { ReadSettings } from '../../src/history/settings.ts';
import type { Page, Question, ServedRow, Stream } from '../../src/history/stream.ts';
import {
  type Fault,
  failureFaults,
  type Plan,
  type PlannedFault,
  type PlannedRecord,
  type PlannedStream,
  type StreamName,
} from './plan.ts';
import { Random } from './random.ts';
import { adaptersOf } from './streams.ts';
import { isTrade, newWord, readAs, servedText, statusAt, wireNames } from './wire.ts';

/** Which of our mapping's versions reads the rows. */
export type MappingVersion = 'first' | 'fixed';

/** What a page was made of: known to the exchange alone. */
export interface Served {
  /** The exchange's true clock when it answered. */
  readonly atMs: number;
  /** When its rows were as they stand in it: earlier where a cache answered. */
  readonly seenAtMs: number;
  /** Holds every record of its window that could be served. */
  readonly complete: boolean;
  readonly records: readonly { readonly record: PlannedRecord; readonly text: string }[];
  /** Texts that are none of a true record's own. */
  readonly spoilt: readonly string[];
}

/**
 * The simulated exchange: owns the truth, serves it by its manner, spoils answers as planned, and turns its own clock.
 * Its rows are BitMart's, and BitMart's adapter maps them. What HTTP, signing and pace make of trouble is beneath it: the
 * client turns that into a kind of failure, and here requests fail with that kind.
 */
export class SimulatedExchange implements Exchange {
  readonly name = 'simulated';
  readonly plan: Plan;
  readonly fired = new Map<string, number>();
  nowMs: number;
  requests = 0;
  settings: ReadSettings = { rereadWindowMs: 24 * 3_600_000, settleLagMs: 10_000 };
  /** Only a row that is stored can be missed: an exchange that never shows a row can't be found out. */
  isStored: (record: PlannedRecord) => boolean = () => false;
  readonly #adapters: ReadonlyMap<string, BitmartStream>;
  readonly #planned: ReadonlyMap<string, PlannedStream>;
  readonly #byPart = new Map<string, PlannedRecord[]>();
  readonly #texts = new Map<PlannedRecord, Map<string, string>>();
  readonly #mapped = new Map<string, Map<string, ServedRow>>();
  /** By the page's bytes, which stay the same object whatever is made of the page. */
  readonly #served = new WeakMap<Uint8Array, Served>();
  readonly #streams: Readonly<Record<MappingVersion, readonly Stream[]>>;
  /** What stood behind answers with rows that can't be read: they may become pages again. */
  readonly #answers = new Map<string, Served>();
  #clockErrorMs = 0;
  readonly #ignored = new Set<string>();
  readonly #repeated = new Set<string>();

  constructor(plan: Plan) {
    this.plan = plan;
    this.nowMs = plan.linkedAtMs;
    this.#adapters = adaptersOf(plan.streams);
    this.#planned = new Map(plan.streams.map((stream) => [stream.name, stream]));
    const declared = [...this.#adapters.values()].map(({ stream }) => stream);
    this.#streams = {
      first: declared,
      fixed: declared.map((stream) => ({ ...stream, mappingVersion: stream.mappingVersion + 1 })),
    };
    for (const record of plan.records) {
      const name = `${record.stream}/${record.part}`;
      const list = this.#byPart.get(name);
      if (list) list.push(record);
      else this.#byPart.set(name, [record]);
    }
    for (const list of this.#byPart.values()) list.sort((a, b) => a.at - b.at || a.number - b.number);
  }

  /** As our program of this moment declares them. */
  get streams(): readonly Stream[] {
    return this.#streams[this.mappingVersion];
  }

  clockMs(): number {
    return this.nowMs + this.#clockErrorMs;
  }

  async measureClock(): Promise<void> {
    const random = new Random(this.plan.seed + this.requests);
    const { clockErrorMs } = this.plan.manner;
    this.#clockErrorMs = random.between(-clockErrorMs, clockErrorMs);
    if (clockErrorMs > 0) this.count('clock offset');
  }

  open(): Reader {
    return this.openFor([]);
  }

  /** A reader with the key of this moment, for an attempt in which these faults happen. */
  openFor(planned: readonly PlannedFault[]): Reader {
    const openedAtMs = this.nowMs;
    const faults = new PendingFaults(planned);
    return {
      ask: async (stream, question, signal) => {
        const ask = async () => {
          signal.throwIfAborted();
          return this.#ask(stream, question, openedAtMs, faults);
        };
        const { occurrenceColumn } = this.#adapters.get(stream.name) as BitmartStream;
        if (occurrenceColumn === undefined) return await ask();
        const page = await agreedAnswer(stream, occurrenceColumn, ask);
        if (!page) throw failure('transient', stream, 'no two answers agree');
        return page;
      },
      check: async (): Promise<KeyReport> => {
        throw new Error('the simulation checks no keys');
      },
    };
  }

  count(event: string): void {
    this.fired.set(event, (this.fired.get(event) ?? 0) + 1);
  }

  /** In order of time. */
  recordsOf(stream: string, part: string): readonly PlannedRecord[] {
    return this.#byPart.get(`${stream}/${part}`) ?? [];
  }

  reachMs(record: PlannedRecord): number {
    return isTrade(record) ? this.plan.manner.tradesReachMs : this.plan.manner.movementsReachMs;
  }

  /** Could be served at this moment, by the reach and by when it is listed. */
  servable(record: PlannedRecord, atMs: number): boolean {
    return record.at + record.delayMs <= atMs && record.at >= atMs - this.reachMs(record) && this.#among(record, atMs);
  }

  /** It would have been served at some moment since the account was linked. */
  couldBeRead(record: PlannedRecord): boolean {
    return record.at + record.delayMs <= this.nowMs && this.isEverServed(record);
  }

  /** Listed before it is out of reach, and not before the account was linked. */
  isEverServed(record: PlannedRecord): boolean {
    if (this.#isPushedOut(record)) return false;
    return this.servable(record, Math.max(record.at + record.delayMs, this.plan.linkedAtMs));
  }

  /** What stood behind a page. */
  behind(page: Page): Served {
    const { nowMs } = this;
    return this.#served.get(page.bytes) ?? { atMs: nowMs, seenAtMs: nowMs, complete: false, records: [], spoilt: [] };
  }

  /** The page that a stored answer is by the mapping of this moment. */
  readonly pageOf: Replays['pageOf'] = async (stream, answer) => {
    const { question, askedFromMs, askedToMs, clockMs, bytes, trace } = answer;
    const text = new TextDecoder().decode(bytes);
    const sources = (rowsAt(text, []) ?? []).map(({ raw }) => raw);
    const mapRow = this.#mapping(stream.name, question.part);
    const rows = this.#counted(sources.map(mapRow), stream, question.part);
    const served = this.#answers.get(`${clockMs} ${text}`);
    if (served) this.#served.set(bytes, served);
    this.count('answer read again');
    return { question, askedFromMs, askedToMs, clockMs, ageSeconds: 0, rows, bytes, trace };
  };

  get mappingVersion(): MappingVersion {
    const { mappingFixedAtMs } = this.plan;
    return mappingFixedAtMs !== null && this.nowMs >= mappingFixedAtMs ? 'fixed' : 'first';
  }

  /** How our mapping of this moment reads rows of a part. */
  #mapping(stream: string, part: string): (raw: string) => ServedRow {
    const version = this.mappingVersion;
    const size = this.contractSize(this.nowMs);
    const name = `${version} ${size} ${stream} ${part}`;
    const mapped = this.#mapped.get(name) ?? new Map<string, ServedRow>();
    this.#mapped.set(name, mapped);
    return (raw) => {
      const known = mapped.get(raw);
      if (known) return known;
      const adapter = this.#adapters.get(stream) as BitmartStream;
      const fields = JSON.parse(raw, numbersAsText) as Record<string, unknown>;
      const mapping = version === 'fixed' ? fixedMapping(adapter, wireNames[stream as StreamName].word) : adapter;
      const row = servedRow({ raw, fields }, mapping, { part, contractSize: () => size });
      mapped.set(raw, row);
      return row;
    };
  }

  contractSize(atMs: number): string | null {
    return atMs >= this.plan.manner.contractsListedFromMs ? '0.0010' : null;
  }

  /**
   * Where only the last movements are served, more of them than that between two reads can't be noticed: what they push out
   * is as if it had never been served.
   */
  #isPushedOut(record: PlannedRecord): boolean {
    return !this.#among(record, Number.POSITIVE_INFINITY);
  }

  #among(record: PlannedRecord, atMs: number): boolean {
    const last = this.plan.manner.lastMovementsOnly;
    if (last === null || isTrade(record)) return true;
    const listed = this.recordsOf(record.stream, record.part).filter((each) => each.at + each.delayMs <= atMs);
    return listed.slice(-last).includes(record);
  }

  #ask(stream: Stream, question: Question, openedAtMs: number, faults: PendingFaults): Page {
    this.requests++;
    const random = new Random(this.plan.seed ^ Math.imul(this.requests, 0x9e3779b1));
    this.nowMs += random.between(...this.plan.manner.latencyMs);
    this.#refuseInTrouble(stream, openedAtMs);
    const spoiling = faults.next();
    const { fault } = spoiling;
    const failing = fault && isFailure(fault) ? fault : null;
    if (failing) {
      spoiling.spend();
      this.count(failing);
      throw failure(failing, stream);
    }
    if (fault === 'null-data') {
      spoiling.spend();
      this.count(fault);
      throw failure('transient', stream, 'success without a list');
    }
    const askedFromMs = question.core.from - stream.unitMs;
    const askedToMs = question.core.to;
    if (askedToMs - askedFromMs > stream.widestWindowMs) throw failure('unexpected', stream, 'the window is too wide');
    const { manner } = this.plan;
    const reach = stream.suspiciousTotal === null ? manner.tradesReachMs : manner.movementsReachMs;
    if (manner.beyondReach === 'error' && askedFromMs < this.nowMs - reach) {
      this.count('beyond the reach: error');
      throw failure('beyond-reach', stream);
    }
    const spend = () => {
      spoiling.spend();
      this.count(fault as Fault);
    };
    const partName = `${stream.name}/${question.part}`;
    const ignored = fault === 'bounds-ignored' && !this.#ignored.has(partName);
    if (ignored) {
      // Not twice: two equal answers are all that a part without any record has as proof.
      this.#ignored.add(partName);
      spend();
    }
    const cached = fault === 'cached';
    if (cached) spend();
    const seenAtMs = cached ? this.nowMs - 40 * 3_600_000 : this.nowMs;
    const window = ignored
      ? { fromMs: this.nowMs - (stream.defaultWindowMs ?? stream.widestWindowMs), toMs: this.nowMs }
      : { fromMs: askedFromMs, toMs: askedToMs };
    const found = this.#find(stream, question, window, seenAtMs);
    let chosen = this.#choose(found, stream, random);
    const spoil = new Random(spoiling.seed);
    if (fault === 'omits-rows') {
      const left = this.#omitSome(chosen, question, spoil);
      if (left !== chosen) spend();
      chosen = left;
    }
    const texts = chosen.map((record) => ({ record, text: this.#text(record, seenAtMs) }));
    const spoilt: string[] = [];
    const mapRow = this.#mapping(stream.name, question.part);
    const rows = texts.map(({ text }) => mapRow(text));
    const victim = rows.length > 0 ? spoil.between(0, rows.length - 1) : -1;
    const replace = (text: string, row: ServedRow) => {
      spend();
      spoilt.push(text);
      texts.splice(victim, 1);
      rows.splice(victim, 1, row);
    };
    if (victim >= 0 && fault) {
      const { record, text } = texts[victim] as (typeof texts)[number];
      const names = wireNames[record.stream];
      if (fault === 'malformed-row') {
        const [name, value] = spoil.pick([
          [names.id, ''],
          [names.time, 'yesterday'],
          [names.amount, '1,5e'],
        ] as const);
        const malformed = servedText(record, seenAtMs, { [name]: value });
        replace(malformed, mapRow(malformed));
      } else if (fault === 'foreign-part') {
        const foreign = this.#foreign(record, seenAtMs);
        replace(foreign, mapRow(foreign));
      } else if (
        fault === 'contradicts' &&
        record.stream !== 'futures-flows' &&
        rows[victim]?.kind === 'row' &&
        this.isStored(record)
      ) {
        // Only where the right one is stored: nobody can know that a first version is wrong.
        const [name, value] = isTrade(record) ? [names.amount, '4242'] : ['currency', 'ELSE'];
        const other = servedText(record, seenAtMs, { [name]: value });
        replace(other, mapRow(other));
      } else if (fault === 'repeats-rows' && this.#mayRepeat(record, rows.length)) {
        this.#repeated.add(partName);
        spend();
        texts.push({ record, text });
        rows.push(rows[victim] as ServedRow);
      } else if (fault === 'too-many-rows' && found.length > stream.cap) {
        spend();
        texts.splice(0, texts.length, ...found.map((each) => ({ record: each, text: this.#text(each, seenAtMs) })));
        rows.splice(0, rows.length, ...texts.map((each) => mapRow(each.text)));
      }
    }
    const page: Page = {
      question,
      askedFromMs,
      askedToMs,
      clockMs: this.clockMs(),
      ageSeconds: cached ? 30 : 0,
      rows: this.#counted(rows, stream, question.part),
      bytes: new TextEncoder().encode(`[${rows.map(({ raw }) => raw).join(',')}]`),
      trace: null,
    };
    const cut = chosen.length < found.length && fault !== 'too-many-rows';
    const complete = !cut && !ignored && !cached && question.split === undefined;
    const served = { atMs: this.nowMs, seenAtMs, complete, records: texts, spoilt };
    this.#served.set(page.bytes, served);
    if (rows.some(({ kind }) => kind === 'unreadable')) {
      this.#answers.set(`${page.clockMs} ${new TextDecoder().decode(page.bytes)}`, served);
    }
    return page;
  }

  /** Equal records of one answer are told apart by their number, unless it is cut. */
  #counted(rows: readonly ServedRow[], stream: Stream, part: string): readonly ServedRow[] {
    const adapter = this.#adapters.get(stream.name) as BitmartStream;
    if (adapter.occurrenceColumn === undefined) return rows;
    // Only those that are equal have to be counted.
    const ofKey = Map.groupBy(rows, (row) => (row.kind === 'row' ? row.key : null));
    const equal = rows.filter((row) => row.kind === 'row' && (ofKey.get(row.key)?.length ?? 0) > 1);
    if (equal.length === 0) return rows;
    const sources = equal.map(({ raw }) => ({
      raw,
      fields: JSON.parse(raw, numbersAsText) as Record<string, unknown>,
    }));
    const mapping = this.mappingVersion === 'fixed' ? fixedMapping(adapter, 'flow_type') : adapter;
    const context = { part, contractSize: () => null };
    const counted = [...servedRows(sources, mapping, context, isFull({ rows }, stream))];
    return rows.map((row) =>
      row.kind === 'row' && (ofKey.get(row.key)?.length ?? 0) > 1 ? (counted.shift() ?? row) : row,
    );
  }

  #refuseInTrouble(stream: Stream, openedAtMs: number): void {
    const { rotations, troubles, timetable } = this.plan;
    if (timetable !== null && timetable.goneFromMs <= this.nowMs) {
      this.count('trouble: nobody answers any more');
      throw failure('transient', stream);
    }
    if (rotations.some((each) => openedAtMs < each.replacedAtMs && each.refusedFromMs <= this.nowMs)) {
      this.count('key to be replaced');
      throw failure('refused-key', stream);
    }
    const trouble = troubles.find(
      ({ fromMs, toMs, stream: only }) =>
        fromMs <= this.nowMs && this.nowMs < toMs && (only === null || only === stream.name),
    );
    if (!trouble) return;
    this.count(`trouble: ${trouble.kind}`);
    throw failure(trouble.kind, stream);
  }

  #find(
    stream: Stream,
    question: Question,
    window: { readonly fromMs: number; readonly toMs: number },
    atMs: number,
  ): PlannedRecord[] {
    const { unitMs } = stream;
    const { includesStart, includesEnd } = this.plan.manner;
    const { split } = question;
    const records = this.recordsOf(stream.name, question.part);
    const found: PlannedRecord[] = [];
    for (let i = firstFrom(records, window.fromMs); i < records.length; i++) {
      const record = records[i] as PlannedRecord;
      const unit = Math.floor(record.at / unitMs) * unitMs;
      if (unit > window.toMs) break;
      if (!includesStart && unit <= window.fromMs) continue;
      if (!includesEnd && unit >= window.toMs) break;
      if (split && !isOf(record, split)) continue;
      if (this.servable(record, atMs)) found.push(record);
    }
    return found;
  }

  /**
   * Half of the rows, among them one that is stored: an exchange that never showed any of them could not be found out. Nor
   * could one be that leaves out what may be among the rows that can't be read. Of equal records only their number can be told.
   */
  #omitSome(found: PlannedRecord[], question: Question, random: Random): PlannedRecord[] {
    const omitted = new Set(found.filter(() => random.chance(0.5)));
    const equalTo = Map.groupBy(found, (record) => this.#text(record, this.nowMs));
    const isMissed = (record: PlannedRecord) => {
      const equal = equalTo.get(this.#text(record, this.nowMs)) ?? [];
      const stored = equal.filter((one) => this.isStored(one)).length;
      return equal.filter((one) => !omitted.has(one)).length < stored;
    };
    const witnesses = [...omitted].filter(
      (record) =>
        isMissed(record) &&
        record.at >= Math.max(question.core.from, this.nowMs - 6 * 86_400_000) &&
        record.at < Math.min(question.core.to, this.nowMs - 60_000),
    );
    const unreadable = found.filter((record) => record.flaw !== null && !omitted.has(record));
    return witnesses.length > unreadable.length ? found.filter((record) => !omitted.has(record)) : found;
  }

  #choose(found: readonly PlannedRecord[], stream: Stream, random: Random): PlannedRecord[] {
    const { order } = this.plan.manner;
    const cap = this.#planned.get(stream.name)?.servedCap ?? stream.cap;
    if (order === 'oldest-first') return found.slice(0, cap);
    if (order === 'newest-first') return found.toReversed().slice(0, cap);
    const chosen = random.shuffle(found).slice(0, cap);
    return order === 'shuffled' ? chosen : chosen.sort((a, b) => a.at - b.at || a.number - b.number);
  }

  #text(record: PlannedRecord, atMs: number): string {
    const status = statusAt(record, atMs);
    const texts = this.#texts.get(record) ?? new Map<string, string>();
    this.#texts.set(record, texts);
    const known = texts.get(status);
    if (known !== undefined) return known;
    const text = servedText(record, atMs);
    texts.set(status, text);
    return text;
  }

  /** Flows are counted: twice the same mistake can't be told from a flow that happened twice. */
  #mayRepeat({ stream, part }: PlannedRecord, rows: number): boolean {
    if (stream === 'futures-flows' && this.#repeated.has(`${stream}/${part}`)) return false;
    return rows < (this.#planned.get(stream)?.servedCap ?? 0);
  }

  /** A row of the other part, or of the other kind of movement. */
  #foreign(record: PlannedRecord, atMs: number): string {
    if (record.stream === 'futures-trades' || record.stream === 'futures-flows') {
      return servedText(record, atMs, { account: 'other' });
    }
    if (record.stream === 'spot-trades') return servedText(record, atMs, { orderMode: 'cross_margin' });
    return servedText(record, atMs, { operation_type: 'else' });
  }
}

/** Whether a record is among those that a request asks for; an empty word asks for all. */
function isOf(record: PlannedRecord, { column, value }: { readonly column: string; readonly value: string }): boolean {
  if (column === 'order_mode') return record.mode === value;
  if (column === 'flow_type') return record.states[0]?.status === value;
  return value === '' || record.symbol === value;
}

/** The faults of one attempt, in the order in which they are due. */
class PendingFaults {
  readonly #left: PlannedFault[];
  #requests = 0;

  constructor(planned: readonly PlannedFault[]) {
    this.#left = [...planned].sort((a, b) => a.request - b.request);
  }

  /** What is due at this request; `spend` when it really happened. */
  next(): { readonly fault: Fault | null; readonly seed: number; spend(): void } {
    this.#requests++;
    const at = this.#left.findIndex(({ request }) => request <= this.#requests);
    const due = this.#left[at];
    return { fault: due?.fault ?? null, seed: due?.seed ?? 0, spend: () => void this.#left.splice(at, 1) };
  }
}

/** The adapter once somebody has taught it the new word. */
function fixedMapping(adapter: BitmartStream, word: string): BitmartStream {
  return {
    ...adapter,
    mapRow: (row, context) =>
      adapter.mapRow(row[word] === newWord ? { ...row, [word]: readAs[word as keyof typeof readAs] } : row, context),
  };
}

function numbersAsText(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
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

function isFailure(fault: Fault): fault is Fault & FailureKind {
  return (failureFaults as readonly string[]).includes(fault);
}

function failure(kind: FailureKind, stream: Stream, message: string = kind): ExchangeFailure {
  return new ExchangeFailure({
    kind,
    message: `simulated: ${message}`,
    problem: null,
    httpStatus: null,
    exchangeCode: null,
    endpoint: stream.endpoint,
    retryAfterMs: null,
    trace: null,
  });
}
