import type { QuarantineReason } from './quarantine-reason.ts';
import type { Range } from './range-set.ts';

/** Which of the exchange's ends concerns a stream: no record of it is dated later. */
export type Ending = 'deposits' | 'spot-trading' | 'futures-trading' | 'platform';

/**
 * The declaration of one history type. The exchange's adapter declares it, the database writes by it, the client reads by it: a
 * new stream is one such declaration, one table and its tests.
 */
export interface Stream {
  /** `spot-trades`, `futures-trades`, … */
  readonly name: string;
  /** Divisions that need their own requests. A stream without any has the one part `all`. */
  readonly parts: readonly string[];
  /**
   * The stream whose records name the pairs for which this one has to be requested: it has each of `parts` once for each pair,
   * see parts.ts. It is read after that stream.
   */
  readonly pairsOf?: string;
  /** The resolution of the request's bounds: 1 or 1000. */
  readonly unitMs: number;
  /** The most rows in one answer, as documented. */
  readonly cap: number;
  /** The widest window that may be requested, bounds included. */
  readonly widestWindowMs: number;
  /** No record is older: the walk ends here. */
  readonly originMs: number;
  /**
   * How far back an empty answer may be claimed, less the hour that every claim stays inside it. It says what expires first,
   * and never limits what is requested: everything back to the origin is.
   */
  readonly reachMs: number;
  /** The exchange documents that it serves nothing older; false: only that it serves this much. */
  readonly reachIsDocumented: boolean;
  /** Which of the exchange's ends concerns it. @default `platform` */
  readonly ending?: Ending;
  /** The length of the window that the exchange substitutes when it ignores the bounds; null if it then serves everything. */
  readonly defaultWindowMs: number | null;
  /** Ways to divide one unit that is still full, in order. */
  readonly splits: readonly Split[];
  /** The endpoint, for pace and limits; streams that share it are read one after another. */
  readonly endpoint: string;
  /** Exactly this many rows in all indicate an old limit: nothing before the oldest is claimed. Null if there is none. */
  readonly suspiciousTotal: number | null;
  /**
   * Version of the adapter's mapping from served rows to records. Rows quarantined by another version are read again from the
   * stored answer. Raise it whenever the mapping learns to read more.
   */
  readonly mappingVersion: number;
  /** Served as one list of the newest records without time bounds: see read-list.ts. It has no windows, walks and divisions. */
  readonly isList?: boolean;
  /** New records are rare: it is read once a day, unless one may still change or the caller asks. */
  readonly isRare?: boolean;
  /**
   * The right that the exchange requires for it besides reading: most keys lack it, so a refusal is a gap and no problem. If
   * the right is `unknown`, no answer was ever seen either, and one that can't be understood counts as a refusal.
   */
  readonly right?: string;
  readonly table: RecordTable;
}

export const unknownRight = 'unknown';

export interface Split {
  /** The column of the record with the values, which is also the adapter's name for it. */
  readonly column: string;
  /** All possible values; null if only the values seen so far are known, so that nothing is proved. */
  readonly exhaustiveValues: readonly string[] | null;
}

export interface RecordTable {
  readonly name: string;
  /** Its own columns, in order; account_id, part (if hasPart), page_id, digest, fixed_digest and raw are implied. */
  readonly columns: readonly Column[];
  readonly hasPart: boolean;
  /** Columns that identify a record within the account (and part). */
  readonly identity: readonly string[];
  /** Columns that never change; the same identity with another value is a conflict. */
  readonly fixed: readonly string[];
  readonly timeColumn: string;
  /** Column and values that mean "this record no longer changes"; null if records never change. */
  readonly final: { readonly column: string; readonly values: readonly string[] } | null;
}

export interface Column {
  readonly name: string;
  readonly type: 'text' | 'numeric' | 'timestamptz' | 'integer';
  readonly nullable?: boolean;
  /** Comes from elsewhere when the row is first stored: once known, a change of the record does not replace it. */
  readonly snapshot?: boolean;
  /** Added by a later release: null in unchanged records of earlier releases. */
  readonly isAdded?: boolean;
}

/** Columns' values in the order of RecordTable.columns. Times are ISO texts with milliseconds, decimals and ids texts. */
export type ColumnValues = readonly (string | number | null)[];

/** One served row that could be read. */
export interface MappedRow {
  readonly kind: 'row';
  /** The identity columns' values as joined texts; equal keys are the same record. */
  readonly key: string;
  /** The record's own time, in milliseconds. */
  readonly at: number;
  readonly part: string;
  /** Hash over everything stored; another digest under the same key is a change. */
  readonly digest: string;
  /** Hash over the fixed columns; another one under the same key is a conflict. */
  readonly fixedDigest: string;
  readonly final: boolean;
  readonly values: ColumnValues;
  /** The row's own text as served. */
  readonly raw: string;
}

/** One unreadable row: stored with its bytes and the reason. */
export interface UnreadableRow {
  readonly kind: 'unreadable';
  readonly reason: QuarantineReason;
  /** The record's time, if at least that could be read. */
  readonly at: number | null;
  readonly raw: string;
}

export type ServedRow = MappedRow | UnreadableRow;

/** What one request asks: the core that it may prove; the request itself is one unit wider on each side. */
export interface Question {
  readonly part: string;
  readonly core: Range;
  /** Only when one unit is divided further. */
  readonly split?: { readonly column: string; readonly value: string };
}

/** An answer that is a page: code 1000, a success message, a real array. Anything else is an ExchangeFailure. */
export interface Page {
  readonly question: Question;
  /** The bounds as sent, both in milliseconds, whole units. */
  readonly askedFromMs: number;
  readonly askedToMs: number;
  /** The exchange's clock when it answered. */
  readonly clockMs: number;
  /** Seconds that a cache held the answer (`Age`); above 0 it is not evidence. */
  readonly ageSeconds: number;
  readonly rows: readonly ServedRow[];
  /** The answer's body as received. */
  readonly bytes: Uint8Array;
  readonly trace: string | null;
}

/** When the exchange made the answer: before it came, if a cache held it. Of two states of a record the later made one counts. */
export function madeAtMs({ clockMs, ageSeconds }: Pick<Page, 'clockMs' | 'ageSeconds'>): number {
  return clockMs - ageSeconds * 1_000;
}
