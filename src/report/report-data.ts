import type { Explanation } from '../answers/explanation/explanation.ts';
import type { DayOfRows, PageEvidence, Status } from '../answers/index.ts';
import type { Stream } from '../history/stream.ts';

/** Everything that a report shows, as of one moment. */
export interface ReportData {
  readonly asOf: string;
  /** Whose accounts: one owner's, or null for those of all. */
  readonly ownerId: string | null;
  /** Null when the report is about one account alone. */
  readonly fleet: FleetData | null;
  /** With all that is known of them: the one account, or those of the fleet that come first. */
  readonly details: readonly AccountDetail[];
  readonly streams: readonly Stream[];
}

export interface FleetData {
  /** The ones at risk first, the soonest lost before the others. */
  readonly accounts: readonly AccountLine[];
  /** How many there are; more than are listed when there are very many. */
  readonly count: number;
}

/** An account in one line. */
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
