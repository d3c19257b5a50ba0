import type { ExpiryResult, KeyCheckResult, SyncResult } from '../activities/contract.ts';
import { problemName } from '../history/failure.ts';
import { type AccountState, type EndReason, expiryLookMs } from './account-state.ts';
import type { AccountStatus } from './messages.ts';

/** What a linked account does next. */
export type Step =
  | { readonly kind: 'end'; readonly reason: EndReason }
  | { readonly kind: 'check-key' }
  /** Each lane on its own, side by side, until everything was read through once. */
  | { readonly kind: 'backfill'; readonly lanes: readonly (readonly string[])[] }
  | { readonly kind: 'sync'; readonly streams: readonly string[] }
  | { readonly kind: 'wait'; readonly delayMs: number; readonly why: string };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** A new version of this code takes over between two runs: nothing sleeps longer than this. */
const longestWaitMs = 6 * hourMs;
const shortestWaitMs = 1_000;
/** How soon a key that was refused, or could not be looked at, is looked at again. */
const keyLookPausesMs = [5 * minuteMs, 15 * minuteMs, hourMs, 6 * hourMs] as const;
const undecidedPausesMs = [30_000, minuteMs, 5 * minuteMs, 15 * minuteMs] as const;
/** A lane that takes longer lets the others, which are done, have their turn again. */
const longestReadingMs = hourMs;
const syncsPerRun = 12;
/** Of an account that is not read, a run ends after a week. */
const waitsPerRun = 28;
const eventsPerRun = 500;

/** Pure: the same state at the same instant always gives the same step. */
export function nextStep(state: AccountState, nowMs: number): Step {
  if (state.ended !== null) return { kind: 'end', reason: state.ended };
  if (state.stops > 0) return wait(null, nowMs, 'a command to be carried out');
  if (state.keyDueMs !== null && state.keyDueMs <= nowMs) return { kind: 'check-key' };
  if (!state.linked) return wait(state.keyDueMs, nowMs, 'the exchange to answer about the key');
  if (state.paused) return wait(state.keyDueMs, nowMs, 'somebody to resume it');
  if (state.keyRefused) return wait(state.keyDueMs, nowMs, 'a key that works');
  if (state.syncDueMs > nowMs) {
    return wait(Math.min(state.syncDueMs, state.keyDueMs ?? state.syncDueMs), nowMs, 'the next sync');
  }
  return state.backfilled ? { kind: 'sync', streams: state.lanes.flat() } : { kind: 'backfill', lanes: state.lanes };
}

function wait(untilMs: number | null, nowMs: number, why: string): Step {
  const delayMs = Math.min(longestWaitMs, (untilMs ?? Number.POSITIVE_INFINITY) - nowMs);
  return { kind: 'wait', delayMs: Math.max(shortestWaitMs, delayMs), why };
}

/** Whether it is time to look what has expired: of an account that waits for a person, nobody else notices. */
export function expiryLookIsDue(state: AccountState, nowMs: number): boolean {
  return state.linked && (state.paused === true || state.keyRefused) && state.expiryDueMs <= nowMs;
}

/** The state after a look at what has expired; `null` when it could not be had. */
export function afterExpiryLook(state: AccountState, result: ExpiryResult | null, nowMs: number): AccountState {
  const looked = { ...state, expiryDueMs: nowMs + expiryLookMs };
  if (result === null) return looked;
  if (result.closed) return closed(looked, []);
  return { ...looked, historyAtRiskAt: result.historyAtRiskAt };
}

/** Whether reading should pause between two chunks, so that lanes which are done get their turn again or a new run begins. */
export function readingIsLong(startedMs: number, nowMs: number, events: number): boolean {
  return nowMs - startedMs >= longestReadingMs || events >= eventsPerRun;
}

/** Whether the next run should take over: histories stay short, because a cold wake-up replays them. */
export function runIsLong({ syncs, waits }: StepsOfRun, events: number): boolean {
  return syncs >= syncsPerRun || waits >= waitsPerRun || events >= eventsPerRun;
}

export interface StepsOfRun {
  readonly syncs: number;
  /** Key checks included. */
  readonly waits: number;
}

/** The state after a pause was written down. */
export function afterPause(state: AccountState): AccountState {
  return { ...state, paused: true, status: 'paused' };
}

/** The state after a resume was written down: what was missed is read at once. */
export function afterResume(state: AccountState, nowMs: number): AccountState {
  const resumed = { ...state, paused: false, syncDueMs: nowMs, keyDueMs: state.keyRefused ? nowMs : state.keyDueMs };
  return { ...resumed, status: readingStatus(resumed) };
}

/** The status of an account that is not paused. */
export function readingStatus(state: AccountState): AccountStatus {
  if (!state.linked) return 'checking';
  if (state.keyRefused) return 'needs-attention';
  return state.backfilled ? 'live' : 'backfilling';
}

/** Whether the pause or resume was written is unknown: the check that is due now brings what the database says. */
export function afterFailedPause(state: AccountState, nowMs: number): AccountState {
  return { ...state, paused: null, keyDueMs: nowMs };
}

/** The state after the account was unlinked, or its records went to another one. */
export function afterUnlink(state: AccountState, ended: EndReason): AccountState {
  return { ...state, ended, status: 'unlinked', linked: false, paused: false };
}

/** The state after a request to sync: what waits for a key has it checked again, everything else reads. */
export function afterSyncRequest(state: AccountState, nowMs: number): AccountState {
  const requested = { ...state, syncsRequested: state.syncsRequested + 1 };
  const keyMatters = !state.linked || state.paused === true || state.keyRefused;
  return keyMatters ? { ...requested, keyDueMs: nowMs } : { ...requested, syncDueMs: nowMs };
}

export function afterKeyCheck(
  state: AccountState,
  accountId: string,
  result: KeyCheckResult,
  nowMs: number,
): AccountState {
  const ended = endAfter(accountId, result);
  if (ended !== null)
    return { ...state, ended, status: result.status, linked: false, problems: result.problems.map(problemName) };
  const known: AccountState = {
    ...state,
    ownerId: result.ownerId,
    label: result.label,
    paused: state.paused ?? result.paused,
    lanes: result.lanes,
    backfilled: result.everythingReadThrough,
    linked: result.linked,
    accountCreatedAt: result.accountCreatedAt ?? state.accountCreatedAt,
  };
  switch (result.outcome) {
    case 'accepted':
      return accepted(known, result, nowMs);
    case 'refused':
    case 'superseded':
      return refused(known, result, nowMs);
    default:
      return afterFailedKeyCheck(known, nowMs, result.lookAgainMs);
  }
}

/** Null while the account is linked, as the database says: a linked account without a workflow loses history. */
function endAfter(accountId: string, result: KeyCheckResult): EndReason | null {
  if (result.outcome === 'accepted' && result.accountId !== accountId) return { handedTo: result.accountId };
  if (result.linked) return null;
  if (result.outcome === 'gone') return 'gone';
  if (result.outcome === 'nothing') return 'no-key';
  if (result.status !== 'unlinked') return null;
  return result.outcome === 'refused' ? 'refused' : 'checked-only';
}

function accepted(state: AccountState, result: KeyCheckResult, nowMs: number): AccountState {
  const status = state.paused ? 'paused' : state.backfilled ? 'live' : 'backfilling';
  const settled = {
    ...state,
    ended: null,
    status,
    keyRefused: false,
    keyLooks: 0,
    keyDueMs: nextLookMs(result, nowMs),
    problems: result.problems.map(problemName),
  } as const;
  // A key that just came, or works again, is read with at once; one that was only looked at again keeps its turn.
  const readsAtOnce = result.subject === 'candidate' || state.keyRefused;
  return readsAtOnce ? { ...settled, failures: 0, syncDueMs: nowMs } : settled;
}

function refused(state: AccountState, result: KeyCheckResult, nowMs: number): AccountState {
  const lookAgainMs = nowMs + pause(keyLookPausesMs, state.keyLooks);
  if (result.subject === 'candidate') {
    // A candidate that is refused or discarded changes nothing for the key in use.
    return { ...state, status: result.status, keyDueMs: state.keyRefused ? lookAgainMs : nextLookMs(result, nowMs) };
  }
  return {
    ...state,
    status: state.paused ? 'paused' : 'needs-attention',
    keyRefused: true,
    keyLooks: state.keyLooks + 1,
    keyDueMs: lookAgainMs,
    problems: result.problems.map(problemName),
  };
}

/** Nothing is known of the key: one that was accepted before goes on being used, a first one waits. */
export function afterFailedKeyCheck(state: AccountState, nowMs: number, lookAgainMs?: number): AccountState {
  const delayMs = lookAgainMs ?? pause(undecidedPausesMs, state.keyLooks);
  return { ...state, keyLooks: state.keyLooks + 1, keyDueMs: nowMs + delayMs };
}

function nextLookMs({ lookAgainMs }: KeyCheckResult, nowMs: number): number | null {
  return lookAgainMs === undefined ? null : nowMs + lookAgainMs;
}

/** What a sync was to do: the requests that had come when it began, and how many stream groups it reads. */
interface SyncBegun {
  readonly requests: number;
  readonly groups: number;
}

export function afterSync(
  state: AccountState,
  results: readonly SyncResult[],
  nowMs: number,
  { requests, groups }: SyncBegun = { requests: state.syncsRequested, groups: results.length },
): AccountState {
  const cycles = state.cycles + 1;
  const last = results.at(-1);
  if (last === undefined) return { ...state, cycles };
  if (results.some((result) => result.closed)) return closed({ ...state, cycles }, results);
  const backfilled = results.some((result) => result.everythingReadThrough);
  const keyRefused = results.some((result) => result.key === 'refused');
  const keyMatters = results.some((result) => result.key !== 'works' || result.candidateWaiting);
  const failed = keyRefused || results.some((result) => result.failed);
  const isWhole = results.length === groups && results.every((result) => result.done);
  return {
    ...state,
    cycles,
    lanes: last.lanes ?? state.lanes,
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
  // Where the second look finds nothing wrong with the key, reading goes on less and less often.
  if (keyRefused) return nowMs + pause(undecidedPausesMs, state.failures);
  const retries = results.filter((result) => result.failed);
  if (retries.length > 0) return earliestOf(retries);
  // A chunk that ended before everything was read goes on at once; so does one that tells of a stream nobody knew of.
  const goesOn = results.some((result) => !result.done || tellsOfMore(state, result));
  return goesOn ? nowMs : earliestOf(results);
}

/** A release that reads more streams has taken over: what is new to the account is read at once. */
function tellsOfMore(state: AccountState, { lanes = [] }: SyncResult): boolean {
  const known = new Set(state.lanes.flat());
  return lanes.flat().some((stream) => !known.has(stream));
}

function earliestOf(results: readonly SyncResult[]): number {
  return Math.min(...results.map((result) => Date.parse(result.nextSyncAt)));
}

/** The state after an activity failed for good in our own parts: tried again at growing intervals. */
export function afterFailedSync(state: AccountState, nowMs: number, requests = state.syncsRequested): AccountState {
  const failures = state.failures + 1;
  const delayMs = state.syncsRequested > requests ? 0 : pause(undecidedPausesMs, failures - 1);
  return { ...state, failures, syncDueMs: nowMs + delayMs };
}

/** The state after reading was cut short by a message: what was under way is due at once, whatever other lanes have reached. */
export function afterInterruption(state: AccountState, nowMs: number): AccountState {
  return { ...state, syncDueMs: nowMs };
}

function mergeStreams(state: AccountState, results: readonly SyncResult[]) {
  const told = new Map(results.flatMap((result) => result.streams.map((stream) => [stream.stream, stream] as const)));
  return state.lanes.flat().flatMap((name) => {
    const progress = told.get(name) ?? state.streams.find((stream) => stream.stream === name);
    return progress ? [progress] : [];
  });
}

function mergeProblems(results: readonly SyncResult[]) {
  const all = results.flatMap((result) => result.problems);
  const last = new Map(all.map((problem) => [`${problem.stream ?? ''}/${problem.code}`, problem]));
  return [...last.values()];
}

function pause(pausesMs: readonly number[], turn: number): number {
  return pausesMs[Math.min(turn, pausesMs.length - 1)] as number;
}
