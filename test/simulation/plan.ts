import type { FailureKind } from '../../src/history/failure.ts';

/**
 * A scenario as plain data: made from one seed first, run afterwards, so that a failing one can be made smaller by
 * leaving items out. Every time in it is absolute, so that leaving one item out moves no other.
 */
export interface Plan {
  readonly seed: number;
  readonly linkedAtMs: number;
  readonly streams: readonly PlannedStream[];
  readonly manner: Manner;
  /** One for each part of each stream. */
  readonly reaches: readonly PlannedReach[];
  readonly records: readonly PlannedRecord[];
  /** Stretches of time in which no request succeeds. */
  readonly troubles: readonly Trouble[];
  /** Instants that no window may hold. */
  readonly failures: readonly FailingInstant[];
  readonly delistings: readonly Delisting[];
  readonly rotations: readonly Rotation[];
  /** What the exchange has announced; null when it has no end. */
  readonly timetable: PlannedTimetable | null;
  /** From here on our mapping reads the words that it did not know before. */
  readonly mappingFixedAtMs: number | null;
  readonly syncs: readonly PlannedSync[];
  /** The same account linked a second time, and merged into the first later on. */
  readonly duplicate: PlannedDuplicate | null;
  /** Nothing new goes wrong from here on. */
  readonly calmFromMs: number;
}

/** The end of what does not end; an instant that can be written down. */
export const never = 8.64e15;

export const streamNames = [
  'spot-trades',
  'futures-trades',
  'withdrawals',
  'deposits',
  'futures-flows',
  'transfers',
  'earn-records',
  'margin-loans',
  'sub-account-transfers',
] as const;

export type StreamName = (typeof streamNames)[number];

export interface PlannedStream {
  readonly name: StreamName;
  /** Small, so that a few hundred records fill many pages. */
  readonly cap: number;
  /** The most rows that the exchange serves; less than documented in some runs. */
  readonly servedCap: number;
}

export type Order = 'newest-first' | 'oldest-first' | 'shuffled' | 'any-choice-sorted';

/** How the exchange behaves where its documentation is silent: the sandbox's switches. */
export interface Manner {
  readonly order: Order;
  readonly includesStart: boolean;
  readonly includesEnd: boolean;
  /** Movements: only the last so many are served, whatever the window. */
  readonly lastMovementsOnly: number | null;
  /** What one request takes, at the least and at the most. */
  readonly latencyMs: readonly [number, number];
  /** How far our measure of the exchange's clock is off at the most. */
  readonly clockErrorMs: number;
  /** Some answers come from a replica that lacks what was listed so lately. */
  readonly replicaLagMs: number;
  /** The cap counts the rows of every part, and the others are left out afterwards. */
  readonly capBeforePart: boolean;
  /** Requests that are made before their turn, at the most: their answers come in any order. */
  readonly readAhead: number;
  /** Sizes of futures contracts are not to be had before this instant. */
  readonly contractsListedFromMs: number;
}

/** How an exchange says that a window is too old: not at all, by the code for it, or by an unknown code. */
export type Edge = 'empty' | 'beyond-reach' | 'unexpected';

export interface PlannedReach {
  readonly stream: StreamName;
  readonly part: string;
  /** How far back is served from when on, oldest first. Longer than before only for a new key. */
  readonly steps: readonly { readonly fromMs: number; readonly reachMs: number }[];
  readonly edge: Edge;
  /** The edge stands still for so long and then jumps; 0 where it moves all the time. */
  readonly jumpMs: number;
}

export interface PlannedRecord {
  /** Its own in the plan, also when others are left out. */
  readonly number: number;
  readonly stream: StreamName;
  readonly part: string;
  readonly at: number;
  /** It is listed so long after the time that it carries. */
  readonly delayMs: number;
  /** No longer served from here on; null where only the reach ends it. */
  readonly goneFromMs: number | null;
  readonly symbol: string;
  readonly mode: 'spot' | 'iso_margin';
  readonly tradeId: string;
  readonly orderId: string;
  readonly buys: boolean;
  readonly price: string;
  readonly size: string;
  readonly fee: string;
  /** What it is from when on, oldest first; the first is there from the beginning. */
  readonly states: readonly RecordState[];
  readonly flaw: Flaw | null;
  /** How its JSON is written. */
  readonly spacing: 'none' | 'some';
}

export interface RecordState {
  readonly fromMs: number;
  /** Movements: BitMart's number. Flows: their type. Trades: nothing but a text that may change. */
  readonly status: string;
}

export type Flaw =
  /** Can never be read. */
  | 'empty-id'
  | 'unreadable-time'
  | 'unreadable-amount'
  /** Can be read once the mapping was fixed. */
  | 'new-word';

/** `cached`: every answer is an old one from a cache, and says so. `bounds-ignored`: always the last days. */
export const troubleKinds = [
  'transient',
  'maintenance',
  'throttled',
  'banned',
  'refused-key',
  'refused-stream',
  'not-opened',
  'clock',
  'cached',
  'bounds-ignored',
] as const;

export type TroubleKind = (typeof troubleKinds)[number];

export interface Trouble {
  readonly kind: TroubleKind;
  readonly fromMs: number;
  readonly toMs: number;
  /** Every stream when null. */
  readonly stream: StreamName | null;
}

/** Every request fails whose window holds this instant, however narrow. */
export interface FailingInstant {
  readonly stream: StreamName;
  readonly part: string;
  readonly at: number;
  readonly kind: 'transient' | 'unexpected' | 'null-data';
  readonly fromMs: number;
  readonly toMs: number;
}

/** A symbol is unknown from then on: requests for it alone are refused. Its records may be gone as well. */
export interface Delisting {
  readonly stream: StreamName;
  readonly symbol: string;
  readonly fromMs: number;
}

/** Null where no end is known. */
export interface PlannedTimetable {
  readonly depositsEndMs: number | null;
  readonly spotTradingEndMs: number | null;
  readonly futuresTradingEndMs: number | null;
  readonly platformEndMs: number | null;
  /** From when on no request is answered: about the announced end, or before. */
  readonly goneFromMs: number;
}

/** The key stops working for good, and its owner brings a new one at once or weeks later. */
export interface Rotation {
  readonly refusedFromMs: number;
  readonly replacedAtMs: number;
}

/** From `linkedAtMs` on both accounts are read at every sync, until one is merged into the other. */
export interface PlannedDuplicate {
  readonly linkedAtMs: number;
  readonly mergedAtMs: number;
}

/** One sync: attempts until one of them comes to the end, each a while after the one before. */
export interface PlannedSync {
  readonly atMs: number;
  readonly attempts: readonly PlannedAttempt[];
  /** The worker stops after these attempts, also when something is left to read. */
  readonly isCutShort: boolean;
  /** Asked for by a person, after the sync. */
  readonly range: PlannedRange | null;
  /** Asked for before it, with a key that has read nothing yet. */
  readonly rangeBefore?: PlannedRange | undefined;
}

export interface PlannedRange {
  readonly stream: StreamName;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface PlannedAttempt {
  readonly waitMs: number;
  readonly pages: number;
  readonly faults: readonly PlannedFault[];
  readonly crash: PlannedCrash | null;
  /** Step at which the worker has to stop. */
  readonly stopAtStep: number | null;
  readonly together: 'alone' | 'zombie' | 'side-by-side';
  /** Decides whose turn it is where several run at once. */
  readonly turnSeed: number;
}

/** The process is gone before or after one step: a request, or a statement (a whole write where the store is in memory). */
export interface PlannedCrash {
  readonly step: number;
  readonly after: boolean;
}

export interface PlannedFault {
  readonly fault: Fault;
  /** It spoils the first answer that it can, from this request of the attempt on. */
  readonly request: number;
  readonly seed: number;
}

/** Answers that are none, named by the kind of their failure. */
export const failureFaults = [
  'transient',
  'throttled',
  'banned',
  'maintenance',
  'refused-key',
  'refused-stream',
  'not-opened',
  'clock',
  'unexpected',
] as const satisfies readonly FailureKind[];

export const faults = [
  ...failureFaults,
  'null-data',
  'clock-unreadable',
  'unknown-symbol',
  'omits-rows',
  'cached',
  'bounds-ignored',
  'foreign-part',
  'malformed-row',
  'contradicts',
  'repeats-rows',
  'too-many-rows',
] as const;

export type Fault = (typeof faults)[number];
