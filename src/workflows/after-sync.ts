import type { ExpiryResult, SyncResult } from '../activities/contract.ts';
import { type AccountState, expiryLookMs, pauseMs, undecidedPausesMs } from './account-state.ts';
import { lacksSome, readsAll, streamGroupsAfter } from './earlier-release.ts';

/** What a sync had to do: the requests that had come when it began, and how many stream groups it reads. */
interface SyncBegun {
  readonly requests: number;
  readonly groups: number;
}

/** The state after a sync, or one chunk of each stream group of a backfill. */
export function afterSync(
  state: AccountState,
  results: readonly SyncResult[],
  nowMs: number,
  { requests, groups }: SyncBegun = { requests: state.syncsRequested, groups: results.length },
): AccountState {
  const cycles = state.cycles + 1;
  const lanes = streamGroupsAfter(state, results);
  // A worker that reads fewer streams says nothing of the others.
  const whole = results.filter((result) => readsAll(result, lanes.lanes.flat()));
  const last = whole.at(-1) ?? results.at(-1);
  if (last === undefined) return { ...state, cycles };
  if (results.some((result) => result.closed)) return closed({ ...state, cycles }, results);
  const backfilled = whole.length > 0 ? whole.some((result) => result.everythingReadThrough) : state.backfilled;
  const keyRefused = results.some((result) => result.key === 'refused');
  const keyMatters = results.some((result) => result.key !== 'works' || result.candidateWaiting);
  const failed = keyRefused || results.some((result) => result.failed);
  const isWhole =
    results.length === groups && results.every((result) => result.done && !reportsNewStreams(state, result));
  return {
    ...state,
    cycles,
    ...lanes,
    backfilled,
    status: state.paused ? 'paused' : backfilled ? 'live' : 'backfilling',
    failures: failed ? state.failures + 1 : 0,
    keyDueMs: keyMatters ? nowMs : state.keyDueMs,
    syncDueMs: state.syncsRequested > requests ? nowMs : syncDueMs(state, results, { nowMs, keyRefused }),
    streams: mergeStreams(state, results),
    problems: mergeProblems(results),
    historyAtRiskAt: last.historyAtRiskAt,
    completeThrough: last.completeThrough,
    syncsServed: isWhole ? requests : state.syncsServed,
  };
}

/** The exchange has closed: nothing is left to do. */
function closed(state: AccountState, results: readonly SyncResult[]): AccountState {
  return {
    ...state,
    ended: 'closed',
    status: 'closed',
    linked: false,
    streams: mergeStreams(state, results),
    problems: results.length > 0 ? mergeProblems(results) : state.problems,
    historyAtRiskAt: null,
  };
}

function syncDueMs(
  state: AccountState,
  results: readonly SyncResult[],
  { nowMs, keyRefused }: { readonly nowMs: number; readonly keyRefused: boolean },
): number {
  // If the second check finds nothing wrong with the key, reading continues at growing intervals.
  if (keyRefused) return nowMs + pauseMs(undecidedPausesMs, state.failures);
  const retries = results.filter((result) => result.failed);
  if (retries.length > 0) return earliestOf(retries);
  // A chunk that ended before everything was read continues at once; so does one that reports a new stream.
  const goesOn = results.some((result) => !result.done || reportsNewStreams(state, result));
  return goesOn ? nowMs : earliestOf(results);
}

/** A release that reads more streams has taken over: what is new to the account is read at once. */
function reportsNewStreams(state: AccountState, { lanes = [] }: SyncResult): boolean {
  return lacksSome(state.lanes, lanes.flat());
}

function earliestOf(results: readonly SyncResult[]): number {
  return Math.min(...results.map((result) => Date.parse(result.nextSyncAt)));
}

/** The state after an activity failed permanently in our own parts: it is retried at growing intervals. */
export function afterFailedSync(state: AccountState, nowMs: number, requests = state.syncsRequested): AccountState {
  const failures = state.failures + 1;
  const delayMs = state.syncsRequested > requests ? 0 : pauseMs(undecidedPausesMs, failures - 1);
  return { ...state, failures, syncDueMs: nowMs + delayMs };
}

/** The state after a message interrupted reading: what was being read is due at once, whatever other stream groups have reached. */
export function afterInterruption(state: AccountState, nowMs: number): AccountState {
  return { ...state, syncDueMs: nowMs };
}

function mergeStreams(state: AccountState, results: readonly SyncResult[]) {
  const reported = new Map(
    results.flatMap((result) => result.streams.map((stream) => [stream.stream, stream] as const)),
  );
  return state.lanes.flat().flatMap((name) => {
    const progress = reported.get(name) ?? state.streams.find((stream) => stream.stream === name);
    return progress ? [progress] : [];
  });
}

function mergeProblems(results: readonly SyncResult[]) {
  const all = results.flatMap((result) => result.problems);
  const last = new Map(all.map((problem) => [`${problem.stream ?? ''}/${problem.code}`, problem]));
  return [...last.values()];
}

/** The state after an expiry check; `null` when the check failed. */
export function afterExpiryLook(state: AccountState, result: ExpiryResult | null, nowMs: number): AccountState {
  const looked = { ...state, expiryDueMs: nowMs + expiryLookMs };
  if (result === null) return looked;
  if (result.closed) return closed(looked, []);
  return { ...looked, historyAtRiskAt: result.historyAtRiskAt };
}
