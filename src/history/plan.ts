import type { DividedMark } from './part-state.ts';
import type { Range, RangeSet } from './range-set.ts';

/**
 * What to read of a part:
 *
 * - `reach`: what a read has to request; nothing of it is left when the read ends
 * - `walk`: everything older, once, and gaps that are due to be requested again
 * - a range: requested on demand, even where it is covered
 */
export type Scope = 'reach' | 'walk' | Range;

/** A window to request, or a full unit to divide further. */
export type NextStep = WindowStep | { readonly kind: 'division'; readonly mark: DividedMark };

export interface WindowStep {
  readonly kind: 'window';
  readonly core: Range;
  /** The part of the window that is wanted; null if it only shows whether bounds are honoured. */
  readonly target: Range | null;
  /** How it was cut; a window without a cut is requested alone. */
  readonly cut?: Cut;
  /** Time with a doubtful answer: if this answer does not settle it, it stays unproved until the next read. */
  readonly doubted?: RangeSet;
  /** Part of a gap that is due again: everything else is done. */
  readonly isRetry?: true;
}

/** A window cut from the start of a range, or from its end. */
export interface Cut {
  readonly window: Range;
  readonly range: Range;
  /** Cut back from the end of `range`. */
  readonly isFromEnd: boolean;
  /** How many full pages were known when it was cut, and whether all its rows were known from them. */
  readonly fullPages: number;
  readonly isKnown: boolean;
}

/** Decides where windows are cut. */
export interface Cuts {
  readonly fullPages: number;
  /** Whether every row of the window that was cut last is known. */
  readonly isKnown: boolean;
  /** The end of the window that begins where the range does. */
  cut(range: Range, widestMs: number): number;
  /** The start of the window that ends where the range does. */
  cutBack(range: Range, widestMs: number): number;
}

export interface Plan {
  readonly scope: Scope;
  readonly sizer: Cuts;
  /** A stored record that the exchange still serves; null to do without. */
  readonly anchorMs: number | null;
  /** Older records may no longer be served. */
  readonly servedFromMs: number;
  readonly clockMs: number;
  /** A page was full: from then on windows are no wider than necessary. */
  readonly crowded: boolean;
  /** This attempt has found that nothing can show whether bounds are honoured. */
  readonly hasProbed?: boolean;
}
