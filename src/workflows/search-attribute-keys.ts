import { defineSearchAttributeKey } from '@temporalio/common';

/** By which operators find accounts in the Temporal UI. The worker registers those that are missing. */
export const ownerId = defineSearchAttributeKey('OwnerId', 'KEYWORD');
export const syncStatus = defineSearchAttributeKey('SyncStatus', 'KEYWORD');
export const historyAtRiskAt = defineSearchAttributeKey('HistoryAtRiskAt', 'DATETIME');
export const completeThrough = defineSearchAttributeKey('CompleteThrough', 'DATETIME');

export const searchAttributes = [ownerId, syncStatus, historyAtRiskAt, completeThrough] as const;
