import type { BitmartStream } from '../../src/bitmart/bitmart-stream.ts';
import { contractOf } from '../../src/bitmart/contracts.ts';
import { ofWholeStream } from '../../src/bitmart/error-table.ts';
import { agreedAnswer, countEqual } from '../../src/bitmart/occurrences.ts';
import { rowsAt } from '../../src/bitmart/rows.ts';
import { servedRow } from '../../src/bitmart/served-rows.ts';
import { ExchangeFailure, type FailureKind } from '../../src/history/failure.ts';
import { isFull } from '../../src/history/judge-page.ts';
import type { Exchange, Reader, Replays } from '../../src/history/ports.ts';
import type { ReadSettings } from '../../src/history/settings.ts';
import {
  madeAtMs,
  type Page,
  type Question,
  type ServedRow,
  type Stream,
  unknownRight,
} from '../../src/history/stream.ts';
import {
  type Fault,
  failureFaults,
  type Plan,
  type PlannedFault,
  type PlannedRecord,
  type StreamName,
  type Trouble,
} from './plan.ts';
import { Random } from './random.ts';
import { RequestLog } from './request-log.ts';
import { ServedHistory } from './served-history.ts';
import { PendingFaults, type ServedText, spoiled } from './spoiled-answer.ts';
import { adaptersOf, isList, isRare } from './streams.ts';
import { namesIn, newWord, readAs, servedText, statusAt } from './wire.ts';
import { understood, type WireRequest } from './wire-request.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Which of our mapping's versions reads the rows. */
export type MappingVersion = 'first' | 'fixed';

/** What a page was made of: known to the exchange alone. */
export interface Served {
  /** The exchange's true clock when it answered. */
  readonly atMs: number;
  /** When its rows were as they stand in it: earlier where a cache or a replica answered. */
  readonly seenAtMs: number;
  /** A cache says that it answers, a replica that lags behind does not. */
  readonly isCached: boolean;
  /** The last days were served, whatever was asked. */
  readonly isSubstitute: boolean;
  /** Of this time it holds every record that was asked for and could be served; null where it leaves some out. */
  readonly shows: { readonly from: number; readonly to: number } | null;
  readonly rows: readonly ServedText[];
}

/**
 * The simulated exchange: owns the truth, serves it by its manner, spoils answers as planned, and turns its own clock.
 * Its rows are BitMart's, its requests are made by BitMart's adapter, which also maps the rows. What HTTP, signing and pace
 * make of trouble is beneath it: the client turns that into a kind of failure, and here requests fail with that kind.
 */
export class SimulatedExchange {
  readonly plan: Plan;
  readonly history: ServedHistory;
  readonly fired = new Map<string, number>();
  readonly log = new RequestLog();
  /** Streams of which a single answer said that they can't be read. */
  readonly refused = new Set<string>();
  nowMs: number;
  requests = 0;
  settings: ReadSettings = { rereadWindowMs: 24 * hourMs, settleLagMs: 10_000 };
  /** Only a row that is stored can be missed: an exchange that never shows a row can't be found out. */
  isStored: (record: PlannedRecord) => boolean = () => false;
  readonly #adapters: ReadonlyMap<string, BitmartStream>;
  readonly #servedCaps: ReadonlyMap<string, number>;
  readonly #texts = new Map<PlannedRecord, Map<string, string>>();
  readonly #mapped = new Map<string, Map<string, ServedRow>>();
  /** By the page's bytes, which stay the same object. */
  readonly #served = new WeakMap<Uint8Array, Served>();
  readonly #streams: Readonly<Record<MappingVersion, readonly Stream[]>>;
  /** What stood behind answers with rows that can't be read: they may become pages again. */
  readonly #answers = new Map<string, Served>();
  #clockErrorMs = 0;
  readonly #ignored = new Set<string>();
  readonly #repeated = new Set<string>();

  constructor(plan: Plan, changeStream: (stream: Stream) => Stream = (stream) => stream) {
    this.plan = plan;
    this.history = new ServedHistory(plan);
    this.nowMs = plan.linkedAtMs;
    this.#adapters = adaptersOf(plan.streams);
    this.#servedCaps = new Map(plan.streams.map(({ name, servedCap }) => [name, servedCap]));
    const declared = [...this.#adapters.values()].map(({ stream }) => changeStream(stream));
    this.#streams = {
      first: declared,
      fixed: declared.map((stream) => ({ ...stream, mappingVersion: stream.mappingVersion + 1 })),
    };
  }

  /** As our program of this moment declares them. */
  get streams(): readonly Stream[] {
    return this.#streams[this.mappingVersion];
  }

  clockMs(): number {
    return this.nowMs + this.#clockErrorMs;
  }

  count(event: string): void {
    this.fired.set(event, (this.fired.get(event) ?? 0) + 1);
  }

  /** The exchange as one attempt meets it, in which these faults happen, and a reader with the key of this moment. */
  openFor(planned: readonly PlannedFault[]): { readonly exchange: Exchange; readonly reader: Reader } {
    const openedAtMs = this.nowMs;
    const faults = new PendingFaults(planned);
    const reader: Reader = {
      ask: async (stream, question, signal) => {
        const ask = async () => {
          signal.throwIfAborted();
          return this.#ask(stream, question, openedAtMs, faults);
        };
        const page = await agreedAnswer(this.#adapterOf(stream), ask);
        if (!page) throw failure('transient', stream.endpoint, 'no two answers agree');
        return page;
      },
      check: async () => {
        throw new Error('the simulation checks no keys');
      },
    };
    const exchange: Exchange = {
      name: 'simulated',
      streams: this.streams,
      clockMs: () => this.clockMs(),
      measureClock: async () => this.#measureClock(faults),
      open: () => reader,
    };
    return { exchange, reader };
  }

  /** What stood behind a page. */
  behind(page: Page): Served {
    const { nowMs: atMs } = this;
    return (
      this.#served.get(page.bytes) ?? {
        atMs,
        seenAtMs: atMs,
        isCached: false,
        isSubstitute: false,
        shows: null,
        rows: [],
      }
    );
  }

  /** The page that a stored answer is by the mapping of this moment. */
  readonly pageOf: Replays['pageOf'] = async (stream, answer) => {
    const { question, askedFromMs, askedToMs, clockMs, bytes, trace } = answer;
    const text = new TextDecoder().decode(bytes);
    const sources = (rowsAt(text, []) ?? []).map(({ raw }) => raw);
    const mapRow = this.#mapping(stream.name, question.part);
    const rows = countEqual(sources.map(mapRow), this.#adapterOf(stream));
    const served = this.#answers.get(`${clockMs} ${text}`);
    if (served) this.#served.set(bytes, served);
    this.count('answer read again');
    return { question, askedFromMs, askedToMs, clockMs, ageSeconds: 0, rows, bytes, trace };
  };

  get mappingVersion(): MappingVersion {
    const { mappingFixedAtMs } = this.plan;
    return mappingFixedAtMs !== null && this.nowMs >= mappingFixedAtMs ? 'fixed' : 'first';
  }

  contractSize(atMs: number): string | null {
    return atMs >= this.plan.manner.contractsListedFromMs ? '0.0010' : null;
  }

  /** Which of the account's keys is in use. */
  keyNumber(atMs: number): number {
    return this.plan.rotations.filter(({ replacedAtMs }) => replacedAtMs <= atMs).length;
  }

  #measureClock(faults: PendingFaults): void {
    const unreadable = faults.take('clock-unreadable');
    if (unreadable) this.count('clock-unreadable');
    const trouble = this.#troubles(null).find(({ kind }) => kind === 'clock');
    if (trouble) this.count('trouble: clock');
    if (unreadable || trouble) throw failure(trouble ? 'clock' : 'transient', '/system/time', 'no readable clock');
    const random = new Random(this.plan.seed + this.requests);
    const { clockErrorMs } = this.plan.manner;
    this.#clockErrorMs = random.between(-clockErrorMs, clockErrorMs);
    if (clockErrorMs > 0) this.count('clock offset');
  }

  #adapterOf({ name }: Pick<Stream, 'name'>): BitmartStream {
    return this.#adapters.get(name) as BitmartStream;
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
      const adapter = this.#adapterOf({ name: stream });
      const mapping =
        version === 'fixed' ? fixedMapping(adapter, namesIn({ stream: stream as StreamName, part }).word) : adapter;
      const row = servedRow({ raw, fields: fieldsOf(raw) }, mapping, {
        part,
        contract: () => contractOf({ contract_size: size }),
      });
      mapped.set(raw, row);
      return row;
    };
  }

  #ask(stream: Stream, question: Question, openedAtMs: number, faults: PendingFaults): Page {
    this.requests++;
    const random = new Random(this.plan.seed ^ Math.imul(this.requests, 0x9e3779b1));
    this.nowMs += random.between(...this.plan.manner.latencyMs);
    const bounds = { fromMs: question.core.from - stream.unitMs, toMs: question.core.to };
    const request = this.#adapterOf(stream).request(question, bounds);
    const asked = understood(request);
    try {
      this.#refuseInTrouble(stream, openedAtMs);
      const spoiling = faults.next(asked.symbol);
      const spend = () => {
        spoiling.spend();
        this.count(spoiling.fault as Fault);
      };
      this.#fail(stream, asked, spoiling.fault, spend);
      const page = this.#answer(stream, question, asked, random, { ...spoiling, spend });
      this.log.answered(stream.name, question, this.nowMs);
      return page;
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      this.log.failed(stream.name, question, this.nowMs, error.details.kind);
      throw ofWholeStream(error, stream);
    }
  }

  /** Troubles of this moment; of no stream in particular where there is none to be read. */
  #troubles(stream: string | null): readonly Trouble[] {
    return this.plan.troubles.filter(
      ({ fromMs, toMs, stream: only }) =>
        fromMs <= this.nowMs && this.nowMs < toMs && (only === null || only === stream),
    );
  }

  #refuseInTrouble(stream: Stream, openedAtMs: number): void {
    const { rotations, timetable } = this.plan;
    if (timetable !== null && timetable.goneFromMs <= this.nowMs) {
      this.count('trouble: no more answers');
      throw failure('transient', stream.endpoint);
    }
    if (rotations.some((each) => openedAtMs < each.replacedAtMs && each.refusedFromMs <= this.nowMs)) {
      this.count('key to be replaced');
      throw failure('refused-key', stream.endpoint);
    }
    for (const { kind } of this.#troubles(stream.name)) {
      if (kind === 'cached' || kind === 'bounds-ignored' || kind === 'clock') continue;
      this.count(`trouble: ${kind}`);
      // It is left alone for a day, and the trouble may be over by then.
      if (isRare(stream.name) && refusesStream(kind, stream)) this.refused.add(stream.name);
      throw failure(kind, stream.endpoint);
    }
  }

  /** Everything for which there is no answer but a failure. */
  #fail(stream: Stream, asked: WireRequest, fault: Fault | null, spend: () => void): void {
    const { delistings, failures } = this.plan;
    const { name, endpoint, unitMs } = stream;
    const failing = fault !== null && isFailure(fault) ? fault : null;
    if (failing !== null || fault === 'null-data' || fault === 'unknown-symbol') {
      spend();
      if (fault === 'null-data') throw failure('transient', endpoint, 'success without a list');
      const endsPair = fault === 'unknown-symbol' && stream.pairsOf !== undefined;
      if ((failing && refusesStream(failing, stream)) || endsPair) this.refused.add(name);
      throw failure(failing ?? unknownSymbol, endpoint);
    }
    if (asked.toMs - asked.fromMs > stream.widestWindowMs)
      throw failure('unexpected', endpoint, 'the window is too wide');
    if (delistings.some((each) => each.stream === name && each.symbol === asked.symbol && each.fromMs <= this.nowMs)) {
      this.count('delisted symbol refused');
      throw failure(unknownSymbol, endpoint);
    }
    for (const { stream: of, part, at, kind, fromMs, toMs } of failures) {
      const unit = Math.floor(at / unitMs) * unitMs;
      if (of !== name || part !== asked.part || this.nowMs < fromMs || this.nowMs >= toMs) continue;
      if (unit < asked.fromMs || unit > asked.toMs) continue;
      this.count(`window fails: ${kind}`);
      if (kind === 'null-data') throw failure('transient', endpoint, 'success without a list');
      throw failure(kind, endpoint);
    }
    const { edge } = this.history.reachOf(name, asked.part);
    if (edge !== 'empty' && asked.fromMs < this.history.edgeMs(name, asked.part, this.nowMs)) {
      this.count(`edge: ${edge}`);
      throw failure(edge, endpoint, 'the window is too old');
    }
  }

  #answer(stream: Stream, question: Question, asked: WireRequest, random: Random, spoiling: DueFault): Page {
    const { fault, spend } = spoiling;
    const partName = `${stream.name}/${question.part}`;
    const old = this.#troubles(stream.name).find(({ kind }) => kind === 'cached');
    const lagging = !old && random.chance(0.3) ? this.plan.manner.replicaLagMs : 0;
    const isCached = old !== undefined || fault === 'cached';
    if (fault === 'cached') spend();
    if (old) this.count('trouble: cached');
    if (lagging > 0) this.count('lagging replica');
    const seenAtMs = old ? old.fromMs : isCached ? this.nowMs - 40 * hourMs : this.nowMs - lagging;

    const defaultWindow = {
      fromMs: stream.defaultWindowMs === null ? stream.originMs : this.nowMs - stream.defaultWindowMs,
      toMs: this.nowMs,
    };
    const substitutes = this.#substitutes(stream, asked, fault);
    if (substitutes && fault === 'bounds-ignored') {
      // Not twice: two equal answers are all that a part without any record has as proof.
      this.#ignored.add(partName);
      spend();
    }
    const window = substitutes ? defaultWindow : asked;
    const found = this.#find(stream, asked, window, seenAtMs);
    let chosen = this.#choose(found, stream, random);
    const ofPart = this.#cutBeforePart(stream, asked, window, seenAtMs, random);
    if (ofPart) chosen = ofPart;
    const spoil = new Random(spoiling.seed);
    if (fault === 'omits-rows') {
      const left = this.#omitSome(chosen, question, spoil);
      if (left !== chosen) spend();
      chosen = left;
    }
    const textOf = (record: PlannedRecord): ServedText => ({ record, text: this.#text(record, seenAtMs) });
    let rows: readonly ServedText[] = chosen.map(textOf);
    const isCut = chosen.length < found.length;
    if (fault !== null) {
      const cap = this.#servedCaps.get(stream.name) ?? stream.cap;
      const spoilt = spoiled(rows, {
        fault,
        random: spoil,
        seenAtMs,
        whole: found.map(textOf),
        cap: fault === 'too-many-rows' ? stream.cap : cap,
        isStored: this.isStored,
        // Flows are counted: the same mistake twice looks like a flow that happened twice.
        mayRepeat: ({ stream: of }) => (of !== 'futures-flows' && !isList(of)) || !this.#repeated.has(partName),
      });
      if (spoilt) {
        if (fault === 'repeats-rows') this.#repeated.add(partName);
        spend();
        rows = spoilt;
      }
    }
    const core = substitutes
      ? { from: Math.max(question.core.from, window.fromMs), to: question.core.to }
      : question.core;
    return this.#page(stream, question, asked, rows, {
      atMs: this.nowMs,
      seenAtMs,
      isCached,
      isSubstitute: substitutes,
      shows: isCut || isCached || core.from >= core.to ? null : core,
      rows,
    });
  }

  #page(stream: Stream, question: Question, asked: WireRequest, texts: readonly ServedText[], served: Served): Page {
    const mapRow = this.#mapping(stream.name, question.part);
    const rows = texts.map(({ text }) => mapRow(text));
    const body = `[${texts.map(({ text }) => text).join(',')}]`;
    const page: Page = {
      question,
      // A list is asked for no time: the page has that which our read is about.
      ...(stream.isList
        ? { askedFromMs: question.core.from - stream.unitMs, askedToMs: question.core.to }
        : { askedFromMs: asked.fromMs, askedToMs: asked.toMs }),
      clockMs: this.clockMs(),
      ageSeconds: served.isCached ? Math.max(1, Math.floor((served.atMs - served.seenAtMs) / 1_000)) : 0,
      rows: countEqual(rows, this.#adapterOf(stream)),
      bytes: new TextEncoder().encode(body),
      trace: null,
    };
    this.#served.set(page.bytes, served);
    if (rows.some(({ kind }) => kind === 'unreadable')) this.#answers.set(`${madeAtMs(page)} ${body}`, served);
    return page;
  }

  /** Whether the last days are served instead of the window. */
  #substitutes({ name }: Stream, { part }: WireRequest, fault: Fault | null): boolean {
    // It has no bounds that could be ignored.
    if (isList(name)) return false;
    if (fault === 'bounds-ignored' && !this.#ignored.has(`${name}/${part}`)) return true;
    const isTroubled = this.#troubles(name).some(({ kind }) => kind === 'bounds-ignored');
    if (isTroubled) this.count('trouble: bounds-ignored');
    return isTroubled;
  }

  #find(
    { name, unitMs }: Stream,
    asked: WireRequest,
    { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
    atMs: number,
    part: string = asked.part,
  ): PlannedRecord[] {
    const { includesStart, includesEnd } = this.plan.manner;
    return this.history.recordsWithin(name, part, fromMs, toMs + unitMs - 1).filter((record) => {
      const unit = Math.floor(record.at / unitMs) * unitMs;
      if ((!includesStart && unit <= fromMs) || (!includesEnd && unit >= toMs)) return false;
      return asked.matches(record) && this.history.servable(record, atMs);
    });
  }

  #choose(found: readonly PlannedRecord[], stream: Stream, random: Random): PlannedRecord[] {
    const { order } = this.plan.manner;
    const cap = this.#servedCaps.get(stream.name) ?? stream.cap;
    if (order === 'oldest-first') return found.slice(0, cap);
    if (order === 'newest-first') return found.toReversed().slice(0, cap);
    const chosen = random.shuffle(found).slice(0, cap);
    return order === 'shuffled' ? chosen : chosen.sort((a, b) => a.at - b.at || a.number - b.number);
  }

  /**
   * As many rows of all parts as the cap allows, of which the other parts' are left out. Null unless a round number of rows
   * shows it, because otherwise the engine could not know.
   */
  #cutBeforePart(
    stream: Stream,
    asked: WireRequest,
    window: { readonly fromMs: number; readonly toMs: number },
    atMs: number,
    random: Random,
  ): PlannedRecord[] | null {
    if (!this.plan.manner.capBeforePart || stream.parts.length < 2) return null;
    const all = stream.parts.flatMap((part) => this.#find(stream, asked, window, atMs, part));
    const chosen = this.#choose(
      all.sort((a, b) => a.at - b.at || a.number - b.number),
      stream,
      random,
    );
    const ofPart = chosen.filter(({ part }) => part === asked.part);
    const isCut = all.some((record) => record.part === asked.part && !chosen.includes(record));
    if (!isCut || !isFull({ rows: ofPart }, stream)) return null;
    this.count('cut before the part');
    return ofPart;
  }

  /** Half of the rows, as long as that can be noticed. */
  #omitSome(found: PlannedRecord[], { core }: Question, random: Random): PlannedRecord[] {
    const omitted = found.filter(() => random.chance(0.5));
    const rest = found.filter((record) => !omitted.includes(record));
    return this.#isNoticed(rest, omitted, core) ? rest : found;
  }

  /**
   * Whether a stored one is among the missing: an exchange that never showed any of them could not be found out. Nor could
   * one be that leaves out what may be among the rows that can't be read. Of equal records only their number is known.
   */
  #isNoticed(
    rest: readonly PlannedRecord[],
    missing: readonly PlannedRecord[],
    core: { readonly from: number; readonly to: number },
  ): boolean {
    const textOf = (record: PlannedRecord) => this.#text(record, this.nowMs);
    const equalTo = Map.groupBy([...rest, ...missing], textOf);
    const served = new Set(rest);
    const times = rest.map(({ at }) => at);
    const seenIn = isList((missing[0] ?? rest[0])?.stream ?? '')
      ? { from: Math.min(...times), to: Math.max(...times) }
      : { from: Math.max(core.from, this.nowMs - 6 * dayMs), to: Math.min(core.to, this.nowMs - 60_000) };
    const witnesses = missing.filter((record) => {
      const equal = equalTo.get(textOf(record)) ?? [];
      const stored = equal.filter((one) => this.isStored(one)).length;
      return (
        equal.filter((one) => served.has(one)).length < stored && record.at >= seenIn.from && record.at < seenIn.to
      );
    });
    return witnesses.length > rest.filter(({ flaw }) => flaw !== null).length;
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
}

interface DueFault {
  readonly fault: Fault | null;
  readonly seed: number;
  spend(): void;
}

/** What ends the read of a stream at once: one answer is enough. */
function refusesStream(kind: string, { right }: Stream): boolean {
  return kind === 'refused-stream' || kind === 'not-opened' || (kind === 'unexpected' && right === unknownRight);
}

/** Known to the engine from the table of errors. */
const unknownSymbol = 'unknown-symbol' as FailureKind;

/** The adapter once it knows the new word. */
function fixedMapping(adapter: BitmartStream, word: string): BitmartStream {
  return {
    ...adapter,
    mapRow: (row, context) =>
      adapter.mapRow(row[word] === newWord ? { ...row, [word]: readAs[word as keyof typeof readAs] } : row, context),
  };
}

function fieldsOf(raw: string): Record<string, unknown> {
  return JSON.parse(raw, numbersAsText) as Record<string, unknown>;
}

function numbersAsText(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
}

function isFailure(fault: Fault): fault is Fault & FailureKind {
  return (failureFaults as readonly string[]).includes(fault);
}

export function failure(kind: FailureKind, endpoint: string, message: string = kind): ExchangeFailure {
  return new ExchangeFailure({
    kind,
    message: `simulated: ${message}`,
    problem: null,
    httpStatus: null,
    exchangeCode: null,
    endpoint,
    retryAfterMs: null,
    trace: null,
  });
}
