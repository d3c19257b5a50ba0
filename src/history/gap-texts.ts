import type { GapReason } from './part-state.ts';
import { unknownRight } from './stream.ts';

/** Why a range can't be vouched for, and what can be done, for people who ask whether something is complete. */
export interface GapText {
  readonly meaning: string;
  readonly remedy: string;
}

/**
 * Besides the gaps of coverage, what a question about a chosen range can meet:
 *
 * - `not-settled`: read once, but too recently to exclude records that appear late
 * - `in-the-future`: has not happened yet
 */
export type IncompleteReason = GapReason | 'not-settled' | 'in-the-future';

/** The text for a stream that needs more than a read-only key. */
export function missingRightText(right: string): GapText {
  if (right === unknownRight) {
    return {
      meaning: 'BitMart does not give it to this key, and does not say which right it needs.',
      remedy: 'Nothing has to be done; the user compares with the BitMart website where the account has any.',
    };
  }
  return {
    meaning: `BitMart gives it only to keys with the right “${right}”.`,
    remedy: 'Nothing has to be done: a key that can only read is the safer one.',
  };
}

export const gapTexts: Readonly<Record<IncompleteReason, GapText>> = {
  'not-yet-read': {
    meaning: 'Not requested from BitMart yet.',
    remedy: 'Wait for the next sync, or ask for one; if it stays, look at the problems of the account.',
  },
  'expired-before-link': {
    meaning:
      'Older than what BitMart says it serves. It was requested all the same: BitMart refused, or answered without a record.',
    remedy: 'If there were records, only a file that the user exports on the BitMart website has them.',
  },
  'expired-unread': {
    meaning: 'It became older than BitMart says it serves before it was read; it is requested once more.',
    remedy: 'If there were records, only a file that the user exports on the BitMart website has them.',
  },
  'reach-unknown': {
    meaning: 'Requested, and BitMart answered without a record. BitMart does not say from when to when it serves this.',
    remedy: 'Usually nothing is missing; the user compares with the BitMart website.',
  },
  'too-dense': {
    meaning: 'More records than one answer of BitMart holds, and no smaller one can be had; those served are stored.',
    remedy: 'Compare this time with a file that the user exports on the BitMart website.',
  },
  refused: {
    meaning: 'The key may not read this.',
    remedy: 'Replace the key by one with the permission “Read Only”.',
  },
  'not-opened': {
    meaning: 'The user has no such account at BitMart, as far as its answers show.',
    remedy: 'Nothing is missing.',
  },
  quarantined: {
    meaning: 'A record was served that can’t be read, or contradicts the one that is stored; its text is kept.',
    remedy: 'The operator looks at the quarantined record; an upgrade that understands it reads it again.',
  },
  'unexpected-answer': {
    meaning:
      'BitMart’s answers for this time contradict the request or what is stored, or nothing shows that they are about it; what they held is stored.',
    remedy: 'Nothing: it is requested again. Meanwhile the user compares with the BitMart website.',
  },
  unanswered: {
    meaning: 'BitMart fails to answer for this time, and answers for others.',
    remedy:
      'Nothing: it is requested again at growing intervals. Meanwhile the user compares with the BitMart website.',
  },
  'not-settled': {
    meaning: 'Read, but so recently that records may still appear late.',
    remedy: 'Ask again a day later; it is read a second time by then.',
  },
  'in-the-future': {
    meaning: 'It has not happened yet.',
    remedy: 'Ask again when it is over.',
  },
};
