import { horizonMs } from './horizon.ts';
import { least } from './numbers.ts';
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
 * quiet account. Returns from which instant on each of the two would have given this very answer: none if a row lies before
 * that window, or if a known row inside it is missing. Our bounds are shown to be honoured if both are ruled out.
 */
export function deceptionFromMs(
  page: Page,
  state: PartState,
  stream: Stream,
): { readonly now: number; readonly end: number } {
  const never = Number.NEGATIVE_INFINITY;
  if (stream.defaultWindowMs === null) return { now: never, end: never };
  const oldestMs = least(page.rows.map((row) => row.at)) ?? Number.POSITIVE_INFINITY;
  const servedFromMs = horizonMs(stream, page.clockMs);
  // A row without a readable time may be the known one.
  const hasUntimed = page.rows.some((row) => row.at === null);
  const leftOutMs = [state.oldestRowMs, state.newestRowMs].filter(
    (knownMs) => knownMs !== null && !hasUntimed && knownMs < page.askedFromMs && knownMs >= servedFromMs,
  );
  // A default window that holds a record begins no later than it; an unreadable row may have a wrong time.
  const holdsMs = least(page.rows.map((row) => (row.kind === 'row' ? row.at : null))) ?? Number.POSITIVE_INFINITY;
  const unlessExcluded = (fromMs: number) => {
    const isExcluded =
      oldestMs < fromMs - clockErrorMs || leftOutMs.some((knownMs) => Number(knownMs) >= fromMs + clockErrorMs);
    return isExcluded ? never : Math.min(fromMs + clockErrorMs, holdsMs);
  };
  return {
    now: unlessExcluded(page.clockMs - stream.defaultWindowMs),
    end: unlessExcluded(page.askedToMs - stream.defaultWindowMs),
  };
}

/** The start of a default window is known as precisely as the exchange's clock: within seconds. */
const clockErrorMs = 10_000;
