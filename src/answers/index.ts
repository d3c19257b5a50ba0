import type { StreamName } from '../bitmart/streams/index.ts';
import type { OrderFact, ProblemCode } from '../history/failure.ts';
import type { GapReason } from '../history/gap.ts';
import type { Unreadable } from '../history/summary.ts';
import type { AccountStatus } from '../workflows/messages.ts';
import type { AnswerProblem, Severity, WaitingCode } from './problem.ts';

/**
 * The documents that the client returns, and that the command line prints with `--json`. Every time is ISO 8601 in UTC with
 * milliseconds, every range half-open.
 */
export type {
  AccountStatus,
  AnswerProblem,
  GapReason,
  OrderFact,
  ProblemCode,
  Severity,
  StreamName,
  Unreadable,
  WaitingCode,
};

/** The result for a key: the document of `link`, `rotate` and `check`. */
export interface KeyAnswer {
  /** The account of the key; null if the key is not linked: it was only checked, or refused as a first key. */
  readonly accountId: string | null;
  /** `refused`: a first key was refused, and nothing was stored. */
  readonly status: AccountStatus | 'refused';
  readonly alreadyLinked: boolean;
  /** Null if the exchange does not say. */
  readonly readOnly: boolean | null;
  readonly permissions: readonly string[];
  readonly keyExpiresAt: string | null;
  readonly problems: readonly AnswerProblem[];
  /** Remarks that are not problems: that the key's rights are unknown, that a memo looks mistyped. */
  readonly remarks: readonly string[];
}

/** - `undecided`: the exchange could not be asked yet; a key to link or to replace is stored, sealed, and checked as soon as possible */
export type KeyOutcome = 'accepted' | 'refused' | 'undecided';

export interface KeyCheck extends KeyAnswer {
  readonly outcome: KeyOutcome;
}

/** The result of a link. Only a refused one may have no account. */
export type LinkResult =
  | (KeyCheck & { readonly outcome: 'refused' })
  | (RotateResult & { readonly outcome: 'accepted' | 'undecided' });

export interface RotateResult extends KeyCheck {
  readonly accountId: string;
}

export interface AccountListing {
  readonly accountId: string;
  readonly ownerId: string;
  readonly label: string | null;
  readonly subAccount: string | null;
  readonly status: AccountStatus;
  readonly linkedAt: string | null;
  /** When history would begin to be lost, as of the last sync; null if nothing was read yet, or nothing is at risk. */
  readonly historyAtRiskAt: string | null;
}

export interface StreamCoverage {
  readonly stream: StreamName;
  readonly rows: number;
  /**
   * Every instant from `from` through `through` is proved. `isComplete` says the same about any range; it also waits until no
   * record can appear late, so for this range it is true up to `settledThrough`.
   */
  readonly complete: boolean;
  readonly from: string;
  readonly through: string | null;
  readonly settledThrough: string | null;
  readonly covered: readonly (readonly [from: string, to: string])[];
  readonly gaps: readonly { readonly from: string; readonly to: string; readonly reason: GapReason }[];
  readonly atRiskAt: string | null;
  readonly lastReadAt: string | null;
  /** The oldest instant of which BitMart has served a record; null while it has served none. It limits nothing. */
  readonly servedBack: string | null;
  /** When everything before the documented reach was last requested; null if it was not yet. */
  readonly requestedAt: string | null;
  /** Only if BitMart refuses the stream because the key lacks a right: BitMart's name of the right, or `unknown`. */
  readonly missingRight?: string;
  /** Only if it can't become complete: why. The account's verdict (`complete`) leaves it out. */
  readonly unreadable?: Unreadable;
  /** Only if there are any: unresolved rows that can't be read, or contradict a record. */
  readonly quarantined?: readonly {
    /** Stays the same when the text changes. */
    readonly code: string;
    readonly reason: string;
    readonly rows: number;
  }[];
  /**
   * Only if there are any: orders that were filled more than their stored trades add up to, by BitMart's own list of orders. A
   * second witness beside coverage; neither overrules the other. The problem `fills-missing` has their number.
   */
  readonly fillsMissing?: readonly OrderFact[];
  /** Only on request: the pages that prove what is covered. */
  readonly evidence?: readonly PageEvidence[];
}

/** One page that proves a stretch of time. */
export interface PageEvidence {
  readonly pageId: string;
  readonly part: string;
  /** What the page proves. */
  readonly claim: readonly (readonly [from: string, to: string])[];
  /** What else it answered: coverage only where an older record has since shown that the exchange serves so far back. */
  readonly answered: readonly (readonly [from: string, to: string])[];
  /** The requested window. */
  readonly askedFrom: string;
  readonly askedTo: string;
  readonly rows: number;
  /** SHA-256 of the answer's bytes, hexadecimal. */
  readonly sha256: string;
  /** The exchange's clock when it answered. */
  readonly answeredAt: string;
  readonly storedAt: string;
  /** The page that this answer was stored as before a later version could read all of it; or null. */
  readonly replayOf: string | null;
}

/** The verdict on an account: whether every stream that the key can read is complete, and which streams that leaves out. */
export interface AccountVerdict {
  /** Every stream that the key can read is complete from its `from` through its `through`. Wait for this. */
  readonly complete: boolean;
  /** Streams that `complete` leaves out. They are never complete. */
  readonly unreadable: readonly UnreadableStream[];
  /**
   * A second witness, independent of `complete`; neither overrules the other. `balanced`: every balance that could be compared
   * agrees with the stored records. Null until balances were compared. `reconcile` has the details.
   */
  readonly balances: BalancesVerdict | null;
}

export interface BalancesVerdict {
  readonly verdict: 'balanced' | 'unexplained' | 'not-comparable';
  /** When they were last compared. */
  readonly at: string;
}

export interface UnreadableStream {
  readonly stream: StreamName;
  /**
   * `missing-right`: BitMart serves it only to keys with the right `right` · `not-opened`: BitMart’s answers show no such account ·
   * `sub-account`: BitMart serves it to no key of a sub-account, and the main account's history has it ·
   * `unprovable`: BitMart serves a list without a time, which proves nothing before its oldest and after its newest record
   */
  readonly reason: Unreadable;
  /** BitMart's name of the right, or `unknown`; null if none is missing. */
  readonly right: string | null;
}

export interface Coverage extends AccountVerdict {
  readonly accountId: string;
  readonly asOf: string;
  readonly streams: readonly StreamCoverage[];
  /** Only with the evidence: coverage recomputed from the stored pages equals the stored coverage. */
  readonly verified?: boolean;
  /** Only with the evidence: where the two differ. */
  readonly differences?: readonly CoverageDifference[];
}

export interface CoverageDifference {
  readonly stream: StreamName;
  readonly part: string;
  /** Claimed, but not proved by a stored page. */
  readonly onlyInCoverage: readonly (readonly [from: string, to: string])[];
  /** Proved by a stored page, but neither claimed nor in a gap. */
  readonly onlyInPages: readonly (readonly [from: string, to: string])[];
}

/** One name of an account, as it came with a key. */
export interface AccountName {
  readonly label: string | null;
  readonly subAccount: string | null;
  readonly givenAt: string;
}

export interface Status extends AccountVerdict {
  readonly accountId: string;
  readonly ownerId: string;
  readonly label: string | null;
  readonly subAccount: string | null;
  /** Every name that the account was ever given, the latest first; `label` and `subAccount` are the present ones. */
  readonly names: readonly AccountName[];
  readonly status: AccountStatus;
  /** When the key in use expires, if BitMart says so. */
  readonly keyExpiresAt: string | null;
  /** Whether the key in use can only read; null if BitMart does not say. */
  readonly readOnly: boolean | null;
  readonly problems: readonly AnswerProblem[];
  readonly nextSyncAt: string | null;
  readonly historyAtRiskAt: string | null;
  readonly streams: readonly StreamCoverage[];
}

/** The report of a Schedule's run; times are ISO UTC. */
export interface FleetReport {
  readonly kind: 'reconcile' | 'retention-audit';
  readonly finishedAt: string;
  readonly report: unknown;
}

/** How many rows a stream has on one day, in UTC. */
export interface DayOfRows {
  readonly day: string;
  readonly rows: number;
}
