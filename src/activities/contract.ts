import type { AccountAtRisk, Orphan, PausedAccount, UnprovedRange } from '../database/index.ts';
import type { Problem, ProblemName } from '../history/failure.ts';
import type {
  AccountStatus,
  MergeResult,
  RangeAnswer,
  RangeRequest,
  UnlinkRequest as UnlinkMessage,
} from '../workflows/messages.ts';

/** What crosses between workflow and activities: ids, counts and times, never a record or a credential. */
export interface Activities {
  /** Checks a candidate and makes it the account's key, or drops it; without a candidate, checks the key in use. */
  checkKey(request: KeyCheckRequest): Promise<KeyCheckResult>;
  /** Reads what is due of some streams, page by page, until nothing is left or the chunk is full. */
  syncHistory(request: SyncRequest): Promise<SyncResult>;
  /** Reads a chosen range of one stream again, even where it is covered; a chunk at a time. */
  readRange(request: RangeChunkRequest): Promise<RangeChunk>;
  /** Applies what time alone changes in an account that is not read: gaps, what is at risk, the end of the exchange. */
  noteExpiry(request: { readonly accountId: string }): Promise<ExpiryResult>;
  saveStatus(request: StatusRequest): Promise<void>;
  unlinkAccount(request: UnlinkRequest): Promise<void>;
  mergeAccounts(request: { readonly from: string; readonly into: string }): Promise<MergeResult>;
  /** Starts missing workflows, and ends those without an account. */
  reconcileAccounts(): Promise<ReconcileReport>;
  /** Reports what expires soon, and whether claims are proved. */
  auditRetention(): Promise<RetentionReport>;
}

/** Runs on the task queue of the webhook, in workers that have one. */
export interface WebhookActivities {
  /** Posts the account's next event; `more` if another one follows. */
  deliverEvent(request: { readonly accountId: string }): Promise<{ readonly more: boolean }>;
}

export interface KeyCheckRequest {
  readonly accountId: string;
  /** Null: the newest stored candidate, or else the key in use. */
  readonly keyId: string | null;
  /** As in CommandRequest. */
  readonly command?: number;
}

export interface KeyCheckResult {
  /**
   * - `accepted`, `refused`: by evidence
   * - `undecided`: the exchange did not answer; a candidate stays
   * - `superseded`: a newer key of the account is in use; the candidate was discarded
   * - `nothing`: there was no key to check
   * - `gone`: there is no such account, or it was erased
   */
  readonly outcome: 'accepted' | 'refused' | 'undecided' | 'superseded' | 'nothing' | 'gone';
  readonly subject: 'candidate' | 'key-in-use';
  /** Null if there was no key to check. */
  readonly keyId: string | null;
  /** The account that has the key after the check. */
  readonly accountId: string;
  readonly ownerId: string;
  readonly label: string | null;
  readonly status: AccountStatus;
  readonly linked: boolean;
  readonly paused: boolean;
  readonly alreadyLinked: boolean;
  readonly readOnly: boolean | null;
  readonly permissions: readonly string[];
  readonly keyExpiresAt: string | null;
  readonly problems: readonly Problem[];
  /** Streams that share an endpoint are read one after another, the groups side by side. */
  readonly lanes: readonly (readonly string[])[];
  readonly everythingReadThrough: boolean;
  /** As in CommandRequest. */
  readonly accountCreatedAt?: string;
  /** When the next check is due; absent: the workflow decides. */
  readonly lookAgainMs?: number;
}

export interface SyncRequest {
  readonly accountId: string;
  readonly streams: readonly string[];
  /** Parts that earlier chunks of the same sync have read to their end. */
  readonly finished: readonly string[];
  /** How often in a row some stream has failed. */
  readonly failures: number;
  /** The sync was requested: streams that rest are read as well. */
  readonly everything?: boolean;
}

export interface SyncResult {
  readonly streams: readonly StreamProgress[];
  /** Nothing more is due: every requested stream was read to its frozen end, or has a problem that stops it. */
  readonly done: boolean;
  readonly finished: readonly string[];
  /** `refused`: the exchange no longer accepts it. `missing`: the account has no key, or is gone. */
  readonly key: 'works' | 'refused' | 'missing';
  /** Some stream could not be read, for a reason that may pass, and nothing else is left to read. */
  readonly failed: boolean;
  readonly everythingReadThrough: boolean;
  readonly nextSyncAt: string;
  readonly historyAtRiskAt: string | null;
  readonly completeThrough: string | null;
  /** A key needs a check that the workflow does not know of: a candidate, or one whose last check was long ago. */
  readonly candidateWaiting: boolean;
  /** The exchange has closed, and what could be read was read. */
  readonly closed?: boolean;
  readonly problems: readonly ProblemName[];
  /** All streams of today, as in KeyCheckResult: a later release may know more of them. Absent in results of 0.1.0. */
  readonly lanes?: readonly (readonly string[])[];
}

interface RangeChunkRequest extends RangeRequest {
  readonly accountId: string;
  /** Where the previous chunk stopped; null at first. */
  readonly next: RangeChunk['next'];
}

export interface RangeChunk extends Omit<RangeAnswer, keyof RangeRequest> {
  /** Null once everything was requested. */
  readonly next: { readonly part: string; readonly from: string } | null;
}

export interface ExpiryResult {
  readonly historyAtRiskAt: string | null;
  readonly closed?: boolean;
}

export interface StreamProgress {
  readonly stream: string;
  readonly rows: number;
  readonly from: string | null;
  readonly through: string | null;
  readonly gaps: number;
  /** Their reasons, each once. Absent in results of 0.1.0. */
  readonly gapReasons?: readonly string[];
}

/** What every command of an account says of itself. */
interface CommandRequest {
  readonly accountId: string;
  /** Grows with every command of the account. Absent in what 0.2.0 asks. */
  readonly command?: number;
  /** Which of several consecutive accounts with this id is meant; absent if that is not known. */
  readonly accountCreatedAt?: string | null;
}

interface StatusRequest extends CommandRequest {
  readonly status: AccountStatus;
  readonly paused: boolean;
  readonly nextSyncAt?: string | null;
}

type UnlinkRequest = CommandRequest & Pick<UnlinkMessage, 'erase' | 'seen'>;

export interface ReconcileReport {
  /** Accounts in Postgres, and how many of them should have a running workflow. */
  readonly accounts: number;
  readonly shouldRun: number;
  /** Workflows that were running before. */
  readonly running: number;
  readonly started: number;
  /** The first few of them. */
  readonly startedAccounts: readonly string[];
  readonly ended: number;
  readonly endedAccounts: readonly string[];
  /** Workflows without an account that were not ended, because they are suspiciously many. */
  readonly leftAlone: number;
  readonly tookSeconds: number;
}

export interface RetentionReport {
  readonly accounts: number;
  /** Accounts that lose history already, and those that begin to within these days; each count includes the shorter ones. */
  readonly losing: number;
  readonly within1Day: number;
  readonly within3Days: number;
  readonly within14Days: number;
  /** Accounts that have been paused for more than a day. Absent in reports of 0.2.0, as is `paused`. */
  readonly pausedForLong?: number;
  /** Accounts that fell below 14 days, or reached a day's pause, since the last audit: they get `at-risk`. */
  readonly newlyAtRisk: number;
  readonly worst: readonly AccountAtRisk[];
  /** Of the accounts that have been paused for more than a day, those that lose history first. */
  readonly paused?: readonly PausedAccount[];
  readonly sample: CoverageSample;
}

/** Accounts whose claimed coverage was recomputed from the stored pages. */
export interface CoverageSample {
  readonly accounts: number;
  /** Where the next sample continues; null: from the beginning. */
  readonly throughAccount: string | null;
  readonly unprovedAccounts: number;
  readonly unproved: readonly UnprovedStretch[];
  /** Rows without an account, among these accounts. Absent in reports of 0.2.0. */
  readonly orphans?: readonly Orphan[];
}

/** Claimed without a stored page that proves it. */
export type UnprovedStretch = UnprovedRange & { readonly accountId: string };
