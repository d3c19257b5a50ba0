import type { Range } from './range-set.ts';

/** Where windows are cut. */
export interface Cuts {
  /** The end of the window that begins where the range does. */
  cut(range: Range, widestMs: number): number;
  /** The start of the window that ends where the range does. */
  cutBack(range: Range, widestMs: number): number;
}

/** How a window turned out. */
export interface Turnout {
  readonly isFull: boolean;
  /** Rows lie as densely as was thought; null where all of them were known before. */
  readonly isSteady: boolean | null;
  /** The next one can't be wider. */
  readonly isWidest: boolean;
}

/**
 * How many windows may be asked before their turn. Their widths are a guess: where the density changes they are too wide,
 * or narrower than they would be by then. What that costs in requests has to be paid off by windows that were cut well, so
 * that reading ahead makes hardly more requests than one at a time.
 */
export class Foresight {
  readonly #caution: Caution;
  /** Windows in a row that turned out as expected. */
  #steady = 0;
  /** Requests that may be wasted. */
  #spare: number;
  /** Of the window that is judged next, if it was asked before its turn: its width, and what it would be by now. */
  #early: { readonly widthMs: number; readonly wantedMs: number } | null = null;

  constructor(caution: Caution = usualCaution) {
    this.#caution = caution;
    this.#spare = caution.spare;
  }

  /** A window of which every row is known is not a guess. Others may be asked as long as windows turn out as expected. */
  depth(isKnown: boolean): number {
    if (isKnown) return maxDepth;
    if (this.#steady < this.#caution.leastSteady) return 0;
    return Math.max(0, Math.min(maxDepth, Math.ceil(riskPerSpare * this.#spare)));
  }

  /** Cuts that keep to windows under way: such a window is kept, and no other one reaches into it. */
  keepingTo(underWay: readonly Range[], sizer: Cuts & { forgetPrediction(): void }): Cuts {
    const taken = (early: Range, wantedMs: number) => {
      this.#early = { widthMs: early.to - early.from, wantedMs };
      if (this.#early.widthMs !== wantedMs) sizer.forgetPrediction();
    };
    this.#early = null;
    return {
      cut: (range, widestMs) => {
        const to = sizer.cut(range, widestMs);
        const early = underWay.find((window) => window.from === range.from && window.to <= range.to);
        if (early) taken(early, to - range.from);
        return early?.to ?? Math.min(to, ...underWay.map(({ from }) => from).filter((from) => from > range.from));
      },
      cutBack: (range, widestMs) => {
        const from = sizer.cutBack(range, widestMs);
        const early = underWay.find((window) => window.to === range.to && window.from >= range.from);
        if (early) taken(early, range.to - from);
        return early?.from ?? Math.max(from, ...underWay.map(({ to }) => to).filter((to) => to < range.to));
      },
    };
  }

  learn({ isFull, isSteady, isWidest }: Turnout): void {
    this.#spare += earned - this.#costOf(isFull);
    if (isFull || isSteady === false) this.#steady = 0;
    else if (isSteady) this.#steady += isWidest ? this.#caution.leastSteady : 1;
  }

  /** Requests were made before their turn and thrown away. */
  waste(requests: number): void {
    this.#spare -= requests;
    this.#steady = 0;
  }

  /** In requests, against the same window cut at its turn; what it saves counts as well. */
  #costOf(isFull: boolean): number {
    if (this.#early === null) return 0;
    const { widthMs, wantedMs } = this.#early;
    if (isFull) return widthMs > wantedMs ? costOfFull : 0;
    return Math.max(-1, 1 - widthMs / wantedMs);
  }
}

export interface Caution {
  /** So many windows turn out as expected before one is asked before its turn. */
  readonly leastSteady: number;
  /** Requests that may be wasted to begin with. */
  readonly spare: number;
}

/** Bursts seldom fill more than a few windows: what holds for three is more than a burst. */
const usualCaution: Caution = { leastSteady: 3, spare: 1 };
/** A request may be wasted for 40 that were not: with what is met before it is noticed that stays below 5 %. */
const earned = 1 / 40;
/** Itself, and what it leaves to be asked in pieces. */
const costOfFull = 2;
/** When density changes, about a quarter of what is under way is wasted. */
const riskPerSpare = 4;
/** Beside the one whose turn it is: eight pages of 200 rows are a few megabytes. */
export const maxDepth = 7;
