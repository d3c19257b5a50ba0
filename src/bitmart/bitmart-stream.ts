import type { Question, Stream } from '../history/stream.ts';
import type { Contract } from './contracts.ts';
import type { TimeForm } from './fields.ts';
import type { RowFields } from './rows.ts';
import type { BitmartRequest } from './transport.ts';

/** No record is older: BitMart was founded in 2017, and its documentation names 2017/2018 as where a walk back may end. */
export const bitmartOriginMs = Date.UTC(2017, 0, 1);

/** A stream together with how BitMart serves it: everything that is special about it, in one small file each. */
export interface BitmartStream {
  readonly stream: Stream;
  /** The request for one question; its bounds are in milliseconds, inclusive. */
  request(question: Question, bounds: Bounds): BitmartRequest;
  /** The request to send instead if the first one is refused to this key. */
  requestInstead?(question: Question, bounds: Bounds): BitmartRequest;
  /** The field of a row that holds its record's time; a function of the part where parts differ. */
  readonly timeField: string | ((part: string) => string);
  /** @default 'ms' */
  readonly timeForm?: TimeForm;
  /** The path of the array of rows in the answer. */
  readonly rowsPath: readonly string[];
  /**
   * Only for records without a trustworthy id: the column of the identity that distinguishes equal records. It is filled by
   * counting them in an answer that is not cut; see occurrences.ts.
   */
  readonly occurrenceColumn?: string;
  /** One row's fields as columns, without the time. */
  mapRow(row: RowFields, context: MappingContext): ColumnRecord;
}

export interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The parameter that limits a request to one value of a split. `names`: what BitMart calls the splits' columns. */
export function filterBy(
  { split }: Question,
  names: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const name = names[split?.column ?? ''];
  return split && name !== undefined ? { [name]: split.value } : {};
}

export interface MappingContext {
  readonly part: string;
  /** What is currently known of a futures symbol. */
  contract(symbol: string): Contract;
}

/** Columns by name, and the part that the row names. */
export interface ColumnRecord {
  readonly part: string;
  readonly columns: Readonly<Record<string, string | number | null>>;
}
