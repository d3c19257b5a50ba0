import type { ProblemCode } from '../../history/failure.ts';
import type { Stream } from '../../history/stream.ts';
import type { Timetable } from '../../history/timetable.ts';
import type { GapReason, Severity } from '../index.ts';

/** One reason why an account is not complete, or may not stay so. */
export interface Finding {
  /**
   * - `error`: because of it the account is not complete, or falls behind
   * - `warning`: nothing is missing yet because of it
   * - `notice`: no action can help, or none is needed
   */
  readonly severity: Severity;
  /** @deprecated Use `severity`. */
  readonly weight: 'hinders' | 'warns' | 'informs';
  readonly cause: Cause;
  /** Only when it concerns one stream. */
  readonly stream: string | null;
  /** When the first record that it concerns is lost; null if it causes no (further) loss. */
  readonly atRiskAt: string | null;
  readonly sentence: string;
  /** What to do, as a sentence. */
  readonly remedy: string | null;
  /** The command that fixes it; null if there is none. */
  readonly command: string | null;
}

export type FoundCause = Omit<Finding, 'weight'>;

export type Cause =
  | GapReason
  | ProblemCode
  | 'checking'
  | 'backfilling'
  | 'paused'
  | 'unlinked'
  | 'closed'
  | 'needs-attention'
  | 'overdue'
  | 'no-workflow'
  | 'no-worker'
  | 'temporal-unreachable';

/** The state of an account's workflow in Temporal. */
export type WorkflowSight = 'running' | 'no-workflow' | 'no-worker' | 'temporal-unreachable';

export interface ExplanationContext {
  readonly nowMs: number;
  readonly streams: readonly Stream[];
  /** When the exchange ends what; null for an exchange without an end. */
  readonly timetable: Timetable | null;
  /** Null when Temporal was not asked. */
  readonly workflow: WorkflowSight | null;
}
