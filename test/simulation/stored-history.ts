import type { Range } from './ranges.ts';

export interface StoredRow {
  /** Every own column as text, times in ISO UTC. */
  readonly columns: Readonly<Record<string, string | null>>;
  readonly raw: string;
}

/** One kept page, as far as it can be checked without the engine. */
export interface StoredPage {
  readonly core: Range;
  readonly claim: readonly Range[];
  readonly served: number;
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly quarantined: number;
}

export interface StoredGap extends Range {
  readonly reason: string;
}

/** What is stored of one part, by whatever store. */
export interface StoredPart {
  readonly stream: string;
  readonly part: string;
  readonly rows: readonly StoredRow[];
  readonly quarantined: readonly string[];
  readonly covered: readonly Range[];
  readonly gaps: readonly StoredGap[];
  readonly settledThroughMs: number | null;
  /** End of the last read that was finished. */
  readonly readThroughMs: number | null;
  readonly rowCount: number;
  /** Null where the store keeps none. */
  readonly pages: readonly StoredPage[] | null;
}

/** A stream as its owner sees it. */
export interface StoredStream {
  readonly stream: string;
  readonly parts: readonly StoredPart[];
  readonly summary: {
    readonly rows: number;
    readonly complete: boolean;
    readonly fromMs: number;
    readonly throughMs: number | null;
    readonly covered: readonly Range[];
    readonly gaps: readonly StoredGap[];
  };
}
