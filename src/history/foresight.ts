/** How a window turned out. */
export interface Turnout {
  readonly isFull: boolean;
  /** Rows lie as densely as was thought; null where all of them were known before. */
  readonly isSteady: boolean | null;
  /** It held next to nothing: how dense rows lie after it is not known. */
  readonly isQuiet: boolean;
  /** The next one can't be wider. */
  readonly isWidest: boolean;
  readonly widthMs: number;
  /** As wide as it would be by now. */
  readonly wantedMs: number;
}

/**
 * How many windows may be asked before their turn. Their widths are a guess: where the density changes they are too wide,
 * or narrower than they would be by then. What that costs in requests has to be paid off by windows that were cut well, so
 * that reading ahead makes hardly more requests than one at a time.
 */
export class Foresight {
  readonly #caution: Caution;
  /** Windows in a row that turned out as expected. */
  #steady = 1;
  /** Nothing was learnt. */
  #isFresh = true;
  /** Requests that may be wasted. */
  #spare: number;

  constructor(caution: Caution = usualCaution) {
    this.#caution = caution;
    this.#spare = caution.spare;
  }

  /** A window of which every row is known is not a guess. Others may be asked as long as windows turn out as expected. */
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

  /** Requests were made before their turn and thrown away. */
  waste(requests: number): void {
    this.#spare -= requests;
    this.#steady = 0;
  }
}

/** In requests, against the same window cut at its turn; what it saves counts as well. */
function costOf({ isFull, widthMs, wantedMs }: Turnout): number {
  if (isFull) return widthMs > wantedMs ? costOfFull : 0;
  return Math.max(-1, 1 - widthMs / wantedMs);
}

export interface Caution {
  /** So many windows turn out as expected before as many are asked before their turn as may be; until then as many as did. */
  readonly leastSteady: number;
  /** Requests that may be wasted to begin with. */
  readonly spare: number;
}

/** Bursts seldom fill more than a few windows: what holds for three is more than a burst. */
const usualCaution: Caution = { leastSteady: 3, spare: 1.5 };
/** A request may be wasted for 40 that were not: with what is met before it is noticed that stays below 5 %. */
const earned = 1 / 40;
/** Itself, and what it leaves to be asked in pieces. */
const costOfFull = 2;
/** When density changes, about a quarter of what is under way is wasted. */
const riskPerSpare = 4;
/** Beside the one whose turn it is: eight pages of 200 rows are a few megabytes. */
export const maxDepth = 7;
