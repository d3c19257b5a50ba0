import type { StreamSight, TimeRange } from '../snapshot.ts';

/** The share of a stretch of time that is covered, from 0 to 1. */
export function coveredShare(covered: readonly TimeRange[], stretch: TimeRange): number {
  const ms = covered.reduce(
    (sum, range) => sum + Math.max(0, Math.min(range.toMs, stretch.toMs) - Math.max(range.fromMs, stretch.fromMs)),
    0,
  );
  return ms / (stretch.toMs - stretch.fromMs);
}

/** A bar of so many cells, oldest on the left; each cell shows how much of it is covered, all parts together. */
export function coverageBar(parts: readonly (readonly TimeRange[])[], stretch: TimeRange, width: number): string {
  const cellMs = (stretch.toMs - stretch.fromMs) / width;
  return Array.from({ length: width }, (_, i) => {
    const fromMs = stretch.fromMs + i * cellMs;
    return cell(meanShare(parts, { fromMs, toMs: fromMs + cellMs }));
  }).join('');
}

function meanShare(parts: readonly (readonly TimeRange[])[], stretch: TimeRange): number {
  return parts.reduce((sum, covered) => sum + coveredShare(covered, stretch), 0) / parts.length;
}

function cell(share: number): string {
  if (share > 0.999) return '█';
  if (share > 0.66) return '▓';
  if (share > 0.33) return '▒';
  return share > 0 ? '░' : '·';
}

const hourMs = 3_600_000;

export const shownDays = 89;

/** What the view shows: the documented reach of trades. What is just about to fall out of it is not vouched for. */
export function shownStretch(nowMs: number): TimeRange {
  return { fromMs: nowMs - (shownDays * 24 - 1) * hourMs, toMs: nowMs };
}

/** How much of what a stream has to read is read, from 0 to 1. */
export function readShare(stream: StreamSight, nowMs: number): number {
  return meanShare(stream.parts, { fromMs: stream.fromMs, toMs: nowMs });
}
