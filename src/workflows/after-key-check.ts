import type { KeyCheckResult } from '../activities/contract.ts';
import { problemName } from '../history/failure.ts';
import { type AccountState, type EndReason, pauseMs, refusedKeyPausesMs, undecidedPausesMs } from './account-state.ts';
import { readsAll } from './earlier-release.ts';

/** The state after a key was checked. */
export function afterKeyCheck(
  state: AccountState,
  accountId: string,
  result: KeyCheckResult,
  nowMs: number,
): AccountState {
  const ended = endAfter(accountId, result);
  if (ended !== null)
    return { ...state, ended, status: result.status, linked: false, problems: result.problems.map(problemName) };
  const isWhole = readsAll(result, state.lanes.flat());
  const known: AccountState = {
    ...state,
    ownerId: result.ownerId,
    label: result.label,
    // An account may have been unlinked and linked again in Postgres only, which ends its pause.
    paused: result.outcome === 'accepted' ? result.paused : (state.paused ?? result.paused),
    lanes: isWhole ? result.lanes : state.lanes,
    backfilled: isWhole ? result.everythingReadThrough : state.backfilled,
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
  // A key that is new, or works again, is used at once; after a repeated check the next sync keeps its time.
  const readsAtOnce = result.subject === 'candidate' || state.keyRefused;
  return readsAtOnce ? { ...settled, failures: 0, syncDueMs: nowMs } : settled;
}

function refused(state: AccountState, result: KeyCheckResult, nowMs: number): AccountState {
  // Earlier checks without an answer say nothing about how long a key has been refused.
  const refusals = state.keyRefused ? state.keyLooks : 0;
  const nextMs = nextLookMs(result, nowMs);
  // Another key may wait, which does not need that pause.
  const lookAgainMs = Math.min(nowMs + pauseMs(refusedKeyPausesMs, refusals), nextMs ?? Number.POSITIVE_INFINITY);
  if (result.subject === 'candidate') {
    // A candidate that is refused or discarded changes nothing for the key in use.
    return { ...state, status: result.status, keyDueMs: state.keyRefused ? lookAgainMs : nextMs };
  }
  return {
    ...state,
    status: state.paused ? 'paused' : 'needs-attention',
    keyRefused: true,
    keyLooks: refusals + 1,
    keyDueMs: lookAgainMs,
    problems: result.problems.map(problemName),
  };
}

/** The check got no answer: a key that was accepted before stays in use, a first one waits. */
export function afterFailedKeyCheck(state: AccountState, nowMs: number, lookAgainMs?: number): AccountState {
  const delayMs = lookAgainMs ?? pauseMs(undecidedPausesMs, state.keyLooks);
  return { ...state, keyLooks: state.keyLooks + 1, keyDueMs: nowMs + delayMs };
}

function nextLookMs({ lookAgainMs }: KeyCheckResult, nowMs: number): number | null {
  return lookAgainMs === undefined ? null : nowMs + lookAgainMs;
}
