import { horizonMs } from './horizon.ts';
import { greatest, least } from './numbers.ts';
import type { PartState } from './part-state.ts';
import type { Page, Stream } from './stream.ts';

/** Whether this read has seen bounds honoured, or no served row could show it. */
export function isTrusted({ boundsHonoured, newestRowMs }: PartState, stream: Stream, clockMs: number): boolean {
  return (
    boundsHonoured ||
    stream.defaultWindowMs === null ||
    newestRowMs === null ||
    newestRowMs < horizonMs(stream, clockMs)
  );
}

/**
 * An ignored bound is answered with a default window (the last 7 days, before now or before the requested end) and looks like a
 * quiet account. Returns the instant from which on one of the two would have given this very answer; null if neither would,
 * because a row lies before that window, or a known row inside it is missing: then our bounds are shown to be honoured.
 */
export function deceptionFromMs(page: Page, state: PartState, stream: Stream): number | null {
  const { defaultWindowMs } = stream;
  if (defaultWindowMs === null) return null;
  const oldestMs = least(page.rows.map((row) => row.at)) ?? Number.POSITIVE_INFINITY;
  const servedFromMs = horizonMs(stream, page.clockMs);
  // A row without a readable time may be the known one.
  const hasUntimed = page.rows.some((row) => row.at === null);
  const leftOutMs = [state.oldestRowMs, state.newestRowMs].filter(
    (knownMs) => knownMs !== null && !hasUntimed && knownMs < page.askedFromMs && knownMs >= servedFromMs,
  );
  // A default window that holds a record begins no later than it; an unreadable row may have a wrong time.
  const holdsMs = least(page.rows.map((row) => (row.kind === 'row' ? row.at : null))) ?? Number.POSITIVE_INFINITY;
  const possible = [page.clockMs, page.askedToMs]
    .map((endMs) => endMs - defaultWindowMs)
    .filter((fromMs) => oldestMs >= fromMs - clockErrorMs)
    .filter((fromMs) => !leftOutMs.some((knownMs) => Number(knownMs) >= fromMs + clockErrorMs));
  return greatest(possible.map((fromMs) => Math.min(fromMs + clockErrorMs, holdsMs)));
}

/** The start of a default window is known as precisely as the exchange's clock: within seconds. */
const clockErrorMs = 10_000;
