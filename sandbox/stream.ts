import type { MomentOptions } from './moments.ts';
import type { Random } from './random.ts';
import type { Ids } from './rows/ids.ts';
import type { Service } from './rows/markets.ts';
import type { GivenRow, WireRow } from './wire-text.ts';

/** One history type that the sandbox keeps: how BitMart names and serves it, and what its records look like. */
export interface SandboxStream {
  readonly service: Service;
  readonly endpoint: string;
  readonly parts: readonly string[];
  /** The unit of a request's bounds, in which they are compared. */
  readonly unitMs: number;
  /** The most rows of one answer, as documented. */
  readonly cap: number;
  readonly defaultWindowMs: number;
  /** By which switch its look-back is governed. */
  readonly reach: 'trades' | 'movements' | 'transfers';
  /** What a key needs for it besides reading. */
  readonly right?: string;
  readonly timeField: string;
  /** @default false: in milliseconds */
  readonly timeIsInSeconds?: boolean;
  /** Times of the row that move with it. */
  readonly otherTimeFields?: readonly string[];
  /** The resolution of its rows' times. @default 1 */
  readonly timeUnitMs?: number;
  readonly idField: string;
  readonly amountField: string;
  /** Where a part names them otherwise. */
  readonly fieldsOf?: (part: string) => RecordFields;
  /** What a request can be limited to, besides its window. */
  readonly symbolField: 'symbol' | 'currency' | 'coinName';
  readonly orderIdField?: string;
  /** A whole row: what is not given comes from the seed. The time must be given, and the account where there are parts. */
  completed(given: WireRow, random: Random, ids: Ids): WireRow;
  /** Made-up rows of one part, in bursts where records of the stream come in bursts. */
  generated(part: string, spread: Spread, random: Random, ids: Ids): Iterable<GivenRow>;
}

export type RecordFields = Pick<SandboxStream, 'timeField' | 'idField' | 'amountField'>;

/** What the fields are called in the rows of a part. */
export function fieldsOf(stream: SandboxStream, part: string): RecordFields {
  return stream.fieldsOf?.(part) ?? stream;
}

/** How many records are made, and when they happened. */
export interface Spread extends MomentOptions {
  readonly clockMs: number;
}
