import type { SegmentKind } from './timeline-segments.ts';

interface SegmentWords {
  /** Within a list: `not read yet`. */
  readonly name: string;
  readonly meaning: string;
  /** As the heading of a card. */
  readonly title: string;
}

/** What each kind of stretch is called on the page, and means. */
export const segmentWords: Readonly<Record<SegmentKind, SegmentWords>> = {
  covered: {
    name: 'covered',
    meaning: 'every record of that time is stored, as answers of BitMart prove',
    title: 'Covered',
  },
  'not-yet-read': { name: 'not read yet', meaning: 'not requested yet', title: 'Not read yet' },
  'expired-before-link': {
    name: 'not available',
    meaning: 'requested, and refused or empty: older than BitMart says it serves',
    title: 'No longer available from BitMart',
  },
  'expired-unread': {
    name: 'not read in time',
    meaning: 'became older than BitMart says it serves before it was read',
    title: 'Not read in time',
  },
  'reach-unknown': {
    name: 'nothing returned',
    meaning: 'requested, and empty; BitMart does not say how far back it serves this',
    title: 'BitMart returned nothing for the time before',
  },
  'too-dense': {
    name: 'too dense',
    meaning: 'more records in one moment than one answer holds',
    title: 'A moment with too many records',
  },
  refused: { name: 'refused', meaning: 'the key may not read it', title: 'The key may not read this' },
  'not-opened': {
    name: 'no such account',
    meaning: 'the user has no such account at BitMart, so nothing is missing',
    title: 'No such account at BitMart',
  },
  quarantined: {
    name: 'not understood',
    meaning: 'a record came that can’t be read, or contradicts a stored one; its text is kept',
    title: 'Records that could not be understood yet',
  },
  'unexpected-answer': {
    name: 'contradictory',
    meaning: 'answers contradict the request or what is stored; requested again',
    title: 'Answers that contradict each other',
  },
  unanswered: {
    name: 'unanswered',
    meaning: 'BitMart fails to answer for this time; requested again',
    title: 'BitMart does not answer for this time',
  },
  'since-last-read': {
    name: 'since the last read',
    meaning: 'no gap: read at the next sync',
    title: 'Since the last read',
  },
};

export const segmentKinds = Object.keys(segmentWords) as readonly SegmentKind[];
