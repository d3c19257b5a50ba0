import type { Random } from '../random.ts';
import { type StreamName, streams } from '../streams.ts';
import type { WireRow, WireValue } from '../wire-text.ts';
import { futuresFlow } from './futures-flow.ts';
import { futuresTrade } from './futures-trade.ts';
import type { Ids } from './ids.ts';
import { deposit, withdrawal } from './movement.ts';
import { spotTrade } from './spot-trade.ts';

/** A row as somebody adds it: its time, and whatever else matters to them, in the exchange's own names. */
export interface GivenRow {
  readonly [field: string]: WireValue | undefined;
  /** Of futures: `futures` (default) or `copy_trading`. */
  readonly part?: string;
  /** The row appears in answers only then, though its time is earlier. */
  readonly visibleFromMs?: number;
}

const makers: Readonly<Record<StreamName, (given: WireRow, random: Random, ids: Ids) => WireRow>> = {
  'spot-trades': spotTrade,
  'futures-trades': futuresTrade,
  withdrawals: withdrawal,
  deposits: deposit,
  'futures-flows': futuresFlow,
};

export interface CompleteRow {
  readonly part: string;
  readonly row: WireRow;
  readonly visibleFromMs: number | null;
}

/** The whole row, with everything that was not given. */
export function completeRow(stream: StreamName, given: GivenRow, random: Random, ids: Ids): CompleteRow {
  const { parts, timeField } = streams[stream];
  const { part: givenPart, visibleFromMs, ...fields } = given;
  const part = givenPart ?? (parts.includes(String(given.account)) ? String(given.account) : (parts[0] as string));
  if (!parts.includes(part)) throw new Error(`${stream} has no part "${part}"; it has ${parts.join(', ')}.`);
  if (!(Number(fields[timeField]) > 0)) throw new Error(`A row of ${stream} needs its ${timeField} in milliseconds.`);
  const told = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as WireRow;
  // Captured rows lack the field: whoever gives it as undefined gets a row without it.
  const withPart = parts.length > 1 && !('account' in given) ? { ...told, account: part } : told;
  return { part, row: makers[stream](withPart, random, ids), visibleFromMs: visibleFromMs ?? null };
}
