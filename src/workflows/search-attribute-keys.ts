import { defineSearchAttributeKey } from '@temporalio/common';

/** By which operators find accounts in the Temporal UI. The worker registers those that are missing. */
export const ownerId = defineSearchAttributeKey('OwnerId', 'KEYWORD');
export const syncStatus = defineSearchAttributeKey('SyncStatus', 'KEYWORD');
/**
 * Since when the status holds, as ISO text: it sorts like a time, and leaves the three columns for times, which is all that
 * a namespace on Postgres has, to others.
 */
export const statusSince = defineSearchAttributeKey('StatusSince', 'KEYWORD');
export const historyAtRiskAt = defineSearchAttributeKey('HistoryAtRiskAt', 'DATETIME');
export const completeThrough = defineSearchAttributeKey('CompleteThrough', 'DATETIME');

export function statusSinceText(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

export const searchAttributes = [ownerId, syncStatus, statusSince, historyAtRiskAt, completeThrough] as const;
