import type { Gap, GapReason } from './gap.ts';
import { difference, isSame, type RangeSet, rangeSet } from './range-set.ts';

/**
 * A gap whose reason can't be computed from coverage. A failing window becomes one as well, and then notes what is done about
 * it:
 *
 * - `narrowing`: it fails as a whole; halves of it are requested until the failing unit is found, or `roughly`
 * - `askAgainMs`: it is not requested again before this instant, by the exchange's clock
 * - `division`: one full unit is being divided by a column in which its records differ
 * - `ofNoKey`: another key would be refused too
 */
export interface Mark extends Gap {
  readonly narrowing?: true | 'roughly';
  readonly askAgainMs?: number;
  /** How often a repeated request has failed. */
  readonly rounds?: number;
  readonly division?: Division;
  readonly ofNoKey?: 'withdrawn' | 'sub-account';
}

export interface DividedMark extends Mark {
  readonly division: Division;
}

/** The progress of dividing a full unit: values of one split after another, in order. */
export interface Division {
  /** Position in `Stream.splits`. */
  readonly split: number;
  /** The value requested last; null before the first. */
  readonly after: string | null;
  /** Every value of this split so far was answered by a short page that is evidence. */
  readonly short: boolean;
  /** Every row of those answers could be read. */
  readonly readable: boolean;
  /** When the first value was requested, by the exchange's clock. Older states lack it. */
  readonly sinceMs?: number | undefined;
}

/**
 * Everything that is stored about one part of one stream of one account: the row of table `coverage`. It is plain data; every
 * change is made by pure functions of this folder and stored in the page's transaction.
 */
export interface PartState {
  /** Start of the claimed reach when the account was linked. Null until the first read begins. */
  readonly claimedFromMs: number | null;
  /** What is proved: the union of the claims of all proving pages. */
  readonly covered: RangeSet;
  /** Answered by short pages, whether or not the reach allowed a claim: becomes coverage once an older row proves the reach. */
  readonly answered: RangeSet;
  /**
   * Requested with the key in use and answered by short pages, believed or not, or divided as far as it can be: the walk does
   * not request it again.
   */
  readonly requested: RangeSet;
  /** The key that the walk began with; null before the first. Another key restarts it. */
  readonly walkedWith: string | null;
  /** When the walk began, by the exchange's clock. */
  readonly walkedAtMs: number | null;
  /** What the current read still has to request, oldest first, and ranges that were requested on demand. */
  readonly pending: RangeSet;
  /** Frozen end of the current read; null between reads. */
  readonly readEndMs: number | null;
  readonly lastReadEndMs: number | null;
  /** When the last proving page came, by the exchange's clock. */
  readonly lastReadAtMs: number | null;
  /** Requested at an age at which no more late rows are expected. */
  readonly settledThroughMs: number | null;
  readonly rowCount: number;
  readonly oldestRowMs: number | null;
  /** The greatest age at which a record was ever served: the shown reach. Information only; it limits nothing. */
  readonly provedReachMs: number | null;
  readonly marks: readonly Mark[];
  /** Newest row stored: an anchor for the next question. */
  readonly newestRowMs: number | null;
  /** Answered as by an exchange that ignores our bounds: requested again, with other bounds, before it is believed. */
  readonly suspect: RangeSet;
  /**
   * The window width that an interrupted read has reached: the next attempt continues with it, so that even attempts of one
   * request finish. Null while nothing was full.
   */
  readonly fittingWindowMs: number | null;
  /** Believed because two answers agree, with nothing since that shows bounds to be honoured: taken back if they are not. */
  readonly confirmed: RangeSet;
  /** A page of the current read has shown that the exchange honours our bounds. */
  readonly boundsHonoured: boolean;
  /** This part was read through at least once, or is refused, or was never opened. */
  readonly readThrough: boolean;
  /** The longest remembered delay of a row; null while none was late. */
  readonly longestLateMs: number | null;
  /** Frozen end of the newest sweep. */
  readonly sweptMs: number | null;
}

export const newPartState: PartState = {
  claimedFromMs: null,
  covered: [],
  answered: [],
  requested: [],
  walkedWith: null,
  walkedAtMs: null,
  pending: [],
  readEndMs: null,
  lastReadEndMs: null,
  lastReadAtMs: null,
  settledThroughMs: null,
  rowCount: 0,
  oldestRowMs: null,
  provedReachMs: null,
  marks: [],
  newestRowMs: null,
  suspect: [],
  fittingWindowMs: null,
  confirmed: [],
  boundsHonoured: false,
  readThrough: false,
  longestLateMs: null,
  sweptMs: null,
};

/** The state once these ranges are no longer vouched for, whatever proved them before. */
export function withoutClaims(state: PartState, ranges: RangeSet): PartState {
  return { ...state, covered: difference(state.covered, ranges), answered: difference(state.answered, ranges) };
}

/** The same, with marks that give the reason: the same range with the same reason is one mark. */
export function disclaimed(state: PartState, ranges: RangeSet, reason: GapReason): PartState {
  if (ranges.length === 0) return state;
  const others = state.marks.filter((mark) => mark.reason !== reason || !ranges.some((range) => isSame(range, mark)));
  return { ...withoutClaims(state, ranges), marks: [...others, ...ranges.map((range) => ({ ...range, reason }))] };
}

/** Removes ranges that are no longer gaps; optionally only from some marks. */
export function withoutRanges(
  marks: readonly Mark[],
  ranges: RangeSet,
  isConcerned: (mark: Mark) => boolean = () => true,
): readonly Mark[] {
  return marks.flatMap((mark) =>
    isConcerned(mark) ? difference([mark], ranges).map((range) => ({ ...mark, ...range })) : [mark],
  );
}

/** The ranges of some marks as one set. */
export function marked(marks: readonly Mark[], isWanted: (mark: Mark) => boolean): RangeSet {
  return rangeSet(marks.filter(isWanted));
}

/** Before a record: nobody knows whether the exchange serves that far back. */
export function unknownReach({ marks }: PartState): RangeSet {
  return marked(marks, ({ reason }) => reason === 'reach-unknown');
}

/** Whether a mark says that the exchange has removed the endpoint: then another key would be refused too. */
export function isRemoved({ ofNoKey }: Mark): boolean {
  return ofNoKey === 'withdrawn';
}

/** Whether a mark is work in progress (a failing window that is narrowed, a full unit that is divided), and not a gap yet. */
export function isUnderWay({ narrowing, division }: Mark): boolean {
  return narrowing !== undefined || division !== undefined;
}
