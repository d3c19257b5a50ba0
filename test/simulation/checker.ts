import { checkReason } from './gap-reasons.ts';
import { type Excuse, Opportunities, unitOf } from './opportunities.ts';
import type { PlannedRecord, StreamName } from './plan.ts';
import { anyContains, inOrder, minus, overlap, text } from './ranges.ts';
import type { SimulatedRun } from './simulated-run.ts';
import type { StoredPage, StoredPart, StoredRow, StoredStream } from './stored-history.ts';
import { isList } from './streams.ts';
import { describe, type Finding, identitiesOf, identityOf, type WatchedPart } from './watch.ts';
import { expectedColumns, isFinal, isTrade, statusAt } from './wire.ts';

/** What became of a record: stored, excused with the reason why, or a finding. */
export type Fate = 'stored' | 'lost' | Excuse;

export interface Check {
  readonly findings: readonly Finding[];
  readonly fates: ReadonlyMap<Fate, number>;
}

/** Compares what is stored with the truth, and shares no code with the engine. */
export function check(run: SimulatedRun, history: readonly StoredStream[]): Check {
  const fates = new Map<Fate, number>();
  const opportunities = new Opportunities(run);
  for (const stream of history) {
    for (const part of stream.parts) {
      for (const fate of new PartCheck(run, part, opportunities).fates()) fates.set(fate, (fates.get(fate) ?? 0) + 1);
    }
    checkStream(run, stream);
  }
  return { findings: run.watch.findings, fates };
}

class PartCheck {
  readonly #run: SimulatedRun;
  readonly #part: StoredPart;
  readonly #watched: WatchedPart;
  readonly #opportunities: Opportunities;
  readonly #rows = new Map<PlannedRecord, StoredRow>();

  constructor(run: SimulatedRun, part: StoredPart, opportunities: Opportunities) {
    this.#run = run;
    this.#part = part;
    this.#watched = run.watch.part(run.accountId, part.stream, part.part);
    this.#opportunities = opportunities;
  }

  fates(): readonly Fate[] {
    this.#matchRows();
    const fates = this.#records.map((record) => this.#fateOf(record));
    this.#checkQuarantine();
    this.#checkRanges();
    if (this.#part.pages) this.#checkPages(this.#part.pages);
    return fates;
  }

  get #records(): readonly PlannedRecord[] {
    return this.#run.exchange.history.recordsOf(this.#part.stream, this.#part.part);
  }

  #find(rule: Finding['rule'], what: string): void {
    this.#run.watch.find(rule, `${this.#part.stream}/${this.#part.part}: ${what}`);
  }

  /** Every stored row leads back to exactly one record. */
  #matchRows(): void {
    const byIdentity = identitiesOf(this.#records);
    for (const row of this.#part.rows) {
      const same = byIdentity.get(identityOfRow(this.#part, row)) ?? [];
      const record = same.find(({ at }) => same.length === 1 || at === timeOf(row));
      if (!record) this.#find('b', `a row that no record stands behind: ${row.raw}`);
      else if (this.#rows.has(record)) this.#find('b', `stored twice: ${describe(record)}`);
      else this.#rows.set(record, row);
    }
    if (this.#part.rowCount !== this.#part.rows.length) {
      this.#find('b', `${this.#part.rowCount} rows counted, ${this.#part.rows.length} stored`);
    }
  }

  #fateOf(record: PlannedRecord): Fate {
    const row = this.#rows.get(record);
    if (row) {
      this.#checkFidelity(record, row);
      return 'stored';
    }
    if (this.#watched.kept.has(record)) this.#find('a', `stored once, and gone: ${describe(record)}`);
    const opportunity = this.#opportunities.of(record);
    const isAskedAgainLater = opportunity === 'asked again later';
    if (typeof opportunity === 'string' && !isAskedAgainLater) return opportunity;
    if (anyContains(this.#watched.deceived, record.at)) return 'bounds were ignored, and nothing showed it';
    if (this.#watched.wasProvedAbsent(record, this.#run.exchange.history))
      return 'the documented reach was empty there';
    if (isAskedAgainLater) {
      this.#find(
        'a',
        `inconclusive, because it is unknown when it would have been requested again: ${describe(record)}`,
      );
      return 'inconclusive';
    }
    if (this.#hasTwin(record)) return 'another with its identity is stored';
    const sync = new Date(opportunity.startMs).toISOString();
    this.#find('a', `left unread: ${describe(record)}, which every request at the sync of ${sync} would have brought`);
    return 'lost';
  }

  /** The same identity with another time is a contradiction: the first version stays. */
  #hasTwin(record: PlannedRecord): boolean {
    if (record.stream === 'futures-flows') return false;
    const identity = identityOf(record);
    for (const stored of this.#rows.keys()) if (stored !== record && identityOf(stored) === identity) return true;
    return false;
  }

  #checkFidelity(record: PlannedRecord, row: StoredRow): void {
    const kept = this.#watched.kept.get(record);
    if (!kept) {
      this.#find('d', `stored, though no page brought it: ${describe(record)}`);
      return;
    }
    if (row.raw !== kept.text) this.#find('d', `${describe(record)} is stored as ${row.raw}, served as ${kept.text}`);
    for (const [name, value] of Object.entries(expectedColumns(record, kept.seenAtMs))) {
      const stored = row.columns[name] ?? null;
      if (withoutNegativeZero(stored) !== withoutNegativeZero(value)) {
        this.#find('d', `${describe(record)}: ${name} is ${stored}, served was ${value}`);
      }
    }
    // Read again until it is final, however old it is.
    const { fromMs } = record.states.at(-1) ?? { fromMs: record.at };
    if (isTrade(record) || !isFinal(record, fromMs) || this.#hasTwin(record)) return;
    if (statusAt(record, kept.seenAtMs) === statusAt(record, fromMs)) return;
    const opportunity = this.#opportunities.of(record, fromMs);
    if (typeof opportunity !== 'string') this.#find('d', `${describe(record)} was not followed to its end`);
  }

  #checkQuarantine(): void {
    const kept = new Set(this.#part.quarantined);
    const stored = new Set(this.#part.rows.map(({ raw }) => raw));
    for (const raw of this.#watched.quarantined) {
      if (!kept.has(raw) && !stored.has(raw)) this.#find('d', `a row that could not be read is gone: ${raw}`);
    }
  }

  /** Coverage and gaps together leave no instant out, from the beginning of history to the last read's end. */
  #checkRanges(): void {
    const { covered, gaps, readThroughMs, stream } = this.#part;
    const unitMs = unitOf({ stream: stream as StreamName });
    const ordered = inOrder(covered);
    for (const [i, range] of ordered.entries()) {
      if (range.from >= range.to) this.#find('c', `an empty range ${text([range])}`);
      if (range.from % unitMs !== 0 || range.to % unitMs !== 0) this.#find('c', `a part of a unit: ${text([range])}`);
      const next = ordered[i + 1];
      if (next && next.from <= range.to) this.#find('c', `ranges that touch: ${text([range, next])}`);
    }
    const { answered, divided, deceived } = this.#watched;
    const neverAnswered = minus(covered, [...answered, ...divided, ...deceived]);
    if (neverAnswered.length > 0) this.#find('c', `covered, but never answered: ${text(neverAnswered)}`);
    if (readThroughMs === null) return;
    const unknown = minus([{ from: this.#run.originMs, to: readThroughMs }], [...covered, ...gaps]);
    if (unknown.length > 0) this.#find('a', `neither claimed nor a gap: ${text(unknown)}`);
    for (const gap of gaps) {
      if (covered.some((range) => overlap(range, gap))) {
        this.#find('c', `claimed and a gap (${gap.reason}): ${text([gap])}`);
      }
      const wrong = checkReason(gap, this.#part, this.#run, this.#opportunities);
      if (wrong !== null) this.#find('f', `the gap ${text([gap])} says ${gap.reason}, but ${wrong}`);
    }
  }

  /** Coverage made anew from the pages alone. */
  #checkPages(pages: readonly StoredPage[]): void {
    for (const page of pages) {
      const sum = page.inserted + page.changed + page.unchanged + page.quarantined;
      if (sum !== page.served) this.#find('b', `a page of ${page.served} rows accounts for ${sum}`);
    }
    const inserted = pages.reduce((total, page) => total + page.inserted, 0);
    if (inserted !== this.#part.rows.length && this.#run.plan.duplicate === null) {
      this.#find('b', `pages inserted ${inserted} rows, ${this.#part.rows.length} are stored`);
    }
    const claimed = pages.flatMap(({ claim }) => claim);
    const asked = pages.map(({ core }) => core);
    const unclaimed = minus(this.#part.covered, claimed);
    // What answers showed before their reach was proved counts later, without a page of its own.
    if (minus(unclaimed, asked).length > 0) this.#find('c', `covered without a page: ${text(unclaimed)}`);
    const takenBack = minus(minus(claimed, this.#part.covered), this.#part.gaps);
    if (takenBack.length > 0) this.#find('a', `claimed once, and neither covered nor a gap: ${text(takenBack)}`);
  }
}

/** What an owner reads about the whole stream must hold for every part of it. */
function checkStream({ watch }: SimulatedRun, { stream, parts, summary }: StoredStream): void {
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
    const holes = minus(minus([vouched], part.covered), harmless);
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
  if (stream === 'earn-records')
    return [stream, part, columns.currency, columns.record_id, columns.request_no].join(' ');
  if (isList(stream)) {
    const { transferred_at: at, currency, amount } = columns;
    return [stream, part, Date.parse(at ?? ''), currency, amount].join(' ');
  }
  if (stream === 'margin-loans') return [stream, part, columns.record_id].join(' ');
  return [stream, part, columns.withdraw_id ?? columns.deposit_id ?? columns.transfer_id].join(' ');
}

function timeOf({ columns }: StoredRow): number {
  return Date.parse(columns.traded_at ?? columns.requested_at ?? columns.occurred_at ?? columns.transferred_at ?? '');
}

/** Postgres knows no negative zero; every other digit that was served must stay, zeros at the end too. */
function withoutNegativeZero(value: string | null): string | null {
  return value !== null && /^-0(\.0+)?$/.test(value) ? value.slice(1) : value;
}
