import type { StreamSight, TimeRange } from '../snapshot.ts';

/** The share of a stretch of time that is covered, from 0 to 1. */
export function coveredShare(covered: readonly TimeRange[], stretch: TimeRange): number {
  const ms = covered.reduce(
    (sum, range) => sum + Math.max(0, Math.min(range.toMs, stretch.toMs) - Math.max(range.fromMs, stretch.fromMs)),
    0,
  );
  return ms / (stretch.toMs - stretch.fromMs);
}

/** A bar of so many cells, oldest on the left; each cell shows how much of its share of the stretch is covered. */
export function coverageBar(covered: readonly TimeRange[], stretch: TimeRange, width: number): string {
  const cellMs = (stretch.toMs - stretch.fromMs) / width;
  return Array.from({ length: width }, (_, i) => {
    const fromMs = stretch.fromMs + i * cellMs;
    return cell(coveredShare(covered, { fromMs, toMs: fromMs + cellMs }));
  }).join('');
}

function cell(share: number): string {
  if (share > 0.999) return '█';
  if (share > 0.66) return '▓';
  if (share > 0.33) return '▒';
  return share > 0 ? '░' : '·';
}

const dayMs = 86_400_000;

/** What the view shows: as far back as trades are served. */
export function shownStretch(nowMs: number): TimeRange {
  return { fromMs: nowMs - 90 * dayMs, toMs: nowMs };
}

/** How much of what a stream has to read is read, from 0 to 1. */
export function readShare(stream: StreamSight, nowMs: number): number {
  return coveredShare(stream.covered, { fromMs: stream.fromMs, toMs: nowMs });
}
