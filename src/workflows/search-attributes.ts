import type { SearchAttributePair, SearchAttributeUpdatePair } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { AccountState } from './account-state.ts';
import {
  completeThrough,
  historyAtRiskAt,
  ownerId,
  statusSince,
  statusSinceText,
  syncStatus,
} from './search-attribute-keys.ts';
import { showsStatusSince, showsWithNextRun } from './versions.ts';

const keys = { ownerId, status: syncStatus, statusSince, historyAtRiskAt, completeThrough } as const;

export type ShownAttributes = { readonly [Name in keyof typeof keys]: string | null };

const hourMs = 3_600_000;
/**
 * Every upsert is an event of the history and is billed. So the two instants, which move with every sync, are shown with
 * the next run; a long run shows them once a day. Both are shown too early rather than too late.
 */
const stepMs = 24 * hourMs;
const stepOf020Ms = 6 * hourMs;

/** What the workflow's start or an earlier run has shown. */
export function shownAttributes(): ShownAttributes {
  const shown = workflowInfo().typedSearchAttributes;
  return {
    ownerId: shown.get(ownerId) ?? null,
    status: shown.get(syncStatus) ?? null,
    statusSince: shown.get(statusSince) ?? null,
    historyAtRiskAt: shown.get(historyAtRiskAt)?.toISOString() ?? null,
    completeThrough: shown.get(completeThrough)?.toISOString() ?? null,
  };
}

/** The current values of all of them: passing them to the next run costs nothing. */
export function attributesOfNextRun(shown: ShownAttributes, state: AccountState): SearchAttributePair[] {
  const next = { ...state, ownerId: state.ownerId ?? shown.ownerId, statusSince: sinceShown(shown, state) };
  return pairsOf(next, (name) => next[name] !== null) as SearchAttributePair[];
}

/** Shows what changed, and answers with what is shown now. */
export function showAttributes(shown: ShownAttributes, state: AccountState): ShownAttributes {
  const next: ShownAttributes = {
    ownerId: state.ownerId ?? shown.ownerId,
    status: state.status,
    statusSince: since(shown, state),
    historyAtRiskAt: stepped(shown.historyAtRiskAt, state.historyAtRiskAt),
    completeThrough: stepped(shown.completeThrough, state.completeThrough),
  };
  const changed = pairsOf(next, (name) => next[name] !== shown[name]);
  if (changed.length > 0) upsertSearchAttributes(changed);
  return next;
}

function pairsOf(
  attributes: ShownAttributes,
  isWanted: (name: keyof ShownAttributes) => boolean,
): SearchAttributeUpdatePair[] {
  const names = (Object.keys(keys) as (keyof ShownAttributes)[]).filter(isWanted);
  return names.map((name) => {
    const [key, value] = [keys[name], attributes[name]];
    return { key, value: key.type === 'DATETIME' && value !== null ? new Date(value) : value };
  }) as SearchAttributeUpdatePair[];
}

/** A workflow of 0.1.0 does not show it: it begins with this version's first check. */
function since(shown: ShownAttributes, state: AccountState): string | null {
  const unknown = shown.statusSince === null && showsStatusSince();
  return unknown ? statusSinceText(Date.now()) : sinceShown(shown, state);
}

function sinceShown({ status, statusSince: known }: ShownAttributes, state: AccountState): string | null {
  return state.status !== status && known !== null ? statusSinceText(Date.now()) : known;
}

function stepped(shown: string | null, now: string | null): string | null {
  if (shown === null || now === null) return now;
  const movedMs = Date.parse(now) - Date.parse(shown);
  if (movedMs >= 0 && movedMs < stepOf020Ms) return shown;
  return movedMs < 0 || movedMs >= stepMs || !showsWithNextRun() ? now : shown;
}
