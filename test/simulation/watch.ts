import type { PartState } from '../../src/history/part-state.ts';
import type { HistoryStore, PageDecision, PartReference, Replays } from '../../src/history/ports.ts';
import type { Page } from '../../src/history/stream.ts';
import type { Served, SimulatedExchange } from './exchange.ts';
import type { PlannedRecord } from './plan.ts';
import { flowSymbol, isTrade, readAs, servedText } from './wire.ts';

interface Range {
  readonly from: number;
  readonly to: number;
}

export type Rule = 'a' | 'b' | 'c' | 'd' | 'e' | 'end';

export interface Finding {
  readonly rule: Rule;
  readonly what: string;
}

/** How late a record may be listed and must still be found: what is promised (docs/guarantees.md). */
export const promisedDelayMs = 24 * 3_600_000;

/** What is known of one part from outside: what was asked, what was answered, and what should be stored by now. */
export class WatchedPart {
  /** Rows that committed pages stored: the record's own text as served last. */
  readonly kept = new Map<PlannedRecord, { text: string; atMs: number }>();
  /** Texts that were set aside. */
  readonly aside = new Set<string>();
  /** Windows that were answered with everything that could be served. */
  readonly answered: Range[] = [];
  insertedRows = 0;
  /** Records that came after their instant was claimed: when, and how late they were by then. */
  readonly late: { readonly seenAtMs: number; readonly delayMs: number }[] = [];
}

/**
 * Looks at every commit from outside, with the truth at hand: what is claimed at that moment must be stored at that
 * moment. Shares nothing with the engine but the shape of its decisions.
 */
export class Watch {
  readonly findings: Finding[] = [];
  /** Told of every commit, for following a life step by step. */
  observe: ((line: string) => void) | null = null;
  readonly parts = new Map<string, WatchedPart>();
  readonly #exchange: SimulatedExchange;

  #equal: ReadonlyMap<PlannedRecord, readonly PlannedRecord[]> | null = null;

  constructor(exchange: SimulatedExchange) {
    this.#exchange = exchange;
  }

  part(stream: string, part: string): WatchedPart {
    const name = `${stream}/${part}`;
    const found = this.parts.get(name) ?? new WatchedPart();
    this.parts.set(name, found);
    return found;
  }

  find(rule: Rule, what: string): void {
    if (!this.findings.some((finding) => finding.what === what)) this.findings.push({ rule, what });
  }

  isStored(record: PlannedRecord): boolean {
    return this.parts.get(`${record.stream}/${record.part}`)?.kept.has(record) ?? false;
  }

  /** A store whose commits are watched. `committed` says of a failed commit whether it was committed all the same. */
  over(store: HistoryStore, committed: () => boolean): HistoryStore {
    return {
      openPart: (reference) => store.openPart(reference),
      commitPage: (reference, fence, page, decide) =>
        this.#following(reference, page, committed, (judged) =>
          store.commitPage(reference, fence, page, (before, held) => judged(before, decide(before, held))),
        ),
      changePart: async (reference, fence, change) =>
        store.changePart(reference, fence, (state) => {
          const after = change(state);
          this.observe?.(`${nameOf(reference)} now has to ask ${text(after.pending) || 'nothing'}`);
          this.#checkSettled(reference, state, after);
          this.#checkMarks(reference, after);
          const added = minus(after.covered, state.covered);
          if (added.length > 0) this.find('c', `${nameOf(reference)} claims ${text(added)} without any page`);
          return after;
        }),
      knownValues: (reference, column) => store.knownValues(reference, column),
      changingRecords: (reference) => store.changingRecords(reference),
    };
  }

  /** The same for answers that are read again. */
  overReplays(replays: Replays, committed: () => boolean): Replays {
    return {
      answers: (reference) => replays.answers(reference),
      pageOf: (stream, answer, signal) => replays.pageOf(stream, answer, signal),
      commit: (reference, fence, replay, decide) =>
        this.#following(reference, replay.page, committed, (judged) =>
          replays.commit(reference, fence, replay, (before, held, aside) =>
            judged(before, decide(before, held, aside)),
          ),
        ),
    };
  }

  /** Takes in what a commit decided, once it is committed, whether or not whoever wrote it heard of that. */
  async #following<Outcome, Decision extends PageDecision>(
    reference: PartReference,
    page: Page,
    committed: () => boolean,
    commit: (judged: (before: PartState, decision: Decision) => Decision) => Promise<Outcome>,
  ): Promise<Outcome> {
    let last: { readonly before: PartState; readonly decision: Decision } | null = null;
    const note = () => last && this.#committed(reference, page, last.before, last.decision);
    try {
      const outcome = await commit((before, decision) => {
        last = { before, decision };
        return decision;
      });
      note();
      return outcome;
    } catch (error) {
      if (committed()) note();
      throw error;
    }
  }

  /** Settled means: asked at an age at which nothing comes any more that comes as late as was promised. */
  #checkSettled(reference: PartReference, before: PartState, after: PartState): void {
    const { settledThroughMs } = after;
    if (settledThroughMs === null || settledThroughMs === before.settledThroughMs) return;
    const settled = after.covered.flatMap(({ from, to }) => {
      const fromMs = Math.max(from, before.settledThroughMs ?? from);
      return fromMs < settledThroughMs ? [{ from: fromMs, to: Math.min(to, settledThroughMs) }] : [];
    });
    const watched = this.part(reference.stream.name, reference.part);
    for (const record of this.#recordsIn(reference, settled)) {
      const late = record.delayMs > this.#expectedDelayMs(watched, record.at);
      if (!watched.kept.has(record) && !late && this.#exchange.isEverServed(record)) {
        this.find('c', `${nameOf(reference)} calls ${describe(record)} settled, which is not stored`);
      }
    }
  }

  /** What is marked as a gap is not claimed at the same time. */
  #checkMarks(reference: PartReference, { covered, marks }: PartState): void {
    for (const mark of marks) {
      // A window that fails is known as such, also where an earlier answer proved it.
      const isKnown =
        mark.reason === 'expired-before-link' ||
        mark.reason === 'unexpected-answer' ||
        mark.reason === 'unanswered' ||
        mark.division !== undefined;
      if (isKnown || mark.reason === 'refused' || mark.reason === 'not-opened') continue;
      const both = covered.find(({ from, to }) => from < mark.to && mark.from < to);
      if (both)
        this.find('c', `${nameOf(reference)} claims ${text([both])}, of which ${text([mark])} is ${mark.reason}`);
    }
  }

  /** How late a record of an instant may come: twice as late as others came before, which is forgotten by some percent a day. */
  #expectedDelayMs({ late }: WatchedPart, at: number): number {
    const before = late.filter(({ seenAtMs }) => seenAtMs < at);
    const expected = before.map(({ seenAtMs, delayMs }) => {
      const days = (this.#exchange.nowMs - seenAtMs) / 86_400_000;
      return Math.min(2 * delayMs * 0.96 ** days, 80 * 86_400_000);
    });
    return Math.max(promisedDelayMs, ...expected);
  }

  #committed(reference: PartReference, page: Page, before: PartState, decision: PageDecision): void {
    const name = nameOf(reference);
    const watched = this.part(reference.stream.name, reference.part);
    const { verdict, claim } = decision;
    this.observe?.(
      `${name} asked ${text([page.question.core])}: ${page.rows.length} rows, ${verdict.kind}, claims ${text(claim) || 'nothing'}`,
    );
    const served = this.#exchange.behind(page);
    const fresh = this.#keep(watched, served, page, decision);
    if (decision.verdict.kind !== 'no-evidence') {
      const late = fresh.filter(({ at }) => before.covered.some((range) => contains(range, at)));
      watched.late.push(...late.map(({ at }) => ({ seenAtMs: served.atMs, delayMs: served.atMs - at })));
    }
    if (served.complete) watched.answered.push(page.question.core);
    // The last page of a read settles it.
    this.#checkSettled(reference, before, decision.state);
    this.#checkMarks(reference, decision.state);
    const claimed = [...decision.claim, ...minus(decision.state.covered, before.covered)];
    const claimedToMs = Math.max(...claimed.map(({ to }) => to));
    if (claimedToMs > served.atMs) this.find('c', `${name} claims what has not happened yet`);
    for (const record of this.#recordsIn(reference, claimed)) this.#mustBeKept(name, watched, record, page, served);
  }

  /** What is claimed by this answer was servable when it came, and so must have been in it, or in one before. */
  #mustBeKept(name: string, watched: WatchedPart, record: PlannedRecord, page: Page, served: Served): void {
    if (watched.kept.has(record)) return;
    const asked = contains(page.question.core, record.at);
    if (asked && this.#exchange.servable(record, served.atMs)) {
      this.find('c', `${name} claims ${describe(record)}, which was listed and is not stored`);
    } else if (!asked && !watched.answered.some((core) => contains(core, record.at))) {
      // What an earlier answer showed counts as soon as a later one proves it; but there must be one.
      this.find('c', `${name} claims ${describe(record)}, of whose time nothing was answered`);
    }
  }

  /** Takes in what a page stored; answers with the records that were not stored before. */
  #keep(watched: WatchedPart, served: Served, page: Page, decision: PageDecision): readonly PlannedRecord[] {
    const aside = new Set(decision.quarantine.map(({ raw }) => raw));
    const keysOfText = Map.groupBy(page.rows, ({ raw }) => raw);
    const fresh: PlannedRecord[] = [];
    watched.insertedRows += decision.insert.length;
    for (const { record, text } of served.records) {
      const rows = keysOfText.get(text);
      if (aside.has(text) || (rows && record.flaw !== null && rows.every(({ kind }) => kind === 'unreadable'))) {
        watched.aside.add(text);
        continue;
      }
      if (!rows) {
        if (record.flaw !== null) watched.aside.add(text);
        continue;
      }
      // Of equal records only the number can be told: as many as the answer counts, the first ones of them.
      const counted = new Set(rows.flatMap((row) => (row.kind === 'row' ? [row.key] : []))).size;
      for (const equal of this.#equalTo(record).slice(0, counted)) {
        if (!watched.kept.has(equal)) fresh.push(equal);
        // An older answer changes nothing.
        if ((watched.kept.get(equal)?.atMs ?? 0) <= served.seenAtMs)
          watched.kept.set(equal, { text, atMs: served.seenAtMs });
      }
    }
    for (const raw of served.spoilt) watched.aside.add(raw);
    return fresh;
  }

  #equalTo(record: PlannedRecord): readonly PlannedRecord[] {
    if (record.stream !== 'futures-flows') return [record];
    if (this.#equal === null) {
      const flows = this.#exchange.plan.records.filter(({ stream }) => stream === 'futures-flows');
      const groups = Map.groupBy(flows, (flow) => servedText(flow, flow.at)).values();
      this.#equal = new Map([...groups].flatMap((group) => group.map((flow) => [flow, group])));
    }
    return this.#equal.get(record) ?? [record];
  }

  #recordsIn({ stream, part }: PartReference, ranges: readonly Range[]): readonly PlannedRecord[] {
    if (ranges.length === 0) return [];
    return this.#exchange
      .recordsOf(stream.name, part)
      .filter(({ at }) => ranges.some((range) => range.from <= at && at < range.to));
  }
}

/** By which a stored row leads back to its record; flows that are equal in everything are counted. */
export function identitiesOf(records: readonly PlannedRecord[]): ReadonlyMap<string, PlannedRecord> {
  const known = new Map<string, PlannedRecord>();
  for (const record of records) {
    const { stream, part, symbol, tradeId, orderId, at, size, states, flaw } = record;
    if (stream === 'futures-flows') {
      const flow = [
        stream,
        part,
        at,
        flowSymbol(record),
        flaw === 'new-word' ? readAs.flow_type : states[0]?.status,
        size,
      ].join(' ');
      let occurrence = 1;
      while (known.has(`${flow} ${occurrence}`)) occurrence++;
      known.set(`${flow} ${occurrence}`, record);
    } else
      known.set(
        (isTrade(record) ? [stream, part, symbol, tradeId, orderId] : [stream, part, tradeId]).join(' '),
        record,
      );
  }
  return known;
}

export function describe(record: PlannedRecord): string {
  return `record ${record.number} of ${new Date(record.at).toISOString()}`;
}

function contains({ from, to }: Range, instant: number): boolean {
  return from <= instant && instant < to;
}

/** The instants of `a` that are not in `b`; both in order. */
export function minus(a: readonly Range[], b: readonly Range[]): Range[] {
  const rest: Range[] = [];
  for (const { from, to } of a) {
    let start = from;
    for (const hole of b) {
      if (hole.to <= start || hole.from >= to) continue;
      if (hole.from > start) rest.push({ from: start, to: hole.from });
      start = Math.max(start, hole.to);
    }
    if (start < to) rest.push({ from: start, to });
  }
  return rest;
}

export function text(ranges: readonly Range[]): string {
  const instant = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString() : String(ms));
  return ranges.map(({ from, to }) => `[${instant(from)}, ${instant(to)})`).join(' ');
}

function nameOf({ stream, part }: PartReference): string {
  return `${stream.name}/${part}`;
}
