import type { Timetable } from './timetable.ts';

/** The engine's settings, for the operator. */
export interface ReadSettings {
  /** How much is read again, for rows that appear late. */
  readonly rereadWindowMs: number;
  /** How old an instant must be before it is requested: the exchange may need a moment to list new records. */
  readonly settleLagMs: number;
  /** How often the whole reach is read again. @default 7 days */
  readonly sweepIntervalMs?: number;
  /** When the exchange ends what: everything is read once more before its platform ends. Null: it has no end. */
  readonly timetable?: Timetable | null;
}

export const defaultSweepIntervalMs = 7 * 24 * 3_600_000;

export const defaultReadSettings: ReadSettings = { rereadWindowMs: 24 * 3_600_000, settleLagMs: 10_000 };

/** Every claim stays this far inside the reach, because the horizon moves while an answer is in flight. */
export const reachMarginMs = 3_600_000;

/** How long after linking the oldest page may arrive without leaving a gap at the horizon. */
export const firstPageAllowanceMs = 600_000;

/** Before this instant the exchange did not exist; gaps begin here. */
export const historyStartMs = Date.UTC(2017, 0, 1);
