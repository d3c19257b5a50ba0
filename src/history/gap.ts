import type { Range } from './range-set.ts';

export const gapReasons = [
  'not-yet-read',
  'expired-before-link',
  'expired-unread',
  'reach-unknown',
  'too-dense',
  'refused',
  'not-opened',
  'quarantined',
  'unexpected-answer',
  'unanswered',
] as const;

export type GapReason = (typeof gapReasons)[number];

/**
 * Besides the gaps of coverage, what a question about a chosen range can meet:
 *
 * - `not-settled`: read once, but too recently to exclude records that appear late
 * - `in-the-future`: has not happened yet
 */
export type IncompleteReason = GapReason | 'not-settled' | 'in-the-future';

export interface Gap extends Range {
  readonly reason: GapReason;
}

/** Whether a mark concerns the key or the account, not a range of time: requested again at every read. */
export function isRefusal({ reason }: Gap): boolean {
  return reason === 'refused' || reason === 'not-opened';
}

/** Whether there is a record in it that is not stored, whatever was answered before. */
export function holdsMore({ reason }: Gap): boolean {
  return reason === 'quarantined' || reason === 'too-dense';
}
