import { RecentMap } from '../recent-map.ts';

/** More endpoints than BitMart has. */
const maxEndpoints = 100;
/** As TCP weighs the newest round trip, and how far they lie apart. */
const weight = 1 / 8;
const deviationWeight = 1 / 4;
/** What a window takes besides its round trip: the slot is reserved, the page judged and stored. */
const ownWorkMs = 50;

interface RoundTrip {
  readonly meanMs: number;
  readonly deviationMs: number;
  readonly spacingMs: number;
}

/** How long each endpoint takes to answer, as seen of late. */
export class RoundTrips {
  readonly #known = new RecentMap<string, RoundTrip>(maxEndpoints);

  /** `spacingMs`: from one request to the next, as the limit allows; 0 where there is none. */
  note(endpoint: string, { durationMs, spacingMs }: { readonly durationMs: number; readonly spacingMs: number }): void {
    const { meanMs, deviationMs } = this.#known.get(endpoint) ?? { meanMs: durationMs, deviationMs: 0 };
    this.#known.set(endpoint, {
      meanMs: mixed(meanMs, durationMs, weight),
      deviationMs: mixed(deviationMs, Math.abs(durationMs - meanMs), deviationWeight),
      spacingMs,
    });
  }

  /** How many requests must be under way besides one, so that there is one for every slot. */
  ahead(endpoint: string): number {
    const known = this.#known.get(endpoint);
    if (known === undefined || known.spacingMs === 0) return 0;
    // Answers are taken in their order: a slow one holds up those behind it.
    const slowMs = known.meanMs + 2 * known.deviationMs;
    return Math.ceil((slowMs + ownWorkMs) / known.spacingMs) - 1;
  }
}

function mixed(before: number, now: number, share: number): number {
  return before + share * (now - before);
}
