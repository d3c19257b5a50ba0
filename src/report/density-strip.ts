import type { DayOfRows } from '../answers/index.ts';
import { type Html, html } from './html.ts';
import { percentOf } from './timeline.ts';
import type { Timeline } from './timeline-segments.ts';

const dayMs = 86_400_000;
/** Two pixels a bar on a phone. */
const maxBars = 180;
const heightPx = 56;

/** Rows per day below the timeline, on the same axis; in long timelines a bar covers several days. */
export function densityStrip(days: readonly DayOfRows[], timeline: Timeline, stream: string): Html {
  if (days.length === 0) return html`<p class="aside">No records are stored.</p>`;
  const { fromMs, toMs } = timeline;
  const daysPerBar = Math.max(1, Math.ceil((toMs - fromMs) / dayMs / maxBars));
  const bars = barsOf(days, daysPerBar);
  const most = topOf(Math.max(...bars.map(({ rows }) => rows)));
  const unit = daysPerBar === 1 ? 'day' : `${daysPerBar} days`;
  return html`<svg class="density" role="img" aria-label="${`Records per day of ${stream}: ${densityText(days)}`}">${[
    most,
    ...(most % 2 === 0 ? [most / 2] : []),
  ].map((value) => {
    const y = heightPx - (value / most) * heightPx;
    return html`<rect class="line" x="0" y="${y.toFixed(1)}" width="100%" height="1"/><text x="-6" y="${(y + 4).toFixed(1)}" text-anchor="end">${compact.format(value)}</text>`;
  })}<text x="-6" y="${heightPx + 4}" text-anchor="end">0</text>${bars.map(({ startMs, rows }) => {
    const x = percentOf(Math.max(startMs, fromMs), fromMs, toMs);
    const width = Math.max(0.2, percentOf(Math.min(startMs + daysPerBar * dayMs, toMs), fromMs, toMs) - x);
    // Keeps a quiet day visible beside a busy one.
    const height = Math.max(2, (rows / most) * heightPx);
    return html`<rect class="bar" x="${x}%" y="${(heightPx - height).toFixed(1)}" width="${width.toFixed(3)}%" height="${height.toFixed(1)}"><title>${barTitle(startMs, daysPerBar, rows)}</title></rect>`;
  })}</svg><p class="aside">Records per ${unit}: ${densityText(days)}.</p>`;
}

/** The end of the axis: the next 1, 2, 4 or 8 times a power of ten. */
function topOf(most: number): number {
  const unit = 10 ** Math.floor(Math.log10(most));
  return unit * ([1, 2, 4, 8].find((factor) => factor * unit >= most) ?? 10);
}

const compact = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });

function barTitle(startMs: number, daysPerBar: number, rows: number): string {
  const day = new Date(startMs).toISOString().slice(0, 10);
  return `${daysPerBar === 1 ? day : `${daysPerBar} days from ${day}`}: ${count(rows)}`;
}

/** `20,000 records on 67 days, the most on 2026-10-03 (812)` */
function densityText(days: readonly DayOfRows[]): string {
  const rows = days.reduce((sum, day) => sum + day.rows, 0);
  const busiest = days.reduce((most, day) => (day.rows > most.rows ? day : most));
  const onDays = days.length === 1 ? 'on one day' : `on ${count(days.length)} days`;
  return `${count(rows)} ${rows === 1 ? 'record' : 'records'} ${onDays}, the most on ${busiest.day} (${count(busiest.rows)})`;
}

function barsOf(days: readonly DayOfRows[], daysPerBar: number): readonly { startMs: number; rows: number }[] {
  const widthMs = daysPerBar * dayMs;
  const rows = new Map<number, number>();
  for (const { day, rows: ofDay } of days) {
    const startMs = Math.floor(Date.parse(day) / widthMs) * widthMs;
    rows.set(startMs, (rows.get(startMs) ?? 0) + ofDay);
  }
  return [...rows].map(([startMs, sum]) => ({ startMs, rows: sum }));
}

function count(value: number): string {
  return value.toLocaleString('en-GB');
}
