import type { DayOfRows } from '../answers/index.ts';
import { type Html, html } from './html.ts';
import { percentOf } from './time-axis.ts';
import type { Timeline } from './timeline-segments.ts';

const dayMs = 86_400_000;
/** Two pixels a bar on a phone. */
const maxBars = 180;
const heightPx = 36;

/** Rows per day below the timeline, on the same axis; of long times several days are one bar. */
export function densityStrip(days: readonly DayOfRows[], timeline: Timeline, stream: string): Html {
  if (days.length === 0) return html`<p class="aside">No rows are stored.</p>`;
  const { fromMs, toMs } = timeline;
  const daysPerBar = Math.max(1, Math.ceil((toMs - fromMs) / dayMs / maxBars));
  const bars = barsOf(days, daysPerBar);
  const most = Math.max(...bars.map(({ rows }) => rows));
  return html`<svg class="density" role="img" aria-label="${`Rows per day of ${stream}: ${densityText(days)}`}">${bars.map(
    ({ startMs, rows }) => {
      const x = percentOf(Math.max(startMs, fromMs), fromMs, toMs);
      const width = Math.max(0.2, percentOf(Math.min(startMs + daysPerBar * dayMs, toMs), fromMs, toMs) - x);
      // By the square root, so that a quiet day is seen beside a busy one.
      const height = Math.max(2, Math.sqrt(rows / most) * heightPx);
      return html`<rect x="${x}%" y="${(heightPx - height).toFixed(1)}" width="${width.toFixed(3)}%" height="${height.toFixed(1)}"/>`;
    },
  )}</svg><p class="aside">Rows per day: ${densityText(days)}.</p>`;
}

/** `20,000 rows on 67 days, the most on 2026-10-03 (812)` */
export function densityText(days: readonly DayOfRows[]): string {
  const rows = days.reduce((sum, day) => sum + day.rows, 0);
  const busiest = days.reduce((most, day) => (day.rows > most.rows ? day : most));
  const onDays = days.length === 1 ? 'on one day' : `on ${count(days.length)} days`;
  return `${count(rows)} rows ${onDays}, the most on ${busiest.day} (${count(busiest.rows)})`;
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
