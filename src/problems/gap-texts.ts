import type { IncompleteReason } from '../history/gap.ts';
import { unknownRight } from '../history/stream.ts';

/** Why a range can't be vouched for, and what can be done, for people who ask whether something is complete. */
interface GapText {
  readonly meaning: string;
  readonly remedy: string;
}

/** The text for a stream that needs more than a read-only key. */
export function missingRightText(right: string): GapText {
  if (right === unknownRight) {
    return {
      meaning: 'BitMart does not serve it to this key, and does not say which right it needs.',
      remedy: 'No action needed. The user can compare with the BitMart website.',
    };
  }
  return {
    meaning: `BitMart serves it only to keys with the right “${right}”, or has withdrawn it.`,
    remedy: 'No action needed: a key that can only read is safer.',
  };
}

export const gapTexts: Readonly<Record<IncompleteReason, GapText>> = {
  'not-yet-read': {
    meaning: 'Not requested from BitMart yet.',
    remedy: 'Wait for the next sync, or request one. If it stays, check the problems of the account.',
  },
  'expired-before-link': {
    meaning:
      'Requested: BitMart refused it as too old, or it is older than BitMart is known to serve and no record came.',
    remedy: 'If there were records, only a file that the user exports on the BitMart website has them.',
  },
  'expired-unread': {
    meaning: 'It became older than BitMart is known to serve before it was read. It is requested once more.',
    remedy: 'If there were records, only a file that the user exports on the BitMart website has them.',
  },
  'reach-unknown': {
    meaning: 'Requested, and BitMart answered without a record. BitMart does not document how far back it serves this.',
    remedy: 'Usually nothing is missing. The user can compare with the BitMart website.',
  },
  'too-dense': {
    meaning:
      'More records than fit into one answer of BitMart, and the request can’t be made smaller. Those served are stored.',
    remedy: 'Compare this time with a file that the user exports on the BitMart website.',
  },
  refused: {
    meaning: 'The key may not read this, or BitMart has withdrawn it.',
    remedy: 'A key without the permission “Read Only” has to be replaced. What BitMart has withdrawn no key can read.',
  },
  'not-opened': {
    meaning: 'BitMart’s answers show no such account of the user, so nothing can be requested.',
    remedy:
      'Usually nothing is missing. Loans may be, where BitMart no longer serves the margin trades that name their pairs: the user can compare with the BitMart website.',
  },
  quarantined: {
    meaning: 'A served record can’t be read, or contradicts the stored one. Its text is kept.',
    remedy: 'The operator checks the quarantined record. An upgrade that understands it reads it again.',
  },
  'unexpected-answer': {
    meaning:
      'BitMart’s answers for this time contradict the request or the stored records, or nothing shows that they are about it. Their records are stored.',
    remedy: 'No action needed: it is requested again. Meanwhile the user can compare with the BitMart website.',
  },
  unanswered: {
    meaning: 'BitMart fails to answer for this time, but answers for others.',
    remedy:
      'No action needed: it is requested again at growing intervals. Meanwhile the user can compare with the BitMart website.',
  },
  'not-settled': {
    meaning: 'Read, but so recently that records may still appear late.',
    remedy: 'Ask again a day later, when it has been read a second time.',
  },
  'in-the-future': {
    meaning: 'It has not happened yet.',
    remedy: 'Ask again when it is over.',
  },
};
