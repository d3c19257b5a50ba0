import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { Problem } from '../history/failure.ts';
import type { GapReason } from '../history/gap.ts';

/**
 * The messages of a linked account's workflow. Clients can import this file: it loads no workflow code.
 * No message ever carries a credential or a record.
 */
export const workflowType = 'linkedAccount';

const workflowIdPrefix = 'linked-account/bitmart/';

export function workflowIdOf(accountId: string): string {
  return `${workflowIdPrefix}${accountId}`;
}

export function accountIdOfWorkflow(workflowId: string): string {
  return workflowId.slice(workflowIdPrefix.length);
}

/** Posts an account's events to the platform's webhook; runs only while there are any. */
export const eventsWorkflowType = 'accountEvents';

export function eventsWorkflowIdOf(accountId: string): string {
  return `account-events/${accountId}`;
}

/** Posts have a task queue of their own, whose rate and concurrency limits apply to the whole fleet. */
export function webhookTaskQueueOf(taskQueue: string): string {
  return `${taskQueue}-webhook`;
}

/** Requests that a person waits for have a task queue of their own, whose few slots no backfill can take. */
export function interactiveTaskQueueOf(taskQueue: string): string {
  return `${taskQueue}-interactive`;
}

export const accountStatuses = [
  'checking',
  'backfilling',
  'live',
  'paused',
  'needs-attention',
  'closed',
  'unlinked',
] as const;

export type AccountStatus = (typeof accountStatuses)[number];

export interface LinkedAccountInput {
  readonly accountId: string;
  /** Absent on the first run; carried over by continue-as-new, upgraded by next-step.ts. */
  readonly state?: unknown;
}

/** Asks that a candidate key be checked and, if accepted, replace the one in use. */
export interface LinkRequest {
  readonly keyId: string;
  /** `check` links nothing: account and key are deleted whatever the result. */
  readonly purpose: 'link' | 'rotate' | 'check';
}

export interface LinkAnswer {
  readonly accountId: string;
  readonly outcome: 'accepted' | 'refused' | 'undecided';
  readonly status: AccountStatus;
  readonly alreadyLinked: boolean;
  readonly readOnly: boolean | null;
  readonly permissions: readonly string[];
  readonly keyExpiresAt: string | null;
  readonly problems: readonly Problem[];
}

/** Asks that this account be merged into another one of its owner: both are one account at the exchange. */
export interface MergeRequest {
  readonly into: string;
}

/** - `gone`: there is no such account of this owner */
export type MergeRefusal = 'another-id' | 'other-records' | 'gone';

export type MergeResult =
  | {
      readonly outcome: 'merged';
      /** The remaining account. */
      readonly accountId: string;
      readonly moved: number;
      /** Records that both accounts held: each is stored once. */
      readonly dropped: number;
      /** Records that contradict each other: both are kept, one of them in quarantine. */
      readonly conflicts: number;
    }
  | { readonly outcome: 'refused'; readonly reason: MergeRefusal; readonly message: string };

/**
 * Asks that everything be read now. Without a number it is a new request; with one the caller continues to wait for it, which
 * is refused (`crowded`) while enough others wait.
 */
export interface SyncRequest {
  readonly request?: number;
  /** The answer comes within this time, whatever has been reached. @default 20 s, which is also the maximum */
  readonly waitMs?: number;
}

export interface SyncAnswer {
  /** The number of the request, with which a caller can continue to wait for it. */
  readonly request: number;
  /**
   * - `synced`: a sync that began after the request has read everything to its end
   * - `under-way`: it is still running
   * - `not-now`: the account is not read at present; status and problems say why
   */
  readonly outcome: 'synced' | 'under-way' | 'not-now';
  readonly status: AccountStatus;
  readonly nextSyncAt: string | null;
  readonly problems: readonly Problem[];
}

/** What `sync ID --stream --from --to` reports. Times are ISO UTC. */
export interface RangeRequest {
  readonly stream: string;
  readonly from: string;
  readonly to: string;
}

/** What reading a range again has brought, over all parts of the stream. */
export interface RangeAnswer extends RangeRequest {
  readonly requests: number;
  readonly served: number;
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly quarantined: number;
  /** Newly covered ranges; the oldest twenty. */
  readonly newlyCovered: readonly (readonly [from: string, to: string])[];
  /** Remaining gaps; the oldest twenty. */
  readonly gaps: readonly { readonly from: string; readonly to: string; readonly reason: GapReason }[];
  /** Nothing before this can be claimed, even if records are served; null when the range lies within the reach. */
  readonly beyondReachBefore: string | null;
  /** Why the range was not read through; null when all of it was requested. */
  readonly stopped: string | null;
}

export interface WorkflowView {
  readonly accountId: string;
  readonly status: AccountStatus;
  readonly activity: 'idle' | 'checking-key' | 'syncing' | 'unlinking';
  readonly nextSyncAt: string | null;
  readonly cycles: number;
  readonly problems: readonly Problem[];
}

export interface UnlinkRequest {
  readonly erase: boolean;
  /** When the account that the caller saw was created: one that was erased and linked again is a different account. */
  readonly accountCreatedAt?: string;
  /**
   * When the caller saw it linked and unlinked last, null for never. Where no worker answers, the caller unlinks it without one;
   * what is asked for here may then be carried out late, and must not touch a link that came since.
   */
  readonly seen?: { readonly linkedAt: string | null; readonly unlinkedAt: string | null };
}

/** The type of failure of an unlink that found another account under the id. */
export const linkedSince = 'LinkedSince';

/** The type of failure where enough others wait: of a caller who continues to wait for a sync, or asks for a range. */
export const crowded = 'Crowded';

// What `defineUpdate` and its siblings make. A client that only sends messages does not need their package.
const update = <Result, Args extends unknown[] = []>(name: string) =>
  ({ type: 'update', name }) as UpdateDefinition<Result, Args>;
const signal = (name: string) => ({ type: 'signal', name }) as SignalDefinition;
const query = <Result>(name: string) => ({ type: 'query', name }) as QueryDefinition<Result>;

// A message is an update where its sender needs the outcome, a signal where it may come late or more than once, and a query
// where it changes nothing.

/** An update: the person who links a key waits for the exchange's verdict. Sent with the start, so that a first link needs no second call. */
export const linkUpdate = update<LinkAnswer, [LinkRequest]>('link');
/** An update: when it answers, the key is deleted and reading has stopped; a failure must reach the caller. */
export const unlinkUpdate = update<void, [UnlinkRequest]>('unlink');
/** An update: the caller asked for this range and gets its result. */
export const syncRangeUpdate = update<RangeAnswer, [RangeRequest]>('syncRange');
/** An update: it answers when a sync that began after it has ended, which no other message can report. */
export const syncUpdate = update<SyncAnswer, [SyncRequest]>('sync');
/** An update: that two accounts turned out to be different ones is an answer, not a failure. */
export const mergeUpdate = update<MergeResult, [MergeRequest]>('merge');
/** Updates: when they answer, the change is in Postgres, and a failure reaches the caller. */
export const pauseUpdate = update<void>('pause');
export const resumeUpdate = update<void>('resume');
/** A signal: it wakes many accounts at once, or one that may have no worker now. No caller waits, and sending it twice is harmless. */
export const syncNowSignal = signal('syncNow');
/** A query: it is read by operators and changes nothing. Platforms read Postgres instead, because a query needs a worker. */
export const viewQuery = query<WorkflowView>('view');
