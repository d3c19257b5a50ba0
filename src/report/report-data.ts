import type { Explanation } from '../answers/explanation/explanation.ts';
import type { DayOfRows, PageEvidence, Status } from '../answers/index.ts';
import type { Stream } from '../history/stream.ts';

/** Everything that a report shows, as of one moment. */
export interface ReportData {
  readonly asOf: string;
  readonly ownerId: string | null;
  /** Null if the report is about a single account. */
  readonly fleet: FleetData | null;
  /** The accounts in detail: the single account, or the first ones of the fleet. */
  readonly details: readonly AccountDetail[];
  readonly streams: readonly Stream[];
}

export interface FleetData {
  /** Those at risk first, the soonest loss before the others. */
  readonly accounts: readonly AccountLine[];
  /** The total, which may exceed the number listed. */
  readonly count: number;
}

export interface AccountLine {
  readonly status: Status;
  readonly explanation: Explanation;
}

export interface AccountDetail extends AccountLine {
  readonly streams: readonly StreamDetail[];
}

export interface StreamDetail {
  readonly stream: string;
  readonly rowsPerDay: readonly DayOfRows[];
  readonly evidence: readonly PageEvidence[];
}
