import type { SegmentKind } from './timeline-segments.ts';

/** What each kind of stretch is called on the page, and means. */
export const segmentWords: Readonly<Record<SegmentKind, { readonly name: string; readonly meaning: string }>> = {
  covered: { name: 'covered', meaning: 'proved by answers of BitMart: every record of that time is stored' },
  'not-yet-read': { name: 'not yet read', meaning: 'not requested yet; will be' },
  'expired-before-link': {
    name: 'expired before link',
    meaning: 'requested, but refused or empty: older than BitMart says it serves',
  },
  'expired-unread': { name: 'expired unread', meaning: 'became older than BitMart says it serves before it was read' },
  'reach-unknown': {
    name: 'reach unknown',
    meaning: 'requested and empty; how far back BitMart serves this is not documented',
  },
  'too-dense': { name: 'too dense', meaning: 'more records in one moment than one answer holds' },
  refused: { name: 'refused', meaning: 'the key may not read it' },
  'not-opened': { name: 'not opened', meaning: 'the user has no such account: nothing is missing' },
  quarantined: { name: 'quarantined', meaning: 'a row came that can’t be read, or contradicts a stored one' },
  'unexpected-answer': {
    name: 'unexpected answer',
    meaning: 'answers contradict the request or what is stored; requested again',
  },
  unanswered: { name: 'unanswered', meaning: 'BitMart fails to answer for this time; requested again' },
  'since-last-read': { name: 'since the last read', meaning: 'no gap: read at the next sync' },
};

export const segmentKinds = Object.keys(segmentWords) as readonly SegmentKind[];
