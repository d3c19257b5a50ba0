import type { GapReason, StreamCoverage } from '../answers/index.ts';
import { horizonMs } from '../history/horizon.ts';
import { least } from '../history/numbers.ts';
import type { Stream } from '../history/stream.ts';
import { platformEndOf, type Timetable } from '../history/timetable.ts';

/** - `since-last-read`: not a gap: nothing was requested since */
export type SegmentKind = 'covered' | GapReason | 'since-last-read';

/** One range of a stream's time. Instants in milliseconds. */
export interface Segment {
  readonly kind: SegmentKind;
  readonly fromMs: number;
  readonly toMs: number;
  /** When its first readable instant is lost; null if nothing of it can or has to be saved. */
  readonly lostFromMs: number | null;
}

export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  /** In drawing order: missing ranges are on top. */
  readonly segments: readonly Segment[];
  /** The reach that BitMart documents; null if it documents none. */
  readonly horizonMs: number | null;
}

const savable: ReadonlySet<SegmentKind> = new Set(['not-yet-read', 'too-dense', 'refused', 'quarantined']);

/** A stream's time from a little before the first covered range until now. */
export function timelineOf(
  coverage: StreamCoverage,
  stream: Stream,
  { nowMs, timetable, oldestDay }: { nowMs: number; timetable: Timetable | null; oldestDay: string | null },
): Timeline {
  const oldestMs = Math.min(
    Date.parse(coverage.from),
    ...coverage.covered.map(([from]) => Date.parse(from)),
    ...(oldestDay === null ? [] : [Date.parse(oldestDay)]),
  );
  // Leaves room, so that the beginning of the covered range is visible.
  const fromMs = oldestMs - Math.max(0.05 * (nowMs - oldestMs), 3_600_000);
  const edgeMs = stream.reachIsDocumented ? horizonMs(stream, nowMs) : null;
  const cut = (kind: SegmentKind, from: string, to: string): Segment => {
    const segment = { kind, fromMs: Math.max(Date.parse(from), fromMs), toMs: Math.min(Date.parse(to), nowMs) };
    return { ...segment, lostFromMs: lostFromMs(segment, stream, nowMs, timetable) };
  };
  const newestMs = Math.max(
    oldestMs,
    ...coverage.covered.map(([, to]) => Date.parse(to)),
    ...coverage.gaps.map(({ to }) => Date.parse(to)),
  );
  const segments = [
    ...coverage.covered.map(([from, to]) => cut('covered', from, to)),
    ...coverage.gaps.map(({ from, to, reason }) => cut(reason, from, to)),
    ...(newestMs < nowMs
      ? [cut('since-last-read', new Date(newestMs).toISOString(), new Date(nowMs).toISOString())]
      : []),
  ];
  return { fromMs, toMs: nowMs, segments: segments.filter((each) => each.fromMs < each.toMs), horizonMs: edgeMs };
}

function lostFromMs(
  { kind, fromMs, toMs }: Omit<Segment, 'lostFromMs'>,
  stream: Stream,
  nowMs: number,
  timetable: Timetable | null,
): number | null {
  if (!savable.has(kind)) return null;
  const firstMs = Math.max(fromMs, horizonMs(stream, nowMs));
  if (firstMs >= toMs) return null;
  return least([firstMs + stream.reachMs, platformEndOf(timetable)]);
}

/** Losses within two weeks are shown as a risk. */
const atRiskWithinMs = 14 * 86_400_000;

export function isAtRisk({ lostFromMs: lostMs }: Segment, nowMs: number): boolean {
  return lostMs !== null && lostMs - nowMs < atRiskWithinMs;
}
