import { type Html, html } from './html.ts';
import { isAtRisk, type SegmentKind, type Timeline } from './timeline-segments.ts';

interface SegmentWords {
  /** Within a list: `not read yet`. */
  readonly name: string;
  readonly meaning: string;
  /** As the heading of a card. */
  readonly title: string;
}

/** The name and meaning of each kind of range on the page. */
export const segmentWords: Readonly<Record<SegmentKind, SegmentWords>> = {
  covered: {
    name: 'covered',
    meaning: 'every record of that time is stored, as answers of BitMart prove',
    title: 'Covered',
  },
  'not-yet-read': { name: 'not read yet', meaning: 'not requested yet', title: 'Not read yet' },
  'expired-before-link': {
    name: 'not available',
    meaning: 'requested, and refused or empty: older than BitMart is known to serve',
    title: 'No longer available from BitMart',
  },
  'expired-unread': {
    name: 'not read in time',
    meaning: 'became older than BitMart is known to serve before it was read',
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
  refused: {
    name: 'refused',
    meaning: 'the key may not read it, or BitMart has withdrawn it',
    title: 'The key may not read this, or BitMart has withdrawn it',
  },
  'not-opened': {
    name: 'no such account',
    meaning: 'BitMart’s answers show no such account',
    title: 'No such account is known',
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
    meaning: 'not a gap, nothing was requested after it',
    title: 'Since the last read',
  },
};

const segmentKinds = Object.keys(segmentWords) as readonly SegmentKind[];

/** Each kind of range has its own pattern, so that no reader depends on colours. */
const marks: Readonly<Record<SegmentKind, Html | null>> = {
  covered: null,
  'not-yet-read': html`<path d="M-2 2 2-2M0 8 8 0M6 10 10 6"/>`,
  'expired-before-link': html`<circle cx="4" cy="4" r="1.2"/>`,
  'expired-unread': html`<path d="M0 0 8 8M8 0 0 8"/>`,
  'reach-unknown': html`<path d="M0 2H8M0 6H8"/>`,
  'too-dense': html`<path d="M2 0V8M6 0V8"/>`,
  refused: html`<path d="M-2 6 2 10M0 0 8 8M6-2 10 2"/>`,
  'not-opened': html`<circle cx="4" cy="4" r="2.2" class="hollow"/>`,
  quarantined: html`<path class="solid" d="M0 0H4V4H0ZM4 4H8V8H4Z"/>`,
  'unexpected-answer': html`<path d="M0 4 4 0 8 4 4 8Z"/>`,
  unanswered: html`<path d="M2 2H6V6H2Z"/>`,
  'since-last-read': html`<path d="M1 4H5"/>`,
};

/** The patterns that every drawing of the page refers to. */
export const patterns: Html = html`<svg class="patterns" aria-hidden="true" width="0" height="0"><defs>${segmentKinds.map(
  (kind) =>
    html`<pattern id="fill-${kind}" class="${kind}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8"/>${marks[kind]}</pattern>`,
)}</defs></svg>`;

/** The legend of some drawings' patterns; lists beside the drawings say the same as text. */
export function legendOf(timelines: readonly Timeline[], nowMs: number): Html {
  const segments = timelines.flatMap((timeline) => timeline.segments);
  const kinds = segmentKinds.filter((kind) => segments.some((segment) => segment.kind === kind));
  const hasRisk = segments.some((segment) => isAtRisk(segment, nowMs));
  const hasEdge = timelines.some(({ horizonMs, fromMs }) => horizonMs !== null && horizonMs > fromMs);
  return html`<ul class="legend">${kinds.map((kind) =>
    entry(html`<rect width="100%" height="100%" fill="url(#fill-${kind})"/>`, segmentWords[kind]),
  )}${
    hasRisk &&
    entry(html`<rect class="risk" x="1" y="1" width="38" height="14"/>`, {
      name: 'at risk',
      meaning: 'can still be read, and is lost within 14 days',
    })
  }${
    hasEdge &&
    entry(html`<rect class="horizon" x="19" width="2" height="16"/>`, {
      name: 'edge',
      meaning: 'left of it is older than BitMart says it serves',
    })
  }</ul>`;
}

function entry(swatch: Html, { name, meaning }: { readonly name: string; readonly meaning: string }): Html {
  return html`<li><svg class="swatch" aria-hidden="true">${swatch}</svg><span><b>${name}</b>: ${meaning}</span></li>`;
}
