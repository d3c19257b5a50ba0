import type { DividedMark } from './part-state.ts';
import type { Range, RangeSet } from './range-set.ts';
import type { Cut, WindowSizer } from './window-sizer.ts';

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

export interface Plan {
  readonly scope: Scope;
  readonly sizer: WindowSizer;
  /** A stored record that the exchange still serves; null to do without. */
  readonly anchorMs: number | null;
  readonly clockMs: number;
  /** A page was full: from then on windows are no wider than necessary. */
  readonly crowded: boolean;
  /** This attempt has found that nothing can show whether bounds are honoured. */
  readonly hasProbed?: boolean;
}
