import type { CredentialsSlip } from './credentials-slips.ts';

/**
 * Everything that can go wrong between us and an exchange, as data. The adapter makes these, the activity turns them into
 * retries, the client shows `problem` and `remedy` to people.
 *
 * - `transient`: reset, timeout, 5xx, HTML of the network edge, truncated answer; retried soon
 * - `throttled`: 429; not before retryAfterMs
 * - `banned`: 418; everything behind this address stops until retryAfterMs
 * - `maintenance`: reported by the exchange; retried slowly
 * - `refused-key`: the key as a whole is not accepted (problem says why)
 * - `refused-stream`: the key works, but not for this stream
 * - `not-opened`: there is no such account at the exchange (no futures account): a gap, not a failure
 * - `beyond-reach`: the exchange refuses the window as too old
 * - `clock`: our clock was not accepted even after it was measured again
 * - `unknown-symbol`: the exchange does not know the symbol or currency of a divided request (delisted); the rest continues
 * - `unexpected`: an answer that means that our request is wrong or not understood; never retried in a loop
 */
export type FailureKind =
  | 'transient'
  | 'throttled'
  | 'banned'
  | 'maintenance'
  | 'refused-key'
  | 'refused-stream'
  | 'not-opened'
  | 'beyond-reach'
  | 'clock'
  | 'unknown-symbol'
  | 'unexpected';

export type ProblemCode =
  | 'wrong-key'
  | 'wrong-secret-or-memo'
  | 'ip-not-allowed'
  | 'key-expired'
  | 'key-expires-soon'
  | 'key-frozen'
  | 'no-permission'
  | 'key-can-withdraw'
  | 'key-can-trade'
  | 'account-restricted'
  | 'different-account'
  | 'same-account'
  | 'sub-account-needs-own-key'
  | 'clock'
  | 'unexpected-answer'
  | 'fills-missing'
  | 'exchange-unreachable'
  | 'exchange-closed';

/** A problem, described for the person who owns the key: what happened, and what to do about it. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly remedy: string;
  /** Only when it concerns one stream. */
  readonly stream?: string;
  /** The facts of this case: texts in every language are made of code and facts. */
  readonly facts?: ProblemFacts;
}

/** What prevents a key check on our side of the exchange. */
export type WaitingCode = 'temporal-unreachable' | 'no-worker' | 'timed-out';

export function isWaiting(code: string): code is WaitingCode {
  return code === 'temporal-unreachable' || code === 'no-worker' || code === 'timed-out';
}

/** A result of a key check, as codes only. */
export interface KeyCheckProblem {
  readonly code: ProblemCode | WaitingCode;
  readonly stream?: string;
}

/** A problem without its text: that follows from the code, and Postgres has the details. */
export type ProblemName = Pick<Problem, 'code' | 'stream'>;

export function problemName({ code, stream }: Problem): ProblemName {
  return { code, ...(stream !== undefined && { stream }) };
}

export interface FailureDetails {
  readonly kind: FailureKind;
  /** One sentence without secrets: endpoint, HTTP status, exchange's code and words. */
  readonly message: string;
  readonly problem: ProblemCode | null;
  readonly httpStatus: number | null;
  readonly exchangeCode: number | null;
  readonly endpoint: string;
  readonly retryAfterMs: number | null;
  readonly trace: string | null;
  /** For `unexpected`: the answer made no sense, rather than rejecting the request, so a later one may differ. */
  readonly mayPass?: true;
  /** Another endpoint failed whose answer every window with records needs: it says nothing of this window. */
  readonly concernsNoWindow?: true;
  /** If the stream answers no other window either, it is refused as a whole; `withdrawn`: to every key. */
  readonly isRefusalOfAll?: true | 'withdrawn';
  readonly facts?: ProblemFacts;
}

/** Whether waiting is all that can be done about it. Everything else is stored as a problem or a gap. */
export function passesByItself(kind: FailureKind): boolean {
  return passing.has(kind);
}

const passing: ReadonlySet<FailureKind> = new Set(['transient', 'throttled', 'banned', 'maintenance', 'clock']);

export class ExchangeFailure extends Error {
  override readonly name = 'ExchangeFailure';
  readonly details: FailureDetails;

  constructor(details: FailureDetails, options?: { cause?: unknown }) {
    super(details.message, options);
    this.details = details;
  }
}

/** The failure of a stream whose reading met an error that is not a failure of the exchange. */
export function unforeseen({ name, endpoint }: { readonly name: string; readonly endpoint: string }): FailureDetails {
  return {
    kind: 'unexpected',
    problem: 'unexpected-answer',
    message: `Reading ${name} stopped at an error of bitmart-sync; the worker's log has it. It is tried again`,
    httpStatus: null,
    exchangeCode: null,
    endpoint,
    retryAfterMs: null,
    trace: null,
  };
}

/** An order that was filled more than its stored trades add up to. Times are ISO 8601, amounts in the base currency. */
export interface OrderFact {
  readonly orderId: string;
  readonly symbol: string;
  /** The time in which it was open. */
  readonly from: string;
  readonly to: string;
  readonly filled: string;
  readonly filledNotional: string | null;
  /** The sum of the order's stored trades. */
  readonly stored: string;
}

/** The facts of one case, without secrets. Texts in any language are made of them. */
export interface ProblemFacts {
  readonly slips?: readonly CredentialsSlip[];
  /** The addresses that our requests come from. */
  readonly addresses?: readonly string[];
  readonly expiresAtMs?: number | null;
  /** The expiry that the exchange named has passed. */
  readonly hasExpired?: true;
  readonly subAccount?: string;
  /** The exchange serves this stream to no key of a sub-account. */
  readonly notForSubAccounts?: boolean;
  readonly isEndpointWithdrawn?: boolean;
  /** The account of ours that turns out to be the same one. */
  readonly otherAccountId?: string;
  /** That account is the original, and this one the duplicate; unknown if an earlier release stored the problem. */
  readonly isOtherOlder?: boolean;
  /** The streams that had ended before the account was linked, and how far back they were requested all the same. */
  readonly ended?: readonly { readonly stream: string; readonly endedAtMs: number }[];
  readonly requestedFromMs?: number;
  /** When the exchange closes; null if that is not known. */
  readonly platformEndMs?: number | null;
  /** Orders with missing trades: some of them, the oldest first, and their number. */
  readonly orders?: readonly OrderFact[];
  readonly orderCount?: number;
  /** Why a key is thought to be of another account. */
  readonly difference?: 'another-id' | 'other-records' | 'nothing-to-compare';
  /** The key is refused because of it, though the exchange accepts it. */
  readonly isRefused?: true;
  /** False: a key that could not be checked was not stored either. */
  readonly isStored?: boolean;
  /** What exactly went wrong, for operators: endpoint, status and code. */
  readonly detail?: string;
}
