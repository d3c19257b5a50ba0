import type { StreamProgress } from '../activities/contract.ts';
import type { ProblemName } from '../history/failure.ts';
import type { AccountStatus } from './messages.ts';

/** Everything that a run remembers, and hands to the next one. The history itself is only in Postgres. */
export interface AccountState {
  readonly v: 1;
  readonly ownerId: string | null;
  readonly label: string | null;
  readonly status: AccountStatus;
  /** A key is in use, as far as is known. */
  readonly linked: boolean;
  /** Null until the database or a message has said. */
  readonly paused: boolean | null;
  /** Commands that wait or run, during which nothing may be read. */
  readonly stops: number;
  /** The number of the last command: an earlier one never undoes what it wrote. */
  readonly command: number;
  /** Which account the run reads, of those that have had its id in turn; null until a check has said. */
  readonly accountCreatedAt: string | null;
  readonly keyRefused: boolean;
  /** Every stream was read through once. */
  readonly backfilled: boolean;
  /** Stream groups. Streams that share an endpoint are read one after another, the groups in parallel. */
  readonly lanes: readonly (readonly string[])[];
  /** A key must be checked: a candidate that no message announced, or the one in use. */
  readonly keyDueMs: number | null;
  readonly keyLooks: number;
  readonly syncDueMs: number;
  /** How often in a row some stream has failed. */
  readonly failures: number;
  /** How often in a row a worker of an earlier release left streams unread that it does not know. */
  readonly leftUnread: number;
  /** Syncs over all runs of the workflow. */
  readonly cycles: number;
  readonly streams: readonly StreamProgress[];
  readonly problems: readonly ProblemName[];
  readonly historyAtRiskAt: string | null;
  readonly completeThrough: string | null;
  readonly ended: EndReason | null;
  /** When the next expiry check of an account that is not read is due. */
  readonly expiryDueMs: number;
  /** Requests to sync, counted over all runs: none is lost while a sync is running. */
  readonly syncsRequested: number;
  /** How many of them were served by a sync that began after they came. While some are not, resting streams are read as well. */
  readonly syncsServed: number;
}

/** Often enough that a loss is known on the same day. */
export const expiryLookMs = 6 * 3_600_000;

export type EndReason =
  | 'unlinked'
  | 'closed'
  | 'refused'
  | 'no-key'
  | 'gone'
  | 'checked-only'
  | { readonly handedTo: string };

export function newAccountState(nowMs: number): AccountState {
  return {
    v: 1,
    ownerId: null,
    label: null,
    status: 'checking',
    linked: false,
    paused: null,
    stops: 0,
    command: 0,
    accountCreatedAt: null,
    keyRefused: false,
    backfilled: false,
    lanes: [],
    keyDueMs: nowMs,
    keyLooks: 0,
    syncDueMs: nowMs,
    failures: 0,
    leftUnread: 0,
    cycles: 0,
    streams: [],
    problems: [],
    historyAtRiskAt: null,
    completeThrough: null,
    ended: null,
    expiryDueMs: nowMs + expiryLookMs,
    syncsRequested: 0,
    syncsServed: 0,
  };
}

/** The state that an earlier run left, in the current shape. Understands every shape that a release ever wrote. */
export function upgrade(carried: unknown, nowMs: number): AccountState {
  const state = carried as (AccountState & { readonly everythingDue?: boolean }) | null | undefined;
  if (state?.v !== 1) return newAccountState(nowMs);
  // 0.2.0 did not count them.
  const { everythingDue = false, ...counted } = state;
  return { ...newAccountState(nowMs), ...(everythingDue && { syncsRequested: 1 }), ...counted, stops: 0 };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** How soon a key that was refused is checked again: a person has to act first. */
export const refusedKeyPausesMs = [5 * minuteMs, 15 * minuteMs, hourMs, 6 * hourMs] as const;
/** How soon a transient failure is retried. */
export const undecidedPausesMs = [30_000, minuteMs, 5 * minuteMs, 15 * minuteMs] as const;

/** The pause before the next try; the last value applies to all later tries. */
export function pauseMs(pausesMs: readonly number[], turn: number): number {
  return pausesMs[Math.min(turn, pausesMs.length - 1)] as number;
}
