import type { Plan, PlannedRange, PlannedRecord, Trouble } from './plan.ts';
import { endOf } from './plan-exchange.ts';
import { listedMs, type ServedHistory } from './served-history.ts';
import { isList, isRare, isUnseen, pairOf, partsOf } from './streams.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * H: how long a record must be servable, while requests for it would succeed, before it must be stored. A sync goes on
 * until everything due is read. Its planned attempts wait for each other for an hour at the most, so that two hours are
 * enough for it; where answers are slow, for some hundred of them as well.
 */
export const owedAfterMs = 2 * hourMs;
const answersOfSync = 400;

/** How late a record may be listed and must still be found at the next sync: what is promised (docs/guarantees.md). */
export const promisedDelayMs = 24 * hourMs;
/** What is listed later is found when the documented reach is read again: once a week, and before the exchange closes. */
const sweepMs = 7 * dayMs;
const sweptReachMs = 88 * dayMs;

/** What failed for a moment is requested again an hour later (docs/guarantees.md); by three days later the engine owes it. */
const firstRetryMs = hourMs;
const againAfterMs = 3 * dayMs;

/** What a sync was, as far as its worker knows. */
export interface SyncNote {
  readonly accountId: string;
  readonly startMs: number;
  readonly isCutShort: boolean;
  /** Only this was asked for. */
  readonly range: PlannedRange | null;
  /** Streams of which a single answer said that they can't be read: they are left alone until the next sync. */
  readonly refused: ReadonlySet<string>;
}

export type Excuse =
  | 'never served'
  | 'served too briefly'
  | 'listed later than promised'
  | 'its row was spoilt once'
  | 'the worker was down'
  | 'no request would have succeeded'
  | 'its window fails'
  | 'its retry was not due'
  | 'asked again later'
  | 'too many in one unit'
  | 'can not be read'
  | 'another with its identity is stored'
  | 'listed after the last sync'
  | 'its stream was over'
  | 'the documented reach was empty there'
  | 'bounds were ignored, and nothing showed it'
  | 'inconclusive';

/** From the plan and the truth alone: whether a record could have been asked for, and when. */
export class Opportunities {
  readonly #plan: Plan;
  readonly #history: ServedHistory;
  readonly #syncs: readonly SyncNote[];
  readonly #owedAfterMs: number;
  readonly #spoiltAtMs: ReadonlyMap<PlannedRecord, number>;
  readonly #crowdedUnits = new Map<string, boolean>();

  /** `spoiltAtMs`: when a record's row was served last as one that can't be read. It stays quarantined until a sweep. */
  constructor(run: {
    readonly accountId: string;
    readonly plan: Plan;
    readonly exchange: { readonly history: ServedHistory };
    readonly syncs: readonly SyncNote[];
    spoiltAtMs(): ReadonlyMap<PlannedRecord, number>;
  }) {
    const { plan } = run;
    this.#plan = plan;
    this.#history = run.exchange.history;
    // What the second link has read is not the account's before they are merged, and a closed account is not read on to that.
    const isMerged = run.syncs.some(({ startMs }) => startMs >= (plan.duplicate?.mergedAtMs ?? 0));
    this.#syncs = isMerged ? run.syncs : run.syncs.filter((sync) => sync.accountId === run.accountId);
    this.#spoiltAtMs = run.spoiltAtMs();
    this.#owedAfterMs = owedAfterMs + answersOfSync * plan.manner.latencyMs[1];
  }

  /**
   * The first sync that had to bring the record in its form from `sinceMs` on, or why none had to. What stands in the way of
   * several syncs at different points: the one counts that came closest.
   */
  of(record: PlannedRecord, sinceMs: number = Number.NEGATIVE_INFINITY): SyncNote | Excuse {
    if (record.flaw !== null) return 'can not be read';
    if (this.#isCrowded(record)) return 'too many in one unit';
    const lastMs = this.#syncs.at(-1)?.startMs ?? Number.NEGATIVE_INFINITY;
    if (!this.#history.everServable(record, lastMs + this.#owedAfterMs)) {
      return listedMs(record) > lastMs ? 'listed after the last sync' : 'never served';
    }
    let closest: Excuse = 'the worker was down';
    let most = 0;
    for (const sync of this.#syncs) {
      const [passed, excuse] = this.#judge(record, sync, sinceMs);
      if (excuse === null) return sync;
      if (passed > most) [most, closest] = [passed, excuse];
    }
    // What would have been requested after the last sync is unknown.
    const isLater = closest === 'its retry was not due' || closest === 'asked again later';
    const isOpen = isLater && this.#isAskable(record, lastMs + this.#owedAfterMs);
    return isOpen ? 'inconclusive' : closest;
  }

  /** How many conditions in a row hold, and what is said of the first one that does not. */
  #judge(record: PlannedRecord, sync: SyncNote, sinceMs: number): readonly [number, Excuse | null] {
    const history = this.#history;
    const { startMs, range } = sync;
    const endMs = startMs + this.#owedAfterMs;
    const goesOnFromMs = this.goesOnFromMs(record, sync);
    const isAskedFor =
      range === null || (range.stream === record.stream && range.fromMs <= record.at && record.at < range.toMs);
    const lagMs = this.#plan.manner.replicaLagMs + 60_000;
    const listed = Math.max(listedMs(record), sinceMs) + lagMs;
    const conditions: readonly (readonly [boolean, Excuse])[] = [
      [isAskedFor, 'the worker was down'],
      [history.servable(record, goesOnFromMs) && listed <= goesOnFromMs, 'the worker was down'],
      // A replica that lags behind still serves what was served then.
      [history.servable(record, goesOnFromMs - lagMs), 'served too briefly'],
      [this.#isAskable(record, startMs) && this.#isAskable(record, endMs), 'served too briefly'],
      [!this.#isOver(record, sync), 'its stream was over'],
      [!sync.isCutShort, 'the worker was down'],
      [!this.#isRefused(record, sync), 'no request would have succeeded'],
      [!this.#isTroubled(record, startMs, endMs), 'no request would have succeeded'],
      [!this.isDelisted(record, endMs), 'no request would have succeeded'],
      [!this.#fails(record, startMs, endMs), 'its window fails'],
      [this.#isAskedAgain(record, sync, goesOnFromMs), 'listed later than promised'],
      [this.#isSwept(record, sync, goesOnFromMs, this.#spoiltAtMs.get(record)), 'its row was spoilt once'],
      [this.#hasRecovered(record, startMs, firstRetryMs), 'its retry was not due'],
      [this.#hasRecovered(record, startMs, againAfterMs), 'asked again later'],
      [this.#isLookedUp(record, sinceMs, sync), 'asked again later'],
    ];
    const passed = conditions.findIndex(([holds]) => !holds);
    return passed < 0 ? [conditions.length, null] : [passed, (conditions[passed] as (typeof conditions)[number])[1]];
  }

  /** A rare stream that was refused is left alone for a day, and so is one of which an answer made no sense. */
  #isRefused({ stream }: PlannedRecord, sync: SyncNote): boolean {
    if (!isRare(stream)) return sync.refused.has(stream);
    return this.#syncs.some(
      ({ startMs, refused }) => startMs > sync.startMs - dayMs && startMs <= sync.startMs && refused.has(stream),
    );
  }

  /** Every request for a pair is refused once BitMart knows it no longer. */
  isDelisted(of: { readonly stream: string; readonly part: string }, atMs: number): boolean {
    const pair = pairOf(of);
    return (
      pair !== null &&
      this.#plan.delistings.some((each) => each.stream === of.stream && each.symbol === pair && each.fromMs <= atMs)
    );
  }

  /** Since when a read may be under way that this sync goes on with: it reads what was there by then. */
  goesOnFromMs(record: Pick<PlannedRecord, 'stream'>, sync: SyncNote): number {
    let sinceMs = sync.startMs;
    if (sync.range !== null) return sinceMs;
    const own = this.#syncs.filter(({ accountId, range }) => accountId === sync.accountId && range === null);
    for (let i = own.indexOf(sync) - 1; i >= 0; i--) {
      const { startMs, isCutShort } = own[i] as SyncNote;
      if (!isCutShort && !this.#isTroubled(record, startMs, startMs + this.#owedAfterMs)) break;
      sinceMs = startMs;
    }
    return sinceMs;
  }

  /**
   * A window is asked one unit wider than it counts, and where a window that is too old is refused, so is its edge: an hour of
   * a stream that was never seen to answer.
   */
  #isAskable(record: PlannedRecord, atMs: number): boolean {
    const { stream, part, at } = record;
    if (!this.#history.servable(record, atMs)) return false;
    const smallestMs = isUnseen(stream) ? hourMs : unitOf(record);
    const marginMs = this.#history.reachOf(stream, part).edge === 'empty' ? 0 : 2 * smallestMs;
    return at - marginMs >= this.#history.edgeMs(stream, part, atMs);
  }

  /** Once the platform has ended, a stream is read no more; once its own end has passed, or where it is rare, it is read once a day. */
  #isOver(record: PlannedRecord, { startMs, range }: SyncNote): boolean {
    const { timetable } = this.#plan;
    // It may have been read up to a day before, when the record was not served yet.
    const wasServed = listedMs(record) <= startMs - dayMs && this.#history.servable(record, startMs - dayMs);
    if (range === null && isRare(record.stream) && !wasServed) return true;
    if (timetable === null || range !== null) return false;
    const endMs = endOf(record, timetable);
    const rests = endMs !== null && endMs <= startMs && listedMs(record) > startMs - dayMs;
    return rests || (timetable.platformEndMs !== null && startMs >= timetable.platformEndMs);
  }

  #isTroubled(record: Pick<PlannedRecord, 'stream'>, fromMs: number, toMs: number): boolean {
    const { rotations, timetable } = this.#plan;
    if (timetable !== null && timetable.goneFromMs <= toMs) return true;
    if (rotations.some((each) => each.refusedFromMs < toMs && fromMs < each.replacedAtMs)) return true;
    return this.#troublesOf(record).some((trouble) => trouble.fromMs < toMs && fromMs < trouble.toMs);
  }

  #troublesOf({ stream }: Pick<PlannedRecord, 'stream'>): readonly Trouble[] {
    return this.#plan.troubles.filter((trouble) => trouble.stream === null || trouble.stream === stream);
  }

  #failuresOf({ stream, part, at }: PlannedRecord) {
    // An hour is not narrowed further in a stream that was never seen to answer.
    const near = isUnseen(stream) ? 3 * hourMs : 3 * unitOf({ stream });
    return this.#plan.failures.filter(
      (each) => each.stream === stream && each.part === part && Math.abs(each.at - at) <= near,
    );
  }

  #fails(record: PlannedRecord, fromMs: number, toMs: number): boolean {
    return this.#failuresOf(record).some((each) => each.fromMs < toMs && fromMs < each.toMs);
  }

  /** Listed so late that only a sweep meets it again: it must have been due in the meantime. */
  #isAskedAgain(record: PlannedRecord, sync: SyncNote, goesOnFromMs: number): boolean {
    const first = this.#syncs.find(({ accountId }) => accountId === sync.accountId);
    const isLate = record.delayMs > promisedDelayMs && listedMs(record) > (first?.startMs ?? 0);
    return !isLate || this.#isSwept(record, sync, goesOnFromMs, listedMs(record));
  }

  /** The documented reach was read once more since then. */
  #isSwept(record: PlannedRecord, sync: SyncNote, goesOnFromMs: number, sinceMs: number | undefined): boolean {
    if (sinceMs === undefined) return true;
    if (sync.range !== null) return sinceMs <= sync.startMs;
    const platformEndMs = this.#plan.timetable?.platformEndMs ?? Number.NEGATIVE_INFINITY;
    const beforeEnd = sinceMs <= platformEndMs - 72 * hourMs && sync.startMs >= platformEndMs - 24 * hourMs;
    const swept = sinceMs + sweepMs <= goesOnFromMs || (beforeEnd && sync.startMs < platformEndMs);
    return swept && record.at >= sync.startMs + this.#owedAfterMs - sweptReachMs;
  }

  /**
   * What failed is requested again at growing intervals, of an hour at first: by then as long as it had failed before
   * (docs/guarantees.md), and at the next sync after.
   */
  #hasRecovered(record: PlannedRecord, startMs: number, marginMs: number): boolean {
    const { linkedAtMs } = this.#plan;
    const lasting = ['cached', 'bounds-ignored'];
    const stretches = [
      ...this.#troublesOf(record).filter(({ kind }) => lasting.includes(kind)),
      ...this.#failuresOf(record),
    ];
    return stretches.every(({ fromMs, toMs }) => {
      const failedMs = toMs - Math.max(fromMs, linkedAtMs);
      return startMs < fromMs || startMs >= toMs + failedMs + marginMs;
    });
  }

  /**
   * A change of a record beside one that was read and has vanished: their unit fails until it is settled, and is requested at
   * growing intervals, at least once a week.
   */
  #isLookedUp(record: PlannedRecord, sinceMs: number, { startMs, range }: SyncNote): boolean {
    if (sinceMs === Number.NEGATIVE_INFINITY || range !== null) return true;
    const { stream, part, at } = record;
    return this.#plan.records.every((other) => {
      const { goneFromMs } = other;
      const isBeside = other.stream === stream && other.part === part && Math.abs(other.at - at) <= 2 * unitOf(record);
      if (!isBeside || goneFromMs === null || goneFromMs > startMs) return true;
      if (!this.#syncs.some((sync) => listedMs(other) <= sync.startMs && sync.startMs < goneFromMs)) return true;
      const intervalMs = Math.min(sweepMs, Math.max(0, sinceMs - goneFromMs));
      return startMs >= sinceMs + intervalMs + againAfterMs;
    });
  }

  /** More records than one answer holds in a unit and those beside it, which are asked with it. */
  #isCrowded(record: PlannedRecord): boolean {
    const { stream, part, at } = record;
    const unitMs = unitOf(record);
    const unit = Math.floor(at / unitMs) * unitMs;
    const name = `${stream}/${part}/${unit}`;
    const known = this.#crowdedUnits.get(name);
    if (known !== undefined) return known;
    const planned = this.#plan.streams.find((each) => each.name === stream);
    // A round number of rows counts as full, whatever the cap is.
    const most = Math.min(planned?.cap ?? 0, planned?.servedCap ?? 0, 50);
    const near = partsAskedWith(this.#plan, record).flatMap((each) =>
      this.#history.recordsWithin(stream, each, unit - 2 * unitMs, unit + 3 * unitMs - 1),
    );
    const crowded = near.length >= most;
    this.#crowdedUnits.set(name, crowded);
    return crowded;
  }
}

/** Whose rows count for the cap of an answer. */
export function partsAskedWith(
  { manner }: Plan,
  { stream, part }: { readonly stream: string; readonly part: string },
): readonly string[] {
  return manner.capBeforePart ? partsOf(stream) : [part];
}

/** The resolution of a stream's bounds. */
export function unitOf({ stream }: Pick<PlannedRecord, 'stream'>): number {
  return stream === 'futures-trades' || isList(stream) ? 1_000 : 1;
}
