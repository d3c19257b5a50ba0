import type { StreamName } from '../bitmart/streams/index.ts';
import type { OrderFact, ProblemCode } from '../history/failure.ts';
import type { GapReason } from '../history/part-state.ts';
import type { Unreadable } from '../history/summary.ts';
import type { AccountStatus } from '../workflows/messages.ts';
import type { AnswerProblem, Severity, WaitingCode } from './problem.ts';

/**
 * What the client answers with, and what the command line prints with `--json`. Every time is ISO 8601 in UTC with
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

/** What became of a key: the document of `link`, `rotate` and `check`. */
export interface KeyAnswer {
  /** The account that the key belongs to; null when the key is not linked: only looked at, or refused when it came first. */
  readonly accountId: string | null;
  /** `refused`: a first key was refused, and left nothing behind. */
  readonly status: AccountStatus | 'refused';
  readonly alreadyLinked: boolean;
  /** Null where the exchange does not tell. */
  readonly readOnly: boolean | null;
  readonly permissions: readonly string[];
  readonly keyExpiresAt: string | null;
  readonly problems: readonly AnswerProblem[];
  /** What is worth knowing and is not a problem: that the key's rights are unknown, that a memo looks mistyped. */
  readonly remarks: readonly string[];
}

/** - `undecided`: the exchange could not be asked yet; the key is kept, sealed, and checked as soon as it can be */
export type KeyOutcome = 'accepted' | 'refused' | 'undecided';

/** What a look at a key shows. */
export interface KeyCheck extends KeyAnswer {
  readonly outcome: KeyOutcome;
}

/** What became of a link. Only a refused one may have no account. */
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
  /** When history would begin to be lost, as of the last sync; null where nothing was read yet, or nothing is at risk. */
  readonly historyAtRiskAt: string | null;
}

export interface StreamCoverage {
  readonly stream: StreamName;
  readonly rows: number;
  /**
   * Every instant from `from` through `through` is proved. Of a range of your choice, `isComplete` says the same; it also waits
   * until no record can appear late, so of this range it is true up to `settledThrough`.
   */
  readonly complete: boolean;
  readonly from: string;
  readonly through: string | null;
  readonly settledThrough: string | null;
  readonly covered: readonly (readonly [from: string, to: string])[];
  readonly gaps: readonly { readonly from: string; readonly to: string; readonly reason: GapReason }[];
  readonly atRiskAt: string | null;
  readonly lastReadAt: string | null;
  /** The oldest instant of which BitMart has served a record; null while it has served none. It informs, and limits nothing. */
  readonly servedBack: string | null;
  /** When everything before the documented reach was last requested; null while it was not. */
  readonly requestedAt: string | null;
  /** Only where the key lacks a right beyond reading, and BitMart refuses the stream without it: BitMart's name of the right, or `unknown`. */
  readonly missingRight?: string;
  /** Only where no reading can make it complete: why. The account's verdict (`complete`) leaves it out. */
  readonly unreadable?: Unreadable;
  /** Only where there are any: rows that can't be read, or contradict a record, and that nothing has settled yet. */
  readonly quarantined?: readonly {
    /** Stays the same when the words change. */
    readonly code: string;
    readonly reason: string;
    readonly rows: number;
  }[];
  /**
   * Only where there are any: orders that were filled more than their stored trades say, by BitMart's own list of orders. A second
   * witness beside coverage; neither overrules the other. The problem `fills-missing` says how many there are.
   */
  readonly fillsMissing?: readonly OrderFact[];
  /** Only when asked for: the pages that prove what is covered. */
  readonly evidence?: readonly PageEvidence[];
}

/** One page that proves a stretch of time. */
export interface PageEvidence {
  readonly pageId: string;
  readonly part: string;
  /** What the page proves. */
  readonly claim: readonly (readonly [from: string, to: string])[];
  /** What else it answers: coverage only where an older record showed since that the exchange serves so far back. */
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
  /** Null, or the page that this answer was before a later version could read all of it. */
  readonly replayOf: string | null;
}

/** What of an account is complete: every stream that the key can read, and which streams that leaves out. */
export interface AccountVerdict {
  /** Every stream that the key can read is complete from its `from` through its `through`. Wait for this, not for every stream. */
  readonly complete: boolean;
  /** Streams that `complete` does not speak of. They are never complete. */
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
   * `missing-right`: BitMart gives it only to keys with the right `right` · `not-opened`: the user has no such account ·
   * `unprovable`: BitMart serves a list without a time, which proves nothing before its oldest and after its newest record
   */
  readonly reason: Unreadable;
  /** BitMart's name of the right, or `unknown`; null where none is missing. */
  readonly right: string | null;
}

export interface Coverage extends AccountVerdict {
  readonly accountId: string;
  readonly asOf: string;
  readonly streams: readonly StreamCoverage[];
  /** Only with the evidence: coverage, computed anew from the stored pages, is what it says. */
  readonly verified?: boolean;
  /** Only with the evidence: where the two differ. */
  readonly differences?: readonly CoverageDifference[];
}

export interface CoverageDifference {
  readonly stream: StreamName;
  readonly part: string;
  /** Claimed, and no stored page proves it. */
  readonly onlyInCoverage: readonly (readonly [from: string, to: string])[];
  /** Proved by a stored page, and neither claimed nor a gap. */
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
  /** When the key in use expires, where BitMart tells. */
  readonly keyExpiresAt: string | null;
  /** Whether the key in use can do nothing but read; null where BitMart does not tell. */
  readonly readOnly: boolean | null;
  readonly problems: readonly AnswerProblem[];
  readonly nextSyncAt: string | null;
  readonly historyAtRiskAt: string | null;
  readonly streams: readonly StreamCoverage[];
}

/** What a Schedule's run found and did; times are ISO UTC. */
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
