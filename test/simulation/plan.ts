import type { FailureKind } from '../../src/history/failure.ts';

/**
 * A scenario as plain data: made from one seed first, lived afterwards, so that a failing one can be made smaller by
 * leaving items out. Every time in it is absolute, so that leaving one item out moves no other.
 */
export interface Plan {
  readonly seed: number;
  readonly linkedAtMs: number;
  readonly streams: readonly PlannedStream[];
  readonly manner: Manner;
  readonly records: readonly PlannedRecord[];
  /** Stretches of time in which every request fails. */
  readonly troubles: readonly Trouble[];
  readonly rotations: readonly Rotation[];
  /** What the exchange has announced; null when it has no end. */
  readonly timetable: PlannedTimetable | null;
  /** From here on our mapping reads the words that it did not know before. */
  readonly mappingFixedAtMs: number | null;
  readonly syncs: readonly PlannedSync[];
  /** Nothing goes wrong any more from here on. */
  readonly calmFromMs: number;
}

export type StreamName = 'spot-trades' | 'futures-trades' | 'withdrawals' | 'deposits' | 'futures-flows';

export interface PlannedStream {
  readonly name: StreamName;
  /** Small, so that a few hundred records fill many pages. */
  readonly cap: number;
  /** The most rows that the exchange serves; less than documented in some lives. */
  readonly servedCap: number;
}

export type Order = 'newest-first' | 'oldest-first' | 'shuffled' | 'any-choice-sorted';

/** How the exchange behaves where its documentation is silent: the sandbox's switches. */
export interface Manner {
  readonly order: Order;
  readonly includesStart: boolean;
  readonly includesEnd: boolean;
  readonly tradesReachMs: number;
  readonly movementsReachMs: number;
  readonly beyondReach: 'empty' | 'error';
  /** Movements: only the last so many are served, whatever the window. */
  readonly lastMovementsOnly: number | null;
  /** What one request takes, at the least and at the most. */
  readonly latencyMs: readonly [number, number];
  /** How far our measure of the exchange's clock is off at the most. */
  readonly clockErrorMs: number;
  /** Sizes of futures contracts are not to be had before this instant. */
  readonly contractsListedFromMs: number;
}

export interface PlannedRecord {
  /** Its own in the plan, also when others are left out. */
  readonly number: number;
  readonly stream: StreamName;
  readonly part: string;
  readonly at: number;
  /** It is listed so long after the time that it carries. */
  readonly delayMs: number;
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

export type TroubleKind =
  | 'transient'
  | 'maintenance'
  | 'throttled'
  | 'banned'
  | 'refused-key'
  | 'refused-stream'
  | 'not-opened';

export interface Trouble {
  readonly kind: TroubleKind;
  readonly fromMs: number;
  readonly toMs: number;
  /** Every stream when null. */
  readonly stream: StreamName | null;
}

export interface PlannedTimetable {
  readonly depositsEndMs: number;
  readonly tradingEndMs: number;
  readonly spotTradingEndMs: number;
  readonly futuresTradingEndMs: number;
  readonly platformEndMs: number;
  /** When nobody answers any more: about the announced end, or before. */
  readonly goneFromMs: number;
}

/** The key stops working for good, and its owner brings a new one at once or weeks later. */
export interface Rotation {
  readonly refusedFromMs: number;
  readonly replacedAtMs: number;
}

/** One sync: attempts until one of them comes to the end, each a while after the one before. */
export interface PlannedSync {
  readonly atMs: number;
  readonly attempts: readonly PlannedAttempt[];
}

export interface PlannedAttempt {
  readonly waitMs: number;
  readonly pages: number;
  readonly faults: readonly PlannedFault[];
  readonly crash: PlannedCrash | null;
  /** Step at which the worker is told to stop. */
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

/** Answers that are none, told by the kind of their failure. */
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
