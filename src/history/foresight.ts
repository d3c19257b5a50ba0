/** How a window turned out. */
export interface Turnout {
  readonly isFull: boolean;
  /** Whether rows were as dense as expected; null if all of them were known before. */
  readonly isSteady: boolean | null;
  /** It held next to nothing, so the density after it is unknown. */
  readonly isQuiet: boolean;
  /** It was as wide as windows may be. */
  readonly isWidest: boolean;
  readonly widthMs: number;
  /** The width that it would have by now. */
  readonly wantedMs: number;
}

/**
 * How many windows may be requested ahead. Their widths are a guess: where the density changes they are too wide, or narrower
 * than they would be by then. The requests that this wastes must be earned by well-cut windows, so that reading ahead costs
 * hardly more requests than one at a time.
 */
export class Foresight {
  readonly #caution: Caution;
  /** Windows in a row that turned out as expected. */
  #steady = 1;
  /** Whether nothing was learnt yet. */
  #isFresh = true;
  /** Requests that may be wasted. */
  #spare: number;

  constructor(caution: Caution = usualCaution) {
    this.#caution = caution;
    this.#spare = caution.spare;
  }

  /** A window of known rows is not a guess. Others may be requested as long as windows turn out as expected. */
  depth(isKnown: boolean): number {
    if (isKnown) return maxDepth;
    const most = this.#steady < this.#caution.leastSteady ? this.#steady : maxDepth;
    return Math.max(0, Math.min(most, Math.ceil(riskPerSpare * this.#spare)));
  }

  learn(turnout: Turnout): void {
    const { isFull, isSteady, isQuiet, isWidest } = turnout;
    this.#spare += earned - costOf(turnout);
    if (isFull) this.#steady = this.#isFresh ? 1 : 0;
    else if (isQuiet) this.#steady = 0;
    else if (isSteady === false) this.#steady = 1;
    else if (isSteady) this.#steady += isWidest ? this.#caution.leastSteady : 1;
    this.#isFresh = false;
  }

  /** Notes requests that were made ahead and discarded. */
  waste(requests: number): void {
    this.#spare -= requests;
    this.#steady = 0;
  }
}

/** The cost in requests, compared with the same window cut in turn; savings count as well. */
function costOf({ isFull, widthMs, wantedMs }: Turnout): number {
  if (isFull) return widthMs > wantedMs ? costOfFull : 0;
  return Math.max(-1, 1 - widthMs / wantedMs);
}

export interface Caution {
  /** How many windows must turn out as expected before as many as allowed are requested ahead; until then as many as did. */
  readonly leastSteady: number;
  /** Requests that may be wasted initially. */
  readonly spare: number;
}

/** Bursts rarely fill more than a few windows: what holds for three is more than a burst. */
const usualCaution: Caution = { leastSteady: 3, spare: 1.5 };
/** One request may be wasted for 40 that were not: including the waste before it is noticed, that stays below 5 %. */
const earned = 1 / 40;
/** Itself, and the pieces that have to be requested again. */
const costOfFull = 2;
/** When density changes, about a quarter of the requests in flight is wasted. */
const riskPerSpare = 4;
/** Beside the current one: eight pages of 200 rows are a few megabytes. */
export const maxDepth = 7;
