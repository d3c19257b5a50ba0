import type { Question, Stream } from '../history/stream.ts';
import type { Contract } from './contracts.ts';
import type { TimeForm } from './fields.ts';
import type { RowFields } from './rows.ts';
import type { BitmartRequest } from './transport.ts';

/** No record of BitMart is older: it was founded in 2017. Its documentation names 2017/2018 as where a walk back may end. */
export const bitmartOriginMs = Date.UTC(2017, 0, 1);

/** A stream together with how BitMart serves it: all that is special about it, in one small file each. */
export interface BitmartStream {
  readonly stream: Stream;
  /** The request for one question; its bounds are in milliseconds, both included. */
  request(question: Question, bounds: Bounds): BitmartRequest;
  /** The same for a key that the first request is not for: sent where that one is refused. */
  requestInstead?(question: Question, bounds: Bounds): BitmartRequest;
  /** The field of a row that says when its record happened; by the kind of part where each has one of its own. */
  readonly timeField: string | ((part: string) => string);
  /** @default 'ms' */
  readonly timeForm?: TimeForm;
  /** Where the array of rows lies in the answer. */
  readonly rowsPath: readonly string[];
  /**
   * Only where records have no id that can be trusted: the column of the identity that tells equal records apart. It is
   * filled by counting them in an answer that is not cut; see occurrences.ts.
   */
  readonly occurrenceColumn?: string;
  /** One row's fields as columns, all but the time. */
  mapRow(row: RowFields, context: MappingContext): ColumnRecord;
}

export interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface MappingContext {
  /** The part that was asked for. */
  readonly part: string;
  /** What is known today of a futures symbol. */
  contract(symbol: string): Contract;
}

/** Columns by name, and the part that the row says it is of. */
export interface ColumnRecord {
  readonly part: string;
  readonly columns: Readonly<Record<string, string | number | null>>;
}
