import type { GapReason } from './part-state.ts';

/** Why a stretch of time can't be vouched for, and what can be done: for the people who ask whether something is complete. */
export interface GapText {
  readonly meaning: string;
  readonly remedy: string;
}

/**
 * Beside the gaps of coverage, what a question about a chosen range can meet:
 *
 * - `not-settled`: read once, but too recently to exclude records that appear late
 * - `in-the-future`: has not happened yet
 */
export type IncompleteReason = GapReason | 'not-settled' | 'in-the-future';

export const gapTexts: Readonly<Record<IncompleteReason, GapText>> = {
  'not-yet-read': {
    meaning: 'Not read yet.',
    remedy: 'Wait for the next sync, or ask for one; if it stays, look at the problems of the account.',
  },
  'expired-before-link': {
    meaning: 'BitMart served it no longer when the key was linked.',
    remedy: 'Only a file that the user exports on the BitMart website has it.',
  },
  'expired-unread': {
    meaning: 'It fell out of BitMart’s reach before it could be read.',
    remedy: 'Only a file that the user exports on the BitMart website has it.',
  },
  'reach-unknown': {
    meaning: 'Nobody knows how far back BitMart serves this, and nothing came from there.',
    remedy: 'Mostly nothing is missing; the user compares with the BitMart website.',
  },
  'too-dense': {
    meaning: 'More records in one instant than one answer of BitMart holds; those that were served are stored.',
    remedy: 'Compare this instant with a file that the user exports on the BitMart website.',
  },
  refused: {
    meaning: 'The key may not read this.',
    remedy: 'Replace the key by one with the permission “Read Only”.',
  },
  'not-opened': {
    meaning: 'The user has no such account at BitMart.',
    remedy: 'Nothing is missing.',
  },
  quarantined: {
    meaning: 'A record was served that can’t be read, or contradicts the one that is stored; its text is kept.',
    remedy: 'The operator looks at the quarantined record; an upgrade that understands it reads it again.',
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
