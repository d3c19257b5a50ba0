import { Refusal, refusals } from './refusal.ts';
import { type StreamName, streams } from './streams/index.ts';
import type { Switches } from './switches.ts';

/** How far back a stream is served; null: without end. */
export function reachMsOf(switches: Switches, stream: StreamName): number | null {
  const { reachMs, tradesReachMs, movementsReachMs } = switches;
  const own = reachMs[stream];
  if (own !== undefined) return own;
  // Transfers are served without end.
  return { trades: tradesReachMs, movements: movementsReachMs, transfers: null }[streams[stream].reach];
}

/** The earliest time that is served; refuses a window that begins before it if the switches say so. */
export function earliestMsOf(
  switches: Switches,
  question: { readonly stream: StreamName; readonly fromMs: number },
  clockMs: number,
): number {
  const reachMs = reachMsOf(switches, question.stream);
  if (reachMs === null) return Number.NEGATIVE_INFINITY;
  const earliestMs = clockMs - reachMs;
  const edge = switches.edges[question.stream] ?? switches.beyondReach;
  if (edge === 'empty' || question.fromMs >= earliestMs) return earliestMs;
  if (edge !== 'error') throw refusals.ofStream(question.stream, edge.code, 'Bad Request', edge.httpStatus);
  throw streams[question.stream].reach === 'trades'
    ? new Refusal(400, 50041, 'The requested time is outside the queryable range')
    : new Refusal(400, 60066, 'The requested interval must be within 0-90 days');
}
