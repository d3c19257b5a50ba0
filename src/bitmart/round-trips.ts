import { RecentMap } from '../recent-map.ts';

/** More endpoints than BitMart has. */
const maxEndpoints = 100;
/** TCP's weight of the newest round trip in the average. */
const weight = 1 / 8;
const deviationWeight = 1 / 4;
/** What a window takes besides its round trip: reserving the slot, judging and storing the page. */
const ownWorkMs = 50;

interface RoundTrip {
  readonly meanMs: number;
  readonly deviationMs: number;
  readonly spacingMs: number;
}

/** How long each endpoint has recently taken to answer. */
export class RoundTrips {
  readonly #known = new RecentMap<string, RoundTrip>(maxEndpoints);

  /** `spacingMs`: the spacing that the limit demands; 0 without a limit. */
  note(endpoint: string, { durationMs, spacingMs }: { readonly durationMs: number; readonly spacingMs: number }): void {
    const { meanMs, deviationMs } = this.#known.get(endpoint) ?? { meanMs: durationMs, deviationMs: 0 };
    this.#known.set(endpoint, {
      meanMs: mixed(meanMs, durationMs, weight),
      deviationMs: mixed(deviationMs, Math.abs(durationMs - meanMs), deviationWeight),
      spacingMs,
    });
  }

  /** How many requests must be in flight besides one, to use every slot. */
  ahead(endpoint: string): number {
    const known = this.#known.get(endpoint);
    if (known === undefined || known.spacingMs === 0) return 0;
    // Answers are used in order: a slow one holds up those behind it.
    const slowMs = known.meanMs + 2 * known.deviationMs;
    return Math.ceil((slowMs + ownWorkMs) / known.spacingMs) - 1;
  }
}

function mixed(before: number, now: number, share: number): number {
  return before + share * (now - before);
}
