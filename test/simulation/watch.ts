import { createHash, type Hash } from 'node:crypto';
import type { PartState } from '../../src/history/part-state.ts';
import type { HistoryStore, PageDecision, PartReference, Replays } from '../../src/history/ports.ts';
import type { Page, Question, Stream } from '../../src/history/stream.ts';
import type { Served, SimulatedExchange } from './exchange.ts';
import { promisedDelayMs } from './opportunities.ts';
import type { PlannedRecord } from './plan.ts';
import { anyContains, contains, joined, minus, overlap, type Range, text } from './ranges.ts';
import { listedMs, type ServedHistory } from './served-history.ts';
import { isList } from './streams.ts';
import { flowSymbol, isTrade, readAs, servedText } from './wire.ts';

/**
 * a: nothing lost that could have been read, b: nothing doubled or invented, c: nothing falsely claimed, d: everything as it
 * was served, e: the same truth read otherwise gives the same, f: every gap's reason is a fact, end: reading comes to its
 * end, trace: the same plan is run the same way again, together: windows that are under way together are disjoint.
 */
export type Rule = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'end' | 'trace' | 'together';

/** A question on its way. */
export interface UnderWay {
  readonly stream: Stream;
  readonly question: Question;
  readonly signal: AbortSignal;
}

export interface Finding {
  readonly rule: Rule;
  readonly what: string;
}

const dayMs = 86_400_000;
/** As far back as BitMart says that it serves. */
export const documentedReachMs = 89 * dayMs;

interface KeptText {
  readonly text: string;
  /** When the record was as it stands there, and as of when the answer said that it was. */
  readonly seenAtMs: number;
  readonly saidAtMs: number;
}

/** What is known of one part from outside: what was asked, what was answered, and what should be stored by now. */
export class WatchedPart {
  /** Rows that committed pages stored: the record's own text as served last. */
  readonly kept = new Map<PlannedRecord, KeptText>();
  /** Records of which a row was served last that could not be theirs, and when. */
  readonly spoilt = new Map<PlannedRecord, number>();
  /** Texts that were quarantined. */
  readonly quarantined = new Set<string>();
  /** Windows that were answered with everything that could be served; the other with units that took several requests. */
  readonly answered: (Range & { readonly atMs: number })[] = [];
  readonly divided: Range[] = [];
  /** Windows of which an answer was not evidence. */
  readonly doubted: Range[] = [];
  /** Windows for which other days were served, as long as no row outside of them has shown it. */
  deceived: Range[] = [];
  insertedRows = 0;
  /** The greatest age of a record that was served. */
  shownReachMs = 0;
  /** Records that came after their instant was claimed: when, and how late they were by then. */
  readonly late: { readonly seenAtMs: number; readonly delayMs: number }[] = [];

  /**
   * Not served although it was listed and within the documented reach: that can't be known, also where a new key is served
   * it afterwards. Until the reach is swept nothing looks there.
   */
  wasProvedAbsent(record: PlannedRecord, history: ServedHistory): boolean {
    return this.answered.some(
      ({ atMs, ...range }) =>
        contains(range, record.at) &&
        record.at >= atMs - documentedReachMs &&
        listedMs(record) <= atMs &&
        !history.servable(record, atMs),
    );
  }
}

/**
 * Looks at every commit from outside, with the truth at hand: what is claimed at that moment must be stored at that
 * moment. Shares nothing with the engine but the shape of its decisions.
 */
export class Watch {
  readonly findings: Finding[] = [];
  /** Called with every commit, for following a run step by step. */
  observe: ((line: string) => void) | null = null;
  readonly #parts = new Map<string, WatchedPart>();
  readonly #exchange: SimulatedExchange;
  readonly #trace: Hash = createHash('sha1');
  #equal: ReadonlyMap<PlannedRecord, readonly PlannedRecord[]> | null = null;

  constructor(exchange: SimulatedExchange) {
    this.#exchange = exchange;
  }

  part(accountId: string, stream: string, part: string): WatchedPart {
    const name = `${accountId}/${stream}/${part}`;
    const found = this.#parts.get(name) ?? new WatchedPart();
    this.#parts.set(name, found);
    return found;
  }

  find(rule: Rule, what: string): void {
    if (!this.findings.some((finding) => finding.what === what)) this.findings.push({ rule, what });
  }

  /** Of one part no two windows that are under way together may hold the same instant. */
  mayBeAskedBeside({ stream, question }: UnderWay, others: readonly UnderWay[]): void {
    const { part, core } = question;
    const beside = others.find(
      (other) =>
        !other.signal.aborted &&
        other.stream.name === stream.name &&
        other.question.part === part &&
        overlap(other.question.core, core),
    );
    if (beside) this.find('together', `${stream.name}/${part} is asked for ${text([core])} twice at once`);
  }

  isStored(accountId: string, record: PlannedRecord): boolean {
    return this.part(accountId, record.stream, record.part).kept.has(record);
  }

  spoiltAtMs(accountId: string): ReadonlyMap<PlannedRecord, number> {
    const parts = [...this.#parts].filter(([name]) => name.startsWith(`${accountId}/`));
    return new Map(parts.flatMap(([, { spoilt }]) => [...spoilt]));
  }

  /** What goes into the trace is the same whenever the plan is run. */
  note(line: string): void {
    this.#trace.update(`${this.#exchange.nowMs} ${line}\n`);
    this.observe?.(line);
  }

  trace(): string {
    return this.#trace.copy().digest('base64url');
  }

  /** From now on one account holds what both did; of a record that both hold, its last served form. */
  merge(fromId: string, intoId: string, stream: string, part: string): void {
    const [from, into] = [this.part(fromId, stream, part), this.part(intoId, stream, part)];
    const held = new Map([...into.kept.keys()].map((record) => [identityOf(record), record]));
    for (const [record, kept] of from.kept) {
      const other = into.kept.get(record);
      // The same identity with another time: the surviving account's own stays.
      if (!other && stream !== 'futures-flows' && held.has(identityOf(record))) {
        into.quarantined.add(kept.text);
        continue;
      }
      if (!other || other.saidAtMs < kept.saidAtMs) into.kept.set(record, kept);
    }
    for (const raw of from.quarantined) into.quarantined.add(raw);
    for (const [record, atMs] of from.spoilt) into.spoilt.set(record, Math.max(atMs, into.spoilt.get(record) ?? 0));
    into.answered.push(...from.answered);
    into.divided.push(...from.divided);
    into.deceived.push(...from.deceived);
    into.late.push(...from.late);
    into.insertedRows += from.insertedRows;
    into.shownReachMs = Math.max(into.shownReachMs, from.shownReachMs);
  }

  /** A store whose commits are watched. `committed` says of a failed commit whether it was committed all the same. */
  over(store: HistoryStore, committed: () => boolean): HistoryStore {
    return {
      openPart: (reference) => store.openPart(reference),
      commitPage: (reference, fence, page, decide) =>
        this.#following(reference, page, committed, false, (judged) =>
          store.commitPage(reference, fence, page, (before, held) => judged(before, decide(before, held))),
        ),
      changePart: async (reference, fence, change) =>
        store.changePart(reference, fence, (state) => {
          const after = change(state);
          this.note(`${nameOf(reference)} now has to ask ${text(after.pending) || 'nothing'}`);
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
        this.#following(reference, replay.page, committed, true, (judged) =>
          replays.commit(reference, fence, replay, (before, held, aside) =>
            judged(before, decide(before, held, aside)),
          ),
        ),
    };
  }

  /** Takes in what a commit decided, once it is committed, whether or not its writer heard of that. */
  async #following<Outcome, Decision extends PageDecision>(
    reference: PartReference,
    page: Page,
    committed: () => boolean,
    isReplay: boolean,
    commit: (judged: (before: PartState, decision: Decision) => Decision) => Promise<Outcome>,
  ): Promise<Outcome> {
    let last: { readonly before: PartState; readonly decision: Decision } | null = null;
    const note = () => last && this.#committed(reference, page, last.before, last.decision, isReplay);
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

  /** Settled means: requested at an age at which every row has come that comes as late as was promised. */
  #checkSettled(reference: PartReference, before: PartState, after: PartState): void {
    const { settledThroughMs } = after;
    if (settledThroughMs === null || settledThroughMs === before.settledThroughMs) return;
    const settled = after.covered.flatMap(({ from, to }) => {
      const fromMs = Math.max(from, before.settledThroughMs ?? from);
      return fromMs < settledThroughMs ? [{ from: fromMs, to: Math.min(to, settledThroughMs) }] : [];
    });
    const { history, nowMs, plan } = this.#exchange;
    const watched = this.#partOf(reference);
    for (const record of this.#recordsIn(reference, settled)) {
      const late = record.delayMs + plan.manner.replicaLagMs > this.#expectedDelayMs(watched, record.at);
      // What is no longer served at this moment may have gone before it could be requested.
      const isServed = history.servable(record, Math.max(nowMs, listedMs(record)));
      const isExcused = anyContains(watched.deceived, record.at) || watched.wasProvedAbsent(record, history);
      if (!watched.kept.has(record) && !late && isServed && !isExcused) {
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
      // All that a list does not claim is open.
      if (isList(reference.stream.name) && mark.reason !== 'quarantined') continue;
      const both = covered.find((range) => overlap(range, mark));
      if (both)
        this.find('c', `${nameOf(reference)} claims ${text([both])}, of which ${text([mark])} is ${mark.reason}`);
    }
  }

  /** How late a record of an instant may come: twice as late as others came before, which is forgotten by some percent a day. */
  #expectedDelayMs({ late }: WatchedPart, at: number): number {
    const before = late.filter(({ seenAtMs }) => seenAtMs < at);
    const expected = before.map(({ seenAtMs, delayMs }) => {
      const days = (this.#exchange.nowMs - seenAtMs) / dayMs;
      return Math.min(2 * delayMs * 0.96 ** days, 80 * dayMs);
    });
    return Math.max(promisedDelayMs, ...expected);
  }

  #committed(reference: PartReference, page: Page, before: PartState, decision: PageDecision, isReplay: boolean): void {
    const name = nameOf(reference);
    const watched = this.#partOf(reference);
    const { verdict, claim } = decision;
    const asked = text([page.question.core]);
    this.note(`${name} asked ${asked}: ${page.rows.length} rows, ${verdict.kind}, claims ${text(claim) || 'nothing'}`);
    const served = this.#exchange.behind(page);
    const fresh = this.#keep(watched, served, page, decision);
    if (verdict.kind === 'no-evidence') watched.doubted.push(page.question.core);
    else if (!isReplay) {
      // A row that is read again from a stored answer came with that answer, before its instant was covered: it is not late.
      const late = fresh.filter(({ at }) => before.covered.some((range) => contains(range, at)));
      watched.late.push(...late.map(({ at }) => ({ seenAtMs: served.atMs, delayMs: served.atMs - at })));
    }
    if (served.isSubstitute) {
      const { from, to } = page.question.core;
      const shows = page.rows.some(
        ({ at }) => at !== null && (at < from - reference.stream.unitMs || at >= to + reference.stream.unitMs),
      );
      watched.deceived = shows ? [] : [...watched.deceived, page.question.core];
    }
    if (served.shows) {
      const shown = { ...served.shows, atMs: served.seenAtMs };
      (page.question.split ? watched.divided : watched.answered).push(shown);
    }
    if (!served.isCached) {
      // A record that is served with wrong content is served all the same.
      const shown = served.rows.flatMap(({ record, insteadOf }) => record ?? insteadOf ?? []);
      const ages = shown.map(({ at }) => served.atMs - at);
      watched.shownReachMs = Math.max(watched.shownReachMs, ...ages);
    }
    // The last page of a read settles it.
    this.#checkSettled(reference, before, decision.state);
    this.#checkMarks(reference, decision.state);
    const claimed = joined([...claim, ...minus(decision.state.covered, before.covered)]);
    const claimedToMs = Math.max(...claimed.map(({ to }) => to));
    if (claimedToMs > served.atMs) this.find('c', `${name} claims what has not happened yet`);
    for (const record of this.#recordsIn(reference, claimed)) this.#mustBeKept(name, watched, record, page, served);
    if (isReplay) this.#checkReplay(reference, claim);
    if (before.lastReadEndMs === null && decision.state.lastReadEndMs !== null) this.#checkHundred(reference, decision);
  }

  /** An old answer claims today only what had come by then as late as was promised. */
  #checkReplay(reference: PartReference, claim: readonly Range[]): void {
    const { history, nowMs } = this.#exchange;
    const watched = this.#partOf(reference);
    for (const record of this.#recordsIn(reference, claim)) {
      const isListed = record.delayMs <= promisedDelayMs && history.servable(record, nowMs);
      if (isListed && record.flaw === null && !watched.kept.has(record))
        this.find('c', `${nameOf(reference)} claims ${describe(record)} by an old answer, and it is not stored`);
    }
  }

  /** Where only the last hundred movements are served, exactly a hundred of them say that there were more. */
  #checkHundred(reference: PartReference, { state }: PageDecision): void {
    const { history, nowMs, plan } = this.#exchange;
    const { kept } = this.#partOf(reference);
    if (plan.manner.lastMovementsOnly === null || kept.size !== plan.manner.lastMovementsOnly) return;
    const oldestMs = Math.min(...[...kept.keys()].map(({ at }) => at));
    const older = this.#recordsIn(reference, state.covered).filter(({ at }) => at < oldestMs);
    const lost = older.find((record) => history.isPushedOut(record, nowMs));
    if (lost) this.find('c', `${nameOf(reference)} claims ${describe(lost)}, before the last hundred`);
  }

  /** What is claimed by this answer was servable when it came, and so must have been in it, or in one before. */
  #mustBeKept(name: string, watched: WatchedPart, record: PlannedRecord, page: Page, served: Served): void {
    if (watched.kept.has(record) || anyContains(watched.deceived, record.at)) return;
    const { history } = this.#exchange;
    const asked = contains(page.question.core, record.at);
    // That a replica lags behind can't be known; that a cache answers can.
    const believedAtMs = served.isCached ? served.atMs : served.seenAtMs;
    const claims = `${name} claims ${describe(record)}`;
    if (asked && history.servable(record, believedAtMs)) {
      this.find('c', `${claims}, which was listed and is not stored`);
    } else if (!asked && !anyContains(watched.answered, record.at)) {
      // What an earlier answer showed counts as soon as a later one proves it; but there must be one.
      this.find('c', `${claims}, of whose time nothing was answered`);
    } else if (listedMs(record) <= believedAtMs && served.atMs - record.at > this.#shownReachMs(watched)) {
      this.find('c', `${claims}, which is older than anything that was ever served`);
    }
  }

  /** An hour more, because the edge moves on while an answer is on its way. */
  #shownReachMs({ shownReachMs }: WatchedPart): number {
    return Math.max(documentedReachMs, shownReachMs) + 3_600_000;
  }

  /** Takes in what a page stored; answers with the records that were not stored before. */
  #keep(watched: WatchedPart, served: Served, page: Page, decision: PageDecision): readonly PlannedRecord[] {
    const quarantined = new Set(decision.quarantine.map(({ raw }) => raw));
    const rowsOfText = Map.groupBy(page.rows, ({ raw }) => raw);
    const fresh: PlannedRecord[] = [];
    const { seenAtMs } = served;
    const saidAtMs = served.isCached ? seenAtMs : served.atMs;
    watched.insertedRows += decision.insert.length;
    const changed = new Set(decision.change.map(({ raw }) => raw));
    const { clockErrorMs } = this.#exchange.plan.manner;
    for (const { record, insteadOf, text: raw } of served.rows) {
      // Which of several equal ones it was, the others do not show.
      for (const spoilt of insteadOf ? this.#equalTo(insteadOf) : []) watched.spoilt.set(spoilt, served.atMs);
      if (record === null) {
        watched.quarantined.add(raw);
        continue;
      }
      const rows = rowsOfText.get(raw);
      if (quarantined.has(raw) || (rows && record.flaw !== null && rows.every(({ kind }) => kind === 'unreadable'))) {
        watched.quarantined.add(raw);
        continue;
      }
      if (!rows) {
        if (record.flaw !== null) watched.quarantined.add(raw);
        continue;
      }
      // Of equal records only the number is known: as many as the answer counts, the first ones of them.
      const counted = new Set(rows.flatMap((row) => (row.kind === 'row' ? [row.key] : []))).size;
      for (const equal of this.#equalTo(record).slice(0, counted)) {
        const known = watched.kept.get(equal);
        if (!known) fresh.push(equal);
        // An older answer changes nothing. Of two that came at almost the same time, a wrong clock does not tell which is older.
        const isNewer = !known || known.saidAtMs <= saidAtMs;
        const isUnclear =
          clockErrorMs > 0 && known !== undefined && Math.abs(known.saidAtMs - saidAtMs) <= 2 * clockErrorMs;
        if (isUnclear ? raw === known.text || changed.has(raw) : isNewer)
          watched.kept.set(equal, { text: raw, seenAtMs, saidAtMs });
      }
    }
    return fresh;
  }

  #partOf({ accountId, stream, part }: PartReference): WatchedPart {
    return this.part(accountId, stream.name, part);
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
    return ranges.flatMap(({ from, to }) => this.#exchange.history.recordsWithin(stream.name, part, from, to - 1));
  }
}

/** By which a stored row leads back to its records; flows that are equal in everything are counted. */
export function identitiesOf(records: readonly PlannedRecord[]): ReadonlyMap<string, readonly PlannedRecord[]> {
  const known = new Map<string, PlannedRecord[]>();
  for (const record of records) {
    const identity = identityOf(record);
    if (record.stream !== 'futures-flows') {
      known.set(identity, [...(known.get(identity) ?? []), record]);
      continue;
    }
    let occurrence = 1;
    while (known.has(`${identity} ${occurrence}`)) occurrence++;
    known.set(`${identity} ${occurrence}`, [record]);
  }
  return known;
}

/** What a record is known by. Two of them are the same record served under another time. */
export function identityOf(record: PlannedRecord): string {
  const { stream, part, symbol, tradeId, orderId, at, size, states, flaw } = record;
  if (isList(stream)) return [stream, part, at, symbol, size].join(' ');
  if (stream !== 'futures-flows') {
    const hasPair = isTrade(record) && stream !== 'margin-loans';
    return (hasPair ? [stream, part, symbol, tradeId, orderId] : [stream, part, tradeId]).join(' ');
  }
  const type = flaw === 'new-word' ? readAs.flow_type : states[0]?.status;
  return [stream, part, at, flowSymbol(record), type, size].join(' ');
}

export function describe(record: PlannedRecord): string {
  return `record ${record.number} of ${new Date(record.at).toISOString()}`;
}

function nameOf({ stream, part }: PartReference): string {
  return `${stream.name}/${part}`;
}
