import { horizonMs } from './horizon.ts';
import { least } from './numbers.ts';
import type { PartState } from './part-state.ts';
import type { Page, Stream } from './stream.ts';

/** Whether this read has seen bounds honoured, or no row is served that could show it. */
export function isTrusted({ boundsHonoured, newestRowMs }: PartState, stream: Stream, clockMs: number): boolean {
  return (
    boundsHonoured ||
    stream.defaultWindowMs === null ||
    newestRowMs === null ||
    newestRowMs < horizonMs(stream, clockMs)
  );
}

/**
 * A misspelt or ignored bound is answered with a default window (the last 7 days, before now or before the end that was
 * asked) and looks like a quiet account. From which instants on each of the two would have been answered just so: nowhere
 * when a row lies before that window, or when a known row that it holds is left out. Ours are shown to be honoured when
 * that rules out both.
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
  const leftOutMs = [state.oldestRowMs, state.newestRowMs].filter(
    (knownMs) => knownMs !== null && knownMs < page.askedFromMs && knownMs >= servedFromMs,
  );
  const unlessExcluded = (fromMs: number) => {
    const isExcluded =
      oldestMs < fromMs - clockErrorMs || leftOutMs.some((knownMs) => Number(knownMs) >= fromMs + clockErrorMs);
    return isExcluded ? never : fromMs + clockErrorMs;
  };
  return {
    now: unlessExcluded(page.clockMs - stream.defaultWindowMs),
    end: unlessExcluded(page.askedToMs - stream.defaultWindowMs),
  };
}

/** Where a default window begins is known as well as the exchange's clock is: within seconds. */
const clockErrorMs = 10_000;
