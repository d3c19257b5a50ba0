import type { SegmentKind } from './timeline-segments.ts';

/** What each kind of stretch is called on the page, and means. */
export const segmentWords: Readonly<Record<SegmentKind, { readonly name: string; readonly meaning: string }>> = {
  covered: { name: 'covered', meaning: 'proved by answers of BitMart: every record of that time is stored' },
  'not-yet-read': { name: 'not yet read', meaning: 'will be asked for' },
  'expired-before-link': { name: 'expired before link', meaning: 'served no longer when the key was linked' },
  'expired-unread': { name: 'expired unread', meaning: 'fell out of reach before it was read: lost here' },
  'reach-unknown': { name: 'reach unknown', meaning: 'how far back BitMart serves this is not documented' },
  'too-dense': { name: 'too dense', meaning: 'more records in one moment than one answer holds' },
  refused: { name: 'refused', meaning: 'the key may not read it' },
  'not-opened': { name: 'not opened', meaning: 'the user has no such account: nothing is missing' },
  quarantined: { name: 'quarantined', meaning: 'a row came that can’t be read, or contradicts a stored one' },
  'since-last-read': { name: 'since the last read', meaning: 'no gap: read at the next sync' },
};

export const segmentKinds = Object.keys(segmentWords) as readonly SegmentKind[];
