import type { KeyTexts } from './credentials-slips.ts';
import type { ProblemCode, ProblemFacts } from './failure.ts';
import type { PartState } from './part-state.ts';
import type { Range, RangeSet } from './range-set.ts';
import type { MappedRow, Page, Question, Stream, UnreadableRow } from './stream.ts';

/** The interface to an exchange: all that the engine knows of it. */
export interface Exchange {
  readonly name: string;
  readonly streams: readonly Stream[];
  /** Milliseconds since the epoch by the exchange's clock, as measured last. */
  clockMs(): number;
  /** Measures that clock unless that was done recently. Throws ExchangeFailure if the exchange does not answer. */
  measureClock(signal: AbortSignal): Promise<void>;
  /**
   * A reader with one account's key. Pace, signing and retries of single requests are hidden behind it. Every call of `ask`
   * throws ExchangeFailure for everything that is not a page.
   */
  open(key: OpenKey): Reader;
}

export interface Reader {
  ask(stream: Stream, question: Question, signal: AbortSignal): Promise<Page>;
  check(options: KeyCheckOptions, signal: AbortSignal): Promise<KeyReport>;
  /** How many requests must be in flight beside one, so that only the exchange's limit slows reading. @default none */
  readAhead?(stream: Stream): number;
  /**
   * The account's balances, wallet by wallet. A wallet that is refused or unreadable is in the answer with the reason. Throws
   * ExchangeFailure if the key is refused or the exchange does not answer: then no wallet is known.
   */
  balances?(signal: AbortSignal): Promise<readonly WalletBalances[]>;
  /**
   * The account's balances on isolated margin: each pair that holds or owes something is a wallet (`walletOfPair`). An
   * unreadable answer is reported like a refusal, and an outage as no wallet at all: nothing else depends on it.
   */
  pairBalances?(signal: AbortSignal): Promise<readonly WalletBalances[]>;
  /** The closed spot orders of a window, as far as one answer holds them. Throws ExchangeFailure for everything else. */
  closedOrders?(window: Range, signal: AbortSignal): Promise<ClosedOrders>;
}

export interface ClosedOrders {
  readonly orders: readonly ClosedOrder[];
  /** The answer may leave out others. */
  readonly isFull: boolean;
}

/** An order, from the instant at which it was made until after its last change: all of its trades lie in between. */
export interface ClosedOrder extends Range {
  readonly orderId: string;
  readonly symbol: string;
  /** The traded amount in the base currency, digit for digit. */
  readonly filled: string;
  /** The same in the quote currency; null if the exchange does not say. */
  readonly filledNotional: string | null;
}

/** One wallet as the exchange reports it. Amounts are texts, digit for digit as served. */
export interface WalletBalances {
  readonly wallet: string;
  /** The exchange's clock before the request and after the answer: the balances are of an instant between the two. */
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  /** Every currency that the wallet holds. */
  readonly balances: readonly Balance[];
  /** Why the exchange did not answer; null if it did. */
  readonly refusal: string | null;
  /** The answer can't be read, for the reason in `refusal`. */
  readonly isUnreadable?: boolean;
}

export interface Balance {
  readonly currency: string;
  readonly available: string | null;
  readonly frozen: string | null;
  readonly total: string | null;
  /** The total balance that records move; null if the row does not say. */
  readonly balance: string | null;
  /** The row's own text as served. */
  readonly raw: string;
}

/** A stored answer, from which its page can be made again. */
export interface StoredAnswer {
  readonly pageId: string;
  readonly question: Question;
  readonly askedFromMs: number;
  readonly askedToMs: number;
  /** The exchange's clock when it answered. */
  readonly clockMs: number;
  readonly verdict: PageVerdict['kind'];
  readonly bytes: Uint8Array;
  readonly trace: string | null;
}

export interface OpenKey {
  /** Shows nothing when printed; opened only to sign a request. */
  readonly credentials: KeyTexts;
  /** The key's public fingerprint, by which pace is shared. */
  readonly fingerprint: string;
  /** No account was read with it yet, so it may be invented. */
  readonly isUnproven?: boolean;
}

export interface KeyCheckOptions {
  readonly subAccount: string | null;
  readonly onStep?: (step: KeyCheckStep) => void;
}

export interface KeyCheckStep {
  readonly step: 'clock' | 'key' | 'secret' | 'address' | 'permissions' | 'expiry' | `stream:${string}`;
  /** `unknown`: the exchange does not say. */
  readonly verdict: 'passed' | 'failed' | 'unknown';
  readonly problem?: ProblemCode;
}

/** The result of a key check. Nothing in it is secret. */
export interface KeyReport {
  /** False only on evidence that the key as a whole is refused. */
  readonly accepted: boolean;
  /** False if that is not known now (the exchange did not answer): neither accepted nor refused. */
  readonly conclusive: boolean;
  readonly readOnly: boolean | null;
  readonly permissions: readonly string[];
  readonly keyExpiresAtMs: number | null;
  /** The exchange's own id of the account, where it can be read. */
  readonly exchangeAccountId: string | null;
  /** Something that the exchange can report could not be read just now: check again before long. */
  readonly incomplete: boolean;
  readonly problems: readonly KeyFinding[];
}

/** One problem of a key, without its text. */
export interface KeyFinding {
  readonly code: ProblemCode;
  readonly stream?: string;
  readonly detail: string;
  readonly facts?: ProblemFacts;
}

/** The store of the history. Each call is one transaction; the Postgres store and the in-memory one behave the same. */
export interface HistoryStore {
  /**
   * Takes the fence of a part: commits of every earlier holder fail from now on with FenceLost. `hasReplays`: rows were
   * quarantined by another version of the mapping.
   */
  openPart(part: PartReference): Promise<{ fence: number; state: PartState; hasReplays?: boolean }>;
  /**
   * One page, one transaction: checks the fence, reads the state and the stored rows, lets `decide` judge, writes its decision.
   * `decide` is pure and synchronous. Throws FenceLost if another attempt has taken over.
   */
  commitPage(part: PartReference, fence: number, page: Page, decide: DecidePage): Promise<PageOutcome>;
  /** Changes a part's state without a page (a read begins or ends, a refusal is stored). */
  changePart(part: PartReference, fence: number, change: (state: PartState) => PartState): Promise<PartState>;
  /** Recomputes the part's gaps as of now: readable time may have expired since the last read. Takes no fence. */
  refreshGaps?(part: PartReference): Promise<void>;
  /** Values of a split's column in the part's stored rows (every known symbol). */
  knownValues(part: PartReference, column: string): Promise<readonly string[]>;
  /** Times of records that are not final, oldest first. */
  changingRecords(part: PartReference): Promise<readonly number[]>;
}

export interface PartReference {
  readonly accountId: string;
  readonly stream: Stream;
  readonly part: string;
}

/** What judging needs of a stored row. */
export interface HeldRow {
  readonly key: string;
  readonly at: number;
  readonly digest: string;
  readonly fixedDigest: string;
  /** When the answer was made that last changed it; null if that is not known. */
  readonly changedAtMs: number | null;
  /** Value of the split's column, if the question was split. */
  readonly splitValue: string | null;
}

/** `held`: every stored row inside the page's core, and every stored row with a key in the page. */
export type DecidePage = (state: PartState, held: readonly HeldRow[]) => PageDecision;

/** Rows quarantined by an earlier version of the mapping, and the answers that brought them. */
export interface Replays {
  /** Some of those answers, oldest first. */
  answers(part: PartReference): Promise<readonly StoredAnswer[]>;
  /** The page that the current mapping makes of a stored answer. */
  pageOf(stream: Stream, answer: StoredAnswer, signal: AbortSignal): Promise<Page>;
  /**
   * Commits that page as `HistoryStore.commitPage` does. Rows that can be read now leave quarantine; the others are marked as
   * unreadable by this version of the mapping.
   */
  commit(part: PartReference, fence: number, replay: Replay, decide: DecideReplay): Promise<PageOutcome>;
}

export interface Replay {
  readonly answer: StoredAnswer;
  readonly page: Page;
}

/** `aside`: ranges in which rows of other answers are still quarantined. */
export type DecideReplay = (state: PartState, held: readonly HeldRow[], aside: RangeSet) => PageDecision;

export interface PageDecision {
  readonly verdict: PageVerdict;
  readonly insert: readonly MappedRow[];
  readonly change: readonly MappedRow[];
  readonly unchanged: number;
  readonly quarantine: readonly (UnreadableRow & { readonly key: string | null })[];
  readonly claim: readonly Range[];
  /** What it answered beyond its claim: becomes coverage once an older record proves the reach. */
  readonly answered?: RangeSet;
  readonly state: PartState;
}

/**
 * - `proves`: a short page that is evidence: its claim counts
 * - `steers`: full; rows stored, nothing claimed
 * - `unconfirmed`: short, but an exchange that ignores our bounds might answer just so: asked once more, cut differently
 * - `no-evidence`: contradicts the question or what we hold; rows stored, nothing claimed
 */
export type PageVerdict =
  | { readonly kind: 'proves' }
  | { readonly kind: 'steers' }
  | { readonly kind: 'unconfirmed' }
  | {
      readonly kind: 'no-evidence';
      readonly reason: string;
      /** The time of a stored record that it lacks, if nothing else is wrong with it. */
      readonly omittedAtMs?: number;
    };

export interface PageOutcome {
  readonly decision: PageDecision;
  /** Null if the page brought no news, so no page row was written. */
  readonly pageId: string | null;
}

export class FenceLost extends Error {
  override readonly name = 'FenceLost';
  constructor(part: PartReference) {
    super(
      `Another attempt has taken over ${part.stream.name}/${part.part} of account ${part.accountId}; this one stops.`,
    );
  }
}
