import type { Problem } from '../history/failure.ts';
import type { Stream } from '../history/stream.ts';
import type { StreamSummary } from '../history/summary.ts';
import { endOf, platformEndOf, type Timetable } from '../history/timetable.ts';
import { describeProblem } from './describe-problem.ts';

/**
 * One notice for all streams that had ended before the account was linked, were read to the end, and of which no record came.
 * Null where there is none. It follows from what was read, so it is not stored.
 */
export function endedNotice(
  streams: readonly Stream[],
  summaries: readonly StreamSummary[],
  timetable: Timetable | null,
): Problem | null {
  const late = new Set(
    summaries.filter(({ cameTooLate, rows }) => cameTooLate && rows === 0).map(({ stream }) => stream),
  );
  const found = streams.filter(({ name }) => late.has(name));
  const ended = found.flatMap((stream) => {
    const endedAtMs = endOf(stream, [], timetable);
    return endedAtMs === null ? [] : [{ stream: stream.name, endedAtMs }];
  });
  if (ended.length === 0) return null;
  const requestedFromMs = Math.min(...found.map(({ originMs }) => originMs));
  const facts = { ended, requestedFromMs, platformEndMs: platformEndOf(timetable) };
  return describeProblem({ code: 'exchange-closed', facts });
}
