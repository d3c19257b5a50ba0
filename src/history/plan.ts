import type { DividedMark } from './part-state.ts';
import type { Range, RangeSet } from './range-set.ts';

/**
 * What is being read of a part:
 *
 * - `reach`: what a read has to ask; nothing is left of it when the read ends
 * - `walk`: everything older, once, and gaps whose time to be asked again has come
 * - a range: requested on demand, also where it is covered
 */
export type Scope = 'reach' | 'walk' | Range;

/** A window to ask, or a full unit to divide further. */
export type NextStep = WindowStep | { readonly kind: 'division'; readonly mark: DividedMark };

export interface WindowStep {
  readonly kind: 'window';
  readonly core: Range;
  /** What of the window is asked for its own sake; null where it only shows whether bounds are honoured. */
  readonly target: Range | null;
  /** How it was cut; what was not is asked alone. */
  readonly cut?: Cut;
  /** What was answered once and is doubted: where this answer does not settle it, it stays unproved until the next read. */
  readonly doubted?: RangeSet;
  /** Some of a gap that is due to be asked for again: everything else is done. */
  readonly isRetry?: true;
}

/** A window cut from the start of a range, or from its end. */
export interface Cut {
  readonly window: Range;
  readonly range: Range;
  /** How many full pages were known when it was cut, and whether by them every row of it was. */
  readonly fullPages: number;
  readonly isKnown: boolean;
}

/** Where windows are cut. */
export interface Cuts {
  /** How many full pages are known. */
  readonly fullPages: number;
  /** Whether every row of the window that was cut last is. */
  readonly isKnown: boolean;
  /** The end of the window that begins where the range does. */
  cut(range: Range, widestMs: number): number;
  /** The start of the window that ends where the range does. */
  cutBack(range: Range, widestMs: number): number;
}

export interface Plan {
  readonly scope: Scope;
  readonly sizer: Cuts;
  /** A record that we hold and that the exchange still serves; null to do without. */
  readonly anchorMs: number | null;
  /** Older records may no longer be served. */
  readonly servedFromMs: number;
  readonly clockMs: number;
  /** A page was full: from then on windows are not wider than they must be. */
  readonly crowded: boolean;
  /** This attempt has seen that bounds can't be shown to be honoured. */
  readonly hasProbed?: boolean;
}
