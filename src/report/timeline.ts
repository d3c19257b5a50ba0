import { durationText } from '../duration.ts';
import { isoTime, minuteText } from '../history/iso-time.ts';
import { type Html, html } from './html.ts';
import { segmentWords } from './legend.ts';
import { isAtRisk, type Segment, type Timeline } from './timeline-segments.ts';
import { time } from './words.ts';

// Anything narrower would be invisible.
const narrowestPercent = 0.5;

/** A stream's time as a drawing; `timelineWords` is its text form. */
export function timelineDrawing(timeline: Timeline, title: string, nowMs: number): Html {
  const { fromMs, toMs, segments, horizonMs } = timeline;
  const ticks = ticksOf(fromMs, toMs);
  return html`<svg class="timeline" role="img" aria-label="${title}">${segments.map((segment) => bar(segment, timeline))}${segments
    .filter((segment) => isAtRisk(segment, nowMs))
    .map((segment) => riskBar(segment, timeline))}${
    horizonMs !== null &&
    horizonMs > fromMs &&
    html`<rect class="horizon" x="${percentOf(horizonMs, fromMs, toMs)}%" y="0" width="2" height="40"/>`
  }${ticks.map(
    ({ atPercent, text }) =>
      html`<rect class="tick" x="${atPercent}%" y="40" width="1" height="5"/><text x="${atPercent}%" y="57" text-anchor="${anchorOf(atPercent)}">${text}</text>`,
  )}</svg>`;
}

/** The same as text, for readers who can't see it, or want exact times. */
export function timelineWords(timeline: Timeline, nowMs: number): Html {
  const inOrder = [...timeline.segments].sort((a, b) => a.fromMs - b.fromMs);
  return html`<ol>${inOrder.map((segment) => html`<li>${words(segment, timeline, nowMs)}</li>`)}</ol>`;
}

function words({ kind, fromMs, toMs, lostFromMs }: Segment, timeline: Timeline, nowMs: number): Html {
  const from = fromMs === timeline.fromMs ? html`<span>everything before</span>` : html`${time(isoTime(fromMs))} to`;
  const risk =
    lostFromMs !== null &&
    html`; lost from ${time(isoTime(lostFromMs))} on${lostFromMs > nowMs ? ` (in ${durationText(lostFromMs - nowMs)})` : ''}`;
  return html`${from} ${time(isoTime(toMs))}: <b>${segmentWords[kind].name}</b>${risk}`;
}

function bar({ kind, fromMs, toMs }: Segment, timeline: Timeline): Html {
  const { x, width } = placeOf(fromMs, toMs, timeline);
  const title = `${segmentWords[kind].name}: ${minuteText(isoTime(fromMs))} to ${minuteText(isoTime(toMs))}`;
  return html`<rect class="segment" x="${x}%" y="6" width="${width}%" height="28" fill="url(#fill-${kind})"><title>${title}</title></rect>`;
}

function riskBar({ fromMs, toMs }: Segment, timeline: Timeline): Html {
  const { x, width } = placeOf(fromMs, toMs, timeline);
  return html`<rect class="risk" x="${x}%" y="2" width="${width}%" height="36"/>`;
}

function placeOf(fromMs: number, toMs: number, timeline: Timeline): { readonly x: number; readonly width: number } {
  const x = percentOf(fromMs, timeline.fromMs, timeline.toMs);
  const width = Math.max(percentOf(toMs, timeline.fromMs, timeline.toMs) - x, narrowestPercent);
  return { x: Math.min(x, 100 - narrowestPercent), width: Math.round(width * 1_000) / 1_000 };
}

function anchorOf(percent: number): 'start' | 'middle' | 'end' {
  if (percent < 5) return 'start';
  return percent > 95 ? 'end' : 'middle';
}

/** One mark below a drawing, in percent of its width. */
interface Tick {
  readonly atPercent: number;
  readonly text: string;
}

const dayMs = 86_400_000;
/** The number of dates that fit side by side on a phone of 360 pixels. */
const maxTicks = 5;

/** Ticks at round dates, few enough to be readable on a phone. */
function ticksOf(fromMs: number, toMs: number): readonly Tick[] {
  const spanMs = toMs - fromMs;
  const steps: readonly (readonly [number, (startMs: number) => number])[] = [
    [dayMs, nextDay(1)],
    [7 * dayMs, nextDay(7)],
    [14 * dayMs, nextDay(14)],
    [31 * dayMs, nextMonth(1)],
    [92 * dayMs, nextMonth(3)],
    [366 * dayMs, nextMonth(12)],
    [2 * 366 * dayMs, nextMonth(24)],
    [5 * 366 * dayMs, nextMonth(60)],
  ];
  const fitting = steps.find(([stepMs]) => spanMs / stepMs <= maxTicks) ?? (steps.at(-1) as (typeof steps)[number]);
  const [, next] = fitting;
  const ticks: Tick[] = [];
  for (let atMs = next(fromMs); atMs < toMs; atMs = next(atMs + 1)) {
    ticks.push({ atPercent: percentOf(atMs, fromMs, toMs), text: dateText(atMs, spanMs) });
  }
  return ticks;
}

export function percentOf(atMs: number, fromMs: number, toMs: number): number {
  return Math.round(((atMs - fromMs) / (toMs - fromMs)) * 100_000) / 1_000;
}

function nextDay(days: number) {
  return (startMs: number) => Math.ceil(startMs / (days * dayMs)) * days * dayMs;
}

function nextMonth(months: number) {
  return (startMs: number) => {
    const start = new Date(startMs);
    const count = start.getUTCFullYear() * 12 + start.getUTCMonth();
    for (let month = Math.floor(count / months) * months; ; month += months) {
      const atMs = Date.UTC(Math.floor(month / 12), month % 12);
      if (atMs >= startMs) return atMs;
    }
  };
}

const monthNames = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

function dateText(atMs: number, spanMs: number): string {
  const date = new Date(atMs);
  const month = monthNames[date.getUTCMonth()];
  return spanMs > 300 * dayMs ? `${month} ${date.getUTCFullYear()}` : `${date.getUTCDate()} ${month}`;
}
