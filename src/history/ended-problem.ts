import type { Problem } from './failure.ts';
import { describeProblem } from './problem-texts.ts';
import type { Stream } from './stream.ts';
import { endOf, platformEndOf, type Timetable } from './timetable.ts';

/** Of a stream that had ended before the account was linked, and of which no record came: what was asked, and what can be done. */
export function endedProblem(stream: Stream, timetable: Timetable | null): Problem {
  const facts = {
    endedAtMs: endOf(stream, [], timetable),
    requestedFromMs: stream.originMs,
    platformEndMs: platformEndOf(timetable),
  };
  return describeProblem({ code: 'exchange-closed', stream: stream.name, facts });
}
