import type { KeyTexts } from './credentials-slips.ts';
import type { ProblemCode, ProblemFacts } from './failure.ts';
import type { PartState } from './part-state.ts';
import type { Range, RangeSet } from './range-set.ts';
import type { MappedRow, Page, Question, Stream, UnreadableRow } from './stream.ts';

/** The narrow seam to an exchange: the engine knows nothing else of it. */
export interface Exchange {
  readonly name: string;
  readonly streams: readonly Stream[];
  /** Milliseconds since the epoch by the exchange's clock, as measured last. */
  clockMs(): number;
  /** Measures that clock unless it was measured lately. Throws ExchangeFailure when the exchange does not answer. */
  measureClock(signal: AbortSignal): Promise<void>;
  /**
   * Opens one account's key for asking. Pace, signing and the retries of one request live behind it.
   * Every call of `ask` throws ExchangeFailure for everything that is not a page.
   */
  open(key: OpenKey): Reader;
}

export interface Reader {
  ask(stream: Stream, question: Question, signal: AbortSignal): Promise<Page>;
  check(options: KeyCheckOptions, signal: AbortSignal): Promise<KeyReport>;
  /** How many requests must be under way beside one, so that the exchange's limit alone slows reading. @default none */
  readAhead?(stream: Stream): number;
  /**
   * What the account holds, wallet by wallet. A wallet that the key may not read is in the answer with the reason. Throws
   * ExchangeFailure where the exchange does not answer as it should: then nothing is known of any wallet.
   */
  balances?(signal: AbortSignal): Promise<readonly WalletBalances[]>;
  /**
   * What the account holds on isolated margin: each pair that holds or owes something is a wallet (`walletOfPair`). An
   * answer that can't be read is said like a refusal, and an outage is no wallet at all: nothing else depends on it.
   */
  pairBalances?(signal: AbortSignal): Promise<readonly WalletBalances[]>;
  /** The spot orders of a window that are closed, as far as one answer holds them. Throws ExchangeFailure for everything else. */
  closedOrders?(window: Range, signal: AbortSignal): Promise<ClosedOrders>;
}

export interface ClosedOrders {
  readonly orders: readonly ClosedOrder[];
  /** There may be more. */
  readonly isFull: boolean;
}

/** An order, from the instant at which it was made until after its last change: all of its trades lie in between. */
export interface ClosedOrder extends Range {
  readonly orderId: string;
  readonly symbol: string;
  /** How much of the base currency was traded, digit for digit. */
  readonly filled: string;
  /** The same in the quote currency; null where the exchange does not say. */
  readonly filledNotional: string | null;
}

/** One wallet as the exchange tells it. Amounts are texts, digit for digit as served. */
export interface WalletBalances {
  readonly wallet: string;
  /** The exchange's clock before the request and after the answer: the balances are of an instant between the two. */
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  /** Every currency that the wallet holds; of others it holds nothing. */
  readonly balances: readonly Balance[];
  /** Why the exchange did not say; null when it did. */
  readonly refusal: string | null;
  /** What it said can't be read, for the reason that `refusal` has. */
  readonly isUnreadable?: boolean;
}

export interface Balance {
  readonly currency: string;
  readonly available: string | null;
  readonly frozen: string | null;
  readonly total: string | null;
  /** What the wallet holds of it in all, as its records move it; null where the row does not say. */
  readonly balance: string | null;
  /** The row's own text as served. */
  readonly raw: string;
}

/** An answer that is kept as evidence, from which its page can be made again. */
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
  /** Shows nothing when it is printed; taken apart only where a request is signed. */
  readonly credentials: KeyTexts;
  /** The key's public fingerprint, by which pace is shared. */
  readonly fingerprint: string;
  /** No account was read with it yet: it may be invented. */
  readonly isUnproven?: boolean;
}

export interface KeyCheckOptions {
  readonly subAccount: string | null;
  /** Called with each step of the check as soon as it is known. */
  readonly onStep?: (step: KeyCheckStep) => void;
}

/** One step of a key check. Nothing in it is secret. */
export interface KeyCheckStep {
  readonly step: 'clock' | 'key' | 'secret' | 'address' | 'permissions' | 'expiry' | `stream:${string}`;
  /** `unknown`: the exchange does not say. */
  readonly verdict: 'passed' | 'failed' | 'unknown';
  readonly problem?: ProblemCode;
}

/** What a look at a key shows. Nothing in it is secret. */
export interface KeyReport {
  /** False only on evidence that the key as a whole is refused. */
  readonly accepted: boolean;
  /** Null when that is not known now (the exchange did not answer): neither accepted nor refused. */
  readonly conclusive: boolean;
  readonly readOnly: boolean | null;
  readonly permissions: readonly string[];
  readonly keyExpiresAtMs: number | null;
  /** The exchange's own id of the account, where it can be read. */
  readonly exchangeAccountId: string | null;
  /** Something that the exchange can tell could not be read just now: worth another look before long. */
  readonly incomplete: boolean;
  readonly problems: readonly KeyFinding[];
}

/** One thing that is wrong with a key, without its words. */
export interface KeyFinding {
  readonly code: ProblemCode;
  readonly stream?: string;
  readonly detail: string;
  readonly facts?: ProblemFacts;
}

/** Where history is kept. Each call is one transaction; the Postgres layer and the in-memory one behave the same. */
export interface HistoryStore {
  /**
   * Takes the fence of a part: commits of every earlier holder fail from now on with FenceLost. `hasReplays`: rows stand
   * aside since another version of the mapping.
   */
  openPart(part: PartReference): Promise<{ fence: number; state: PartState; hasReplays?: boolean }>;
  /**
   * One page, one transaction: checks the fence, reads the state and the rows held, lets `decide` judge, writes what it says.
   * `decide` is pure and synchronous. Throws FenceLost when another attempt has taken over.
   */
  commitPage(part: PartReference, fence: number, page: Page, decide: DecidePage): Promise<PageOutcome>;
  /** Changes a part's state without a page (a read begins or ends, a refusal is written down). */
  changePart(part: PartReference, fence: number, change: (state: PartState) => PartState): Promise<PartState>;
  /** Writes the part's gaps anew, as of now: what was readable may have expired since anything was read. Takes no fence. */
  refreshGaps?(part: PartReference): Promise<void>;
  /** Values of a split's column among the rows that the part holds (every symbol known). */
  knownValues(part: PartReference, column: string): Promise<readonly string[]>;
  /** Times of records that are not final, oldest first. */
  changingRecords(part: PartReference): Promise<readonly number[]>;
}

export interface PartReference {
  readonly accountId: string;
  readonly stream: Stream;
  readonly part: string;
}

/** A stored row as far as judging needs it. */
export interface HeldRow {
  readonly key: string;
  readonly at: number;
  readonly digest: string;
  readonly fixedDigest: string;
  /** The exchange's clock of the answer that last changed it; null where that is not known. */
  readonly changedAtMs: number | null;
  /** Value of the split's column, when the question was split. */
  readonly splitValue: string | null;
}

/** `held`: every row stored inside the page's core, and every stored row with a key that the page serves. */
export type DecidePage = (state: PartState, held: readonly HeldRow[]) => PageDecision;

/** Rows quarantined by an earlier version of the mapping, and the answers that brought them. */
export interface Replays {
  /** Some of those answers, oldest first. */
  answers(part: PartReference): Promise<readonly StoredAnswer[]>;
  /** The page that a stored answer is by the mapping of today. */
  pageOf(stream: Stream, answer: StoredAnswer, signal: AbortSignal): Promise<Page>;
  /**
   * Commits that page as `HistoryStore.commitPage` does. What can be read now leaves quarantine; what still can't is
   * known to this version of the mapping from now on.
   */
  commit(part: PartReference, fence: number, replay: Replay, decide: DecideReplay): Promise<PageOutcome>;
}

export interface Replay {
  readonly answer: StoredAnswer;
  readonly page: Page;
}

/** `aside`: where rows of other answers are still quarantined. */
export type DecideReplay = (state: PartState, held: readonly HeldRow[], aside: RangeSet) => PageDecision;

export interface PageDecision {
  readonly verdict: PageVerdict;
  readonly insert: readonly MappedRow[];
  readonly change: readonly MappedRow[];
  readonly unchanged: number;
  readonly quarantine: readonly (UnreadableRow & { readonly key: string | null })[];
  readonly claim: readonly Range[];
  /** What it answers beyond its claim: becomes coverage once an older record proves the reach. */
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
      /** The time of a stored record that it lacks, where nothing else is wrong with it. */
      readonly omittedAtMs?: number;
    };

export interface PageOutcome {
  readonly decision: PageDecision;
  /** Null when the page brought no news and so no page row was written. */
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
