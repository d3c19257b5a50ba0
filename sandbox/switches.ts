import type { Network } from './network.ts';
import { type StreamName, streamNamed } from './streams/index.ts';

export type RowOrder =
  /** The newest rows of the window, newest first. */
  | 'newest-first'
  /** The oldest rows of the window, oldest first. */
  | 'oldest-first'
  /** Any rows of the window, in any order. */
  | 'shuffled'
  /** Any rows of the window, oldest first: the order does not reveal the choice. */
  | 'any-choice-sorted';

/** What becomes of a window that starts beyond the reach. */
export type Edge =
  /** It is cut silently. */
  | 'empty'
  /** It is refused with the documented code: 50041 (trades and flows) or 60066 (movements). */
  | 'error'
  /** It is refused with this code, and with HTTP 400 unless it says otherwise. */
  | { readonly code: number; readonly httpStatus?: number };

type PerStream<Value> = Readonly<Partial<Record<StreamName, Value>>>;

/** What is not documented of BitMart, or differs from time to time: each has a switch. */
export interface Switches {
  /** @default 'newest-first' */
  readonly order: RowOrder;
  /** Whether a row exactly at the window's start is in it. @default true */
  readonly includesStart: boolean;
  /** Whether a row exactly at the window's end is in it. @default true */
  readonly includesEnd: boolean;
  /** How far back trades and flows are served; null: without end. @default 90 days */
  readonly tradesReachMs: number | null;
  /** How far back withdrawals and deposits are served; null: without end. @default null */
  readonly movementsReachMs: number | null;
  /** Streams with another reach than that of trades or movements. @default {} */
  readonly reachMs: PerStream<number | null>;
  /** @default 'empty' */
  readonly beyondReach: Edge;
  /** Streams with another edge than `beyondReach`. @default {} */
  readonly edges: PerStream<Edge>;
  /** The most rows of one answer where it is less than documented. @default {} */
  readonly caps: PerStream<number>;
  /** Withdrawals and deposits: only the last 100 of each kind are served, whatever the window. @default false */
  readonly lastMovementsOnly: boolean;
  /** Calls are counted per key (or address) and endpoint, in windows that start anew or that slide. @default 'none' */
  readonly limits: 'none' | 'fixed' | 'sliding';
  /** The exchange's clock minus ours. @default 0 */
  readonly clockOffsetMs: number;
  /** Each answer takes so long. @default 0 */
  readonly latencyMs: number;
  /** Requests and answers travel over a network like this one. @default null: they arrive at once */
  readonly network: Network | null;
  /** A record appears in answers only so long after its time. @default 0 */
  readonly visibilityDelayMs: number;
  /** Contracts that have vanished from the public list. @default [] */
  readonly delistedContracts: readonly string[];
  /** Symbols and currencies that can no longer be requested, though accounts have records of them. @default [] */
  readonly delistedSymbols: readonly string[];
  /** With which code a request for a delisted contract is refused. @default 40034, as for one that does not exist */
  readonly delistedContractCode: number;
}

const dayMs = 86_400_000;

export const defaultSwitches: Switches = {
  order: 'newest-first',
  includesStart: true,
  includesEnd: true,
  tradesReachMs: 90 * dayMs,
  movementsReachMs: null,
  reachMs: {},
  beyondReach: 'empty',
  edges: {},
  caps: {},
  lastMovementsOnly: false,
  limits: 'none',
  clockOffsetMs: 0,
  latencyMs: 0,
  network: null,
  visibilityDelayMs: 0,
  delistedContracts: [],
  delistedSymbols: [],
  delistedContractCode: 40034,
};

/** The switches after a change; a name that is none is refused, because it would silently change nothing. */
export function changedSwitches(before: Switches, changes: Partial<Switches>): Switches {
  const unknown = Object.keys(changes).filter((name) => !(name in defaultSwitches));
  if (unknown.length > 0) throw new Error(`There is no switch ${unknown.join(', ')}.`);
  const after = { ...before, ...changes };
  for (const name of [after.reachMs, after.edges, after.caps].flatMap(Object.keys)) streamNamed(name);
  for (const edge of [after.beyondReach, ...Object.values(after.edges)]) {
    if (edge !== 'empty' && edge !== 'error' && typeof edge?.code !== 'number') {
      throw new Error(`An edge is "empty", "error" or {"code": 40011}, not ${JSON.stringify(edge)}.`);
    }
  }
  return after;
}
