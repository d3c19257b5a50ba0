import type { Life } from './life.ts';
import type { Plan, PlannedRecord } from './plan.ts';
import { describe, type Finding, identitiesOf, minus, promisedDelayMs, text } from './watch.ts';
import { expectedColumns, isFinal, isTrade, statusAt } from './wire.ts';

interface Range {
  readonly from: number;
  readonly to: number;
}

export interface StoredRow {
  /** Every own column as text, times in ISO UTC. */
  readonly columns: Readonly<Record<string, string | null>>;
  readonly raw: string;
}

/** One kept page, as far as it can be checked without the engine. */
export interface StoredPage {
  readonly core: Range;
  readonly claim: readonly Range[];
  readonly served: number;
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly quarantined: number;
}

/** What is stored of one part, by whatever store. */
export interface StoredPart {
  readonly stream: string;
  readonly part: string;
  readonly rows: readonly StoredRow[];
  readonly quarantined: readonly string[];
  readonly covered: readonly Range[];
  readonly gaps: readonly (Range & { readonly reason: string })[];
  readonly settledThroughMs: number | null;
  /** End of the last read that was finished. */
  readonly readThroughMs: number | null;
  readonly rowCount: number;
  /** Null where the store keeps none. */
  readonly pages: readonly StoredPage[] | null;
}

/** A stream as its owner is told of it. */
export interface StoredStream {
  readonly stream: string;
  readonly parts: readonly StoredPart[];
  readonly summary: {
    readonly rows: number;
    readonly complete: boolean;
    readonly fromMs: number;
    readonly throughMs: number | null;
    readonly covered: readonly Range[];
    readonly gaps: readonly (Range & { readonly reason: string })[];
  };
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Nobody was ever served a trade that is older. */
const servedAtMostMs = 93 * dayMs;

/**
 * A trade after trading has ended, when nothing before it had shown that it goes on: by then even the last trade before
 * the end was served no more, and the stream was rightly closed.
 */
export function happenedAfterAll(record: PlannedRecord, { timetable }: Plan, kept: Iterable<PlannedRecord>): boolean {
  if (timetable === null || !isTrade(record) || record.at < timetable.tradingEndMs + servedAtMostMs) return false;
  for (const { at, stream } of kept) if (stream === record.stream && at >= timetable.tradingEndMs) return false;
  return true;
}

/**
 * Compares what is stored with the truth, and shares no code with the engine.
 * a: nothing lost, b: nothing doubled or invented, c: nothing falsely claimed, d: everything as it was served.
 */
export function findings(life: Life, history: readonly StoredStream[]): readonly Finding[] {
  const { watch } = life;
  for (const stream of history) {
    for (const part of stream.parts) new PartCheck(life, part).run();
    checkStream(life, stream);
  }
  return watch.findings;
}

class PartCheck {
  readonly #life: Life;
  readonly #part: StoredPart;
  readonly #name: string;
  readonly #rows = new Map<PlannedRecord, StoredRow>();

  constructor(life: Life, part: StoredPart) {
    this.#life = life;
    this.#part = part;
    this.#name = `${part.stream}/${part.part}`;
  }

  run(): void {
    this.#matchRows();
    for (const record of this.#records) this.#checkRecord(record);
    this.#checkQuarantine();
    this.#checkRanges();
    if (this.#part.pages) this.#checkPages(this.#part.pages);
  }

  get #records(): readonly PlannedRecord[] {
    return this.#life.exchange.recordsOf(this.#part.stream, this.#part.part);
  }

  #find(rule: Finding['rule'], what: string): void {
    this.#life.watch.find(rule, `${this.#name}: ${what}`);
  }

  /** Every stored row leads back to exactly one record. */
  #matchRows(): void {
    const byIdentity = identitiesOf(this.#records);
    for (const row of this.#part.rows) {
      const record = byIdentity.get(identityOfRow(this.#part, row));
      if (!record) this.#find('b', `a row that no record stands behind: ${row.raw}`);
      else if (this.#rows.has(record)) this.#find('b', `stored twice: ${describe(record)}`);
      else this.#rows.set(record, row);
    }
    if (this.#part.rowCount !== this.#part.rows.length) {
      this.#find('b', `${this.#part.rowCount} rows counted, ${this.#part.rows.length} stored`);
    }
  }

  #checkRecord(record: PlannedRecord): void {
    const { exchange } = this.#life;
    const row = this.#rows.get(record);
    if (row) {
      this.#checkFidelity(record, row);
      return;
    }
    const covered = this.#part.covered.some((range) => contains(range, record.at));
    const gap = this.#part.gaps.some((range) => contains(range, record.at));
    const settled = record.at < (this.#part.settledThroughMs ?? Number.NEGATIVE_INFINITY);
    if (covered && settled && record.delayMs <= promisedDelayMs && exchange.couldBeRead(record)) {
      this.#find('c', `claims ${describe(record)}, which is not stored`);
    }
    const wasReadable = record.flaw === null && exchange.couldBeRead(record);
    const isNew = record.at >= (this.#part.settledThroughMs ?? 0);
    const late = record.delayMs > promisedDelayMs;
    if (!gap && !isNew && !late && exchange.couldBeRead(record)) this.#find('a', `lost: ${describe(record)}`);
    if (wasReadable && this.#wasReadableInTheCalm(record) && !this.#isExcused(record)) {
      this.#find('a', `left unread without need: ${describe(record)}`);
    }
  }

  /** From the first day of the calm to its last it could be read, by anybody's measure of the reach. */
  #wasReadableInTheCalm(record: PlannedRecord): boolean {
    const { exchange, plan } = this.#life;
    return (
      this.#isReadToTheEnd(record) &&
      record.at + record.delayMs < plan.calmFromMs &&
      record.at > exchange.nowMs - 88 * dayMs &&
      record.at >= plan.linkedAtMs - 88 * dayMs
    );
  }

  /** Until the end the exchange answered, and with all that it should. */
  #isReadToTheEnd(record: PlannedRecord): boolean {
    const { isReadToTheEnd, plan } = this.#life;
    return isReadToTheEnd && (isTrade(record) || plan.manner.lastMovementsOnly === null);
  }

  /** Too much of it in one unit, beside a row that can't be read, or of a stream that was rightly given up. */
  #isExcused(record: PlannedRecord): boolean {
    if (happenedAfterAll(record, this.#life.plan, this.#rows.keys())) return true;
    const excuses = this.#part.gaps.filter((gap) => contains(gap, record.at)).map(({ reason }) => reason);
    return excuses.includes('too-dense') || excuses.includes('quarantined') || excuses.includes('reach-unknown');
  }

  #checkFidelity(record: PlannedRecord, row: StoredRow): void {
    const { watch, exchange } = this.#life;
    const kept = watch.part(this.#part.stream, this.#part.part).kept.get(record);
    if (!kept) {
      this.#find('d', `stored, though no page brought it: ${describe(record)}`);
      return;
    }
    if (row.raw !== kept.text) this.#find('d', `${describe(record)} is stored as ${row.raw}, served as ${kept.text}`);
    for (const [name, value] of Object.entries(expectedColumns(record, kept.atMs))) {
      const stored = row.columns[name] ?? null;
      if (withoutNegativeZero(stored) !== withoutNegativeZero(value)) {
        this.#find('d', `${describe(record)}: ${name} is ${stored}, served was ${value}`);
      }
    }
    // Read again until it is final, however old it is.
    const finalBeforeMs = exchange.nowMs - 60 * hourMs;
    const due =
      this.#isReadToTheEnd(record) &&
      !isTrade(record) &&
      isFinal(record, finalBeforeMs) &&
      statusAt(record, finalBeforeMs) !== statusAt(record, kept.atMs) &&
      (this.#part.readThroughMs ?? 0) > finalBeforeMs &&
      exchange.servable(record, exchange.nowMs - 9 * dayMs) &&
      record.at > exchange.nowMs - exchange.reachMs(record) + dayMs;
    if (due && !this.#isExcused(record)) this.#find('d', `${describe(record)} was not followed to its end`);
  }

  #checkQuarantine(): void {
    const kept = new Set(this.#part.quarantined);
    const watched = this.#life.watch.part(this.#part.stream, this.#part.part);
    for (const raw of watched.aside) {
      if (!kept.has(raw) && !this.#part.rows.some((row) => row.raw === raw)) {
        this.#find('d', `a row that could not be read is gone: ${raw}`);
      }
    }
  }

  /** Coverage and gaps together leave no instant out, from the beginning of the claimed reach to the last read's end. */
  #checkRanges(): void {
    const { covered, gaps, readThroughMs } = this.#part;
    const ordered = [...covered].sort((a, b) => a.from - b.from);
    for (const [i, range] of ordered.entries()) {
      if (range.from >= range.to) this.#find('c', `an empty range ${text([range])}`);
      const next = ordered[i + 1];
      if (next && next.from <= range.to) this.#find('c', `ranges that touch: ${text([range, next])}`);
    }
    if (readThroughMs === null) return;
    const told = [...covered, ...gaps].sort((a, b) => a.from - b.from);
    const fromMs = this.#life.plan.linkedAtMs - 88 * dayMs;
    const untold = minus([{ from: fromMs, to: readThroughMs }], told);
    if (untold.length > 0) this.#find('a', `neither claimed nor a gap: ${text(untold)}`);
    for (const gap of gaps) {
      const both = covered.filter((range) => range.from < gap.to && gap.from < range.to);
      if (both.length > 0) this.#find('c', `claimed and a gap (${gap.reason}): ${text([gap])}`);
    }
  }

  /** Coverage made anew from the pages alone. */
  #checkPages(pages: readonly StoredPage[]): void {
    for (const page of pages) {
      const sum = page.inserted + page.changed + page.unchanged + page.quarantined;
      if (sum !== page.served) this.#find('b', `a page of ${page.served} rows accounts for ${sum}`);
    }
    const inserted = pages.reduce((total, page) => total + page.inserted, 0);
    if (inserted !== this.#part.rows.length) {
      this.#find('b', `pages inserted ${inserted} rows, ${this.#part.rows.length} are stored`);
    }
    const claimed = inOrder(pages.flatMap(({ claim }) => claim));
    const asked = inOrder(pages.map(({ core }) => core));
    const unclaimed = minus(this.#part.covered, claimed);
    // What answers showed before their reach was proved counts later, without a page of its own.
    if (minus(unclaimed, asked).length > 0) this.#find('c', `covered without a page: ${text(unclaimed)}`);
    const takenBack = minus(minus(claimed, this.#part.covered), inOrder(this.#part.gaps));
    if (takenBack.length > 0) this.#find('a', `claimed once, and neither covered nor a gap: ${text(takenBack)}`);
  }
}

/** What an owner is told of the whole stream must hold for every part of it. */
function checkStream({ watch }: Life, { stream, parts, summary }: StoredStream): void {
  for (const part of parts) {
    const beyond = minus(summary.covered, part.covered);
    if (beyond.length > 0) watch.find('c', `${stream}: says that ${text(beyond)} is covered, and ${part.part} is not`);
  }
  const rows = parts.reduce((total, part) => total + part.rows.length, 0);
  if (summary.rows !== rows) watch.find('b', `${stream}: says ${summary.rows} rows, ${rows} are stored`);
  if (!summary.complete || summary.throughMs === null) return;
  const vouched = { from: summary.fromMs, to: summary.throughMs };
  const harmless = summary.gaps.filter(({ reason }) => reason === 'expired-before-link' || reason === 'reach-unknown');
  for (const part of parts) {
    const holes = minus(minus([vouched], part.covered), inOrder(harmless));
    if (holes.length > 0) watch.find('c', `${stream}: says that it is complete, without ${part.part} ${text(holes)}`);
  }
}

export function identityOfRow({ stream, part }: StoredPart, { columns }: StoredRow): string {
  if (stream === 'spot-trades' || stream === 'futures-trades') {
    return [stream, part, columns.symbol, columns.trade_id, columns.order_id].join(' ');
  }
  if (stream === 'futures-flows') {
    const { occurred_at: at, symbol, flow_type: type, amount, occurrence } = columns;
    return [stream, part, Date.parse(at ?? ''), symbol, type, amount, occurrence].join(' ');
  }
  return [stream, part, columns.withdraw_id ?? columns.deposit_id].join(' ');
}

/** Postgres knows no negative zero; every other digit that was served must stay, zeros at the end too. */
function withoutNegativeZero(value: string | null): string | null {
  return value !== null && /^-0(\.0+)?$/.test(value) ? value.slice(1) : value;
}

function contains({ from, to }: Range, instant: number): boolean {
  return from <= instant && instant < to;
}

function inOrder(ranges: readonly Range[]): Range[] {
  return [...ranges].sort((a, b) => a.from - b.from);
}
