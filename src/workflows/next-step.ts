import type { AccountState, EndReason } from './account-state.ts';

/** What a linked account does next. */
export type Step =
  | { readonly kind: 'end'; readonly reason: EndReason }
  | { readonly kind: 'check-key' }
  /** All stream groups in parallel, until everything was read through once. */
  | { readonly kind: 'backfill'; readonly lanes: readonly (readonly string[])[] }
  | { readonly kind: 'sync'; readonly streams: readonly string[] }
  /** The account is not read, so what has expired must be recorded. */
  | { readonly kind: 'note-expiry' }
  | WaitStep;

export interface WaitStep {
  readonly kind: 'wait';
  readonly delayMs: number;
  readonly why: string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** A new version of this code takes over between two runs: nothing sleeps longer than this. */
const longestWaitMs = 6 * hourMs;
const shortestWaitMs = 1_000;

/** Pure: the same state at the same instant always gives the same step. */
export function nextStep(state: AccountState, nowMs: number): Step {
  if (state.ended !== null) return { kind: 'end', reason: state.ended };
  if (state.stops > 0) return wait(null, nowMs, 'a command to be carried out');
  if (state.keyDueMs !== null && state.keyDueMs <= nowMs) return { kind: 'check-key' };
  if (!state.linked) return wait(state.keyDueMs, nowMs, 'the exchange to answer about the key');
  if (state.paused || state.keyRefused)
    return state.expiryDueMs <= nowMs ? { kind: 'note-expiry' } : unread(state, nowMs);
  if (state.syncDueMs > nowMs) {
    return wait(Math.min(state.syncDueMs, state.keyDueMs ?? state.syncDueMs), nowMs, 'the next sync');
  }
  return state.backfilled ? { kind: 'sync', streams: state.lanes.flat() } : { kind: 'backfill', lanes: state.lanes };
}

/** The wait of an account that is not read. */
export function unread(state: AccountState, nowMs: number): WaitStep {
  return wait(state.keyDueMs, nowMs, state.paused ? 'somebody to resume it' : 'a key that works');
}

function wait(untilMs: number | null, nowMs: number, why: string): WaitStep {
  const delayMs = Math.min(longestWaitMs, (untilMs ?? Number.POSITIVE_INFINITY) - nowMs);
  return { kind: 'wait', delayMs: Math.max(shortestWaitMs, delayMs), why };
}
