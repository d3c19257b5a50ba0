import { ApplicationFailure } from '@temporalio/common';
import type { AccountState } from './account-state.ts';
import type { LinkRequest, MergeRequest, RangeRequest, SyncRequest } from './messages.ts';

/** Why an update is refused before anything is stored, as a text for the caller; null when it is accepted. */
type Refusal = string | null;

/** A message sent from the UI may hold anything, or nothing: a handler that received it would fail again and again. */
type Sent<Request> = Partial<Request> | null | undefined;

export function refuse(refusal: Refusal): void {
  if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal);
}

export function linkRefusal(request: Sent<LinkRequest>): Refusal {
  const purposes: readonly unknown[] = ['link', 'rotate', 'check'] satisfies readonly LinkRequest['purpose'][];
  const isRequest = isName(request?.keyId) && purposes.includes(request?.purpose);
  return isRequest ? null : 'Say {"keyId": "…", "purpose": "link"}: a key that is stored and waits to be checked.';
}

export function unlinkRefusal(request: Sent<{ readonly erase: boolean }>): Refusal {
  return typeof request?.erase === 'boolean' ? null : 'Say {"erase": true} or {"erase": false}.';
}

export function mergeRefusal(request: Sent<MergeRequest>, accountId: string): Refusal {
  const isRequest = isName(request?.into) && request?.into !== accountId;
  return isRequest ? null : 'Say {"into": "…"}: another account of the same owner.';
}

export function syncRefusal(request: Sent<SyncRequest>): Refusal {
  const isNumber = (value: unknown) => value === undefined || (typeof value === 'number' && value >= 0);
  if (request === undefined || request === null) return null;
  const isRequest = typeof request === 'object' && isNumber(request.request) && isNumber(request.waitMs);
  return isRequest ? null : 'Say {}, or {"request": N, "waitMs": N} to go on waiting for request N.';
}

export function rangeRefusal(state: AccountState, request: Sent<RangeRequest>, nowMs: number): Refusal {
  const streams = state.lanes.flat();
  const fromMs = Date.parse(request?.from ?? '');
  const toMs = Date.parse(request?.to ?? '');
  if (!state.linked || state.keyRefused) return 'The account has no key that works; nothing can be read with it.';
  if (state.paused) return 'The account is paused: resume it first.';
  if (!isName(request?.stream)) return 'Say {"stream": "…", "from": "…", "to": "…"}.';
  if (!streams.includes(request?.stream as string))
    return `There is no stream ${request?.stream}; the streams are ${streams.join(', ')}.`;
  if (!(fromMs < toMs)) return 'A range needs two times, the first before the second, like 2026-08-01T00:00:00Z.';
  if (toMs > nowMs + clockDifferenceMs) return 'The range ends in the future: what has not happened can not be read.';
  return null;
}

/** Clocks of the client and of Temporal differ a little. */
const clockDifferenceMs = 60_000;

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
