import { defineSearchAttributeKey } from '@temporalio/common';

/** By which operators find accounts in the Temporal UI. The worker registers those that are missing. */
export const ownerId = defineSearchAttributeKey('OwnerId', 'KEYWORD');
export const syncStatus = defineSearchAttributeKey('SyncStatus', 'KEYWORD');
/**
 * When the status began, as ISO text: it sorts like a time. A namespace on Postgres has only three columns for times, and
 * the other attributes need them.
 */
export const statusSince = defineSearchAttributeKey('StatusSince', 'KEYWORD');
export const historyAtRiskAt = defineSearchAttributeKey('HistoryAtRiskAt', 'DATETIME');
export const completeThrough = defineSearchAttributeKey('CompleteThrough', 'DATETIME');

export function statusSinceText(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

export const searchAttributes = [ownerId, syncStatus, statusSince, historyAtRiskAt, completeThrough] as const;
