import type { FailureDetails } from './failure.ts';
import { type JudgeContext, judgePage } from './judge-page.ts';
import { noPages, type PageCounts, totalOf } from './page-counts.ts';
import type { PartState } from './part-state.ts';
import type {
  DecidePage,
  Exchange,
  HistoryStore,
  PageDecision,
  PageOutcome,
  PartReference,
  Reader,
  Replays,
} from './ports.ts';
import type { Progress } from './read-progress.ts';
import type { ReadSettings } from './settings.ts';
import type { SizerMemory } from './sizer-memory.ts';
import type { Page, Question } from './stream.ts';

/** The context of reading; the same for every part of an account. */
export interface ReadContext {
  readonly exchange: Exchange;
  readonly reader: Reader;
  readonly store: HistoryStore;
  readonly settings: ReadSettings;
  /** The key in use: with another key, everything older than the documented reach is requested once more. */
  readonly keyId: string;
  readonly budget: ReadBudget;
  readonly signal: AbortSignal;
  readonly onPage?: (progress: PageProgress) => void;
  /** Called with the number of requests that were made ahead and discarded. */
  readonly onDiscarded?: ((stream: string, requests: number) => void) | undefined;
  /** Left out: quarantined rows are not read again. */
  readonly replays?: Replays;
  /**
   * An answer as of a removed endpoint, without a code that says so, may come from the exchange's edge for a moment: it refuses a
   * part only if it did so before. Left out: the answer is taken at its word.
   */
  readonly doubtsRemoval?: boolean;
  /** What earlier attempts of this process have learnt about window sizes. */
  readonly sizers?: SizerMemory;
}

/** How much one attempt may do. Once it is spent, the current page is finished and the rest is left for later. */
interface ReadBudget {
  spend(pages: number): void;
  spent(): boolean;
  left(): number;
}

export interface PageProgress {
  readonly stream: string;
  readonly part: string;
  readonly question: Question;
  readonly rows: number;
}

export interface PartResult extends PageCounts {
  readonly part: string;
  /** Some answer was evidence. */
  readonly hasEvidence: boolean;
  /** False if the budget, the signal or a failure ended it first. */
  readonly done: boolean;
  /** Something older than the documented reach is still to be requested. */
  readonly hasWalkLeft: boolean;
  /** How long ago the last read began. */
  readonly readAgoMs: number;
  readonly blocked: FailureDetails | null;
}

export interface PartReading extends ReadContext {
  readonly reference: PartReference;
  readonly fence: number;
  readonly counts: Counts;
  readonly progress: Progress;
}

/** A page that is being stored. */
export interface PageUnderWay {
  /** Resolves once the page is judged, under the part's lock: valid if the page is stored. */
  readonly decided: Promise<PageDecision>;
  /** Resolves once the page is stored and counted. A rejection is not lost: it waits until it is awaited. */
  readonly stored: Promise<PageOutcome>;
}

type Judged = Pick<JudgeContext, 'wholeUnit' | 'known'>;

/** Judges and stores one page in one transaction, and counts its rows. */
export function beginCommit(reading: PartReading, page: Page, judged: Judged = {}): PageUnderWay {
  const { reference, settings, progress } = reading;
  const context = { stream: reference.stream, settings, ...judged };
  return beginCommitJudged(reading, page, (state, held) =>
    progress.concluded(judgePage(page, progress.begun(state), held, context)),
  );
}

/** The same, with another way of judging. */
export function beginCommitJudged(reading: PartReading, page: Page, judge: DecidePage): PageUnderWay {
  const { reference, fence, progress } = reading;
  const deciding = Promise.withResolvers<PageDecision>();
  const committed = reading.store.commitPage(reference, fence, page, (state, held) => {
    const decision = judge(state, held);
    deciding.resolve(decision);
    return decision;
  });
  const stored = committed.then((outcome) => {
    progress.ended ||= outcome.decision.state.readEndMs === null;
    reading.counts.add(page, outcome);
    const { question } = page;
    reading.onPage?.({ stream: reference.stream.name, part: reference.part, question, rows: page.rows.length });
    return outcome;
  });
  stored.catch(deciding.reject);
  // A caller that awaits only `stored` gets the failure there. Without this, the unhandled rejection would end the process.
  deciding.promise.catch(() => undefined);
  return { decided: deciding.promise, stored };
}

export function commit(reading: PartReading, page: Page, judged: Judged = {}): Promise<PageOutcome> {
  return beginCommit(reading, page, judged).stored;
}

export function change(reading: PartReading, to: (state: PartState) => PartState): Promise<PartState> {
  const { store, reference, fence, progress } = reading;
  return store.changePart(reference, fence, (found) => to(progress.begun(found)));
}

interface ReadingEnd {
  readonly done: boolean;
  readonly blocked?: FailureDetails | null;
  readonly hasWalkLeft?: boolean;
  readonly readAgoMs?: number;
}

export class Counts {
  readonly #part: string;
  #total: PageCounts = noPages;
  #hasEvidence = false;

  constructor(part: string) {
    this.#part = part;
  }

  add(page: Page, { decision }: PageOutcome): void {
    const { verdict, insert, change: changed, unchanged, quarantine } = decision;
    this.#hasEvidence ||= verdict.kind !== 'no-evidence';
    const brought = { inserted: insert.length, changed: changed.length, unchanged, quarantined: quarantine.length };
    this.#total = totalOf([this.#total, { pages: 1, served: page.rows.length, ...brought }]);
  }

  result({ done, blocked = null, hasWalkLeft = false, readAgoMs = 0 }: ReadingEnd): PartResult {
    return { part: this.#part, ...this.#total, hasEvidence: this.#hasEvidence, done, hasWalkLeft, readAgoMs, blocked };
  }
}

/** A budget of pages and time, with a clock that tests can set. */
export function createBudget(
  limit: { readonly pages: number; readonly durationMs: number },
  now: () => number = Date.now,
): ReadBudget {
  const startedMs = now();
  let pages = 0;
  return {
    spend(count) {
      pages += count;
    },
    spent: () => pages >= limit.pages || now() - startedMs >= limit.durationMs,
    left: () => Math.max(0, limit.pages - pages),
  };
}

/** The same budget with at least one page left. */
export function withOnePage(budget: ReadBudget): ReadBudget {
  let isUnused = true;
  return {
    spend: (pages) => {
      isUnused = false;
      budget.spend(pages);
    },
    spent: () => !isUnused && budget.spent(),
    left: () => Math.max(isUnused ? 1 : 0, budget.left()),
  };
}
