import type { AccountState, EndReason } from './account-state.ts';
import type { AccountStatus } from './messages.ts';

/** The state after a pause was stored. */
export function afterPause(state: AccountState): AccountState {
  return { ...state, paused: true, status: 'paused' };
}

/** The state after a resume was stored: what was missed is read at once. */
export function afterResume(state: AccountState, nowMs: number): AccountState {
  const resumed = { ...state, paused: false, syncDueMs: nowMs, keyDueMs: state.keyRefused ? nowMs : state.keyDueMs };
  return { ...resumed, status: readingStatus(resumed) };
}

/** The status of an account that is not paused. */
function readingStatus(state: AccountState): AccountStatus {
  if (!state.linked) return 'checking';
  if (state.keyRefused) return 'needs-attention';
  return state.backfilled ? 'live' : 'backfilling';
}

/** It is unknown whether the command was stored: a check is due now, and gets the answer from the database. */
export function afterFailedCommand(state: AccountState, nowMs: number): AccountState {
  return { ...state, paused: null, keyDueMs: nowMs };
}

/** The state after the account was unlinked, or merged into another one. */
export function afterUnlink(state: AccountState, ended: EndReason): AccountState {
  return { ...state, ended, status: 'unlinked', linked: false, paused: false };
}

/** The state after a request to sync: an account that waits for a key has it checked again, any other one reads. */
export function afterSyncRequest(state: AccountState, nowMs: number): AccountState {
  const requested = { ...state, syncsRequested: state.syncsRequested + 1 };
  return isNotRead(state) ? { ...requested, keyDueMs: nowMs } : { ...requested, syncDueMs: nowMs };
}

/** The account is not read until a key check, or a resume, says that it can be. */
export function isNotRead(state: AccountState): boolean {
  return !state.linked || state.paused === true || state.keyRefused;
}
