import type { ProblemCode } from '../../history/failure.ts';
import type { Stream } from '../../history/stream.ts';
import type { Timetable } from '../../history/timetable.ts';
import type { AccountStatus, GapReason, Status } from '../answers.ts';
import { gapFindings } from './gap-findings.ts';
import { problemFindings } from './problem-findings.ts';
import { stateFindings } from './state-findings.ts';
import { summaryOf } from './summary.ts';

/** Why an account is not complete, in sentences. */
export interface Explanation {
  readonly accountId: string;
  readonly ownerId: string;
  readonly label: string | null;
  readonly status: AccountStatus;
  readonly asOf: string;
  /** Nothing stands in the way: every record that BitMart still served since linking is stored, or soon will be by itself. */
  readonly complete: boolean;
  /** The whole in one or two sentences. */
  readonly summary: string;
  /** What can still be saved first, the soonest lost before the others; then what is lost; then warnings and remarks. */
  readonly findings: readonly Finding[];
}

export interface Finding {
  /**
   * - `hinders`: because of it the account is not complete, or falls behind
   * - `warns`: nothing is missing yet because of it
   * - `informs`: nobody can do anything about it, or nobody has to
   */
  readonly weight: 'hinders' | 'warns' | 'informs';
  readonly cause: Cause;
  /** Only when it concerns one stream. */
  readonly stream: string | null;
  /** When the first record that it concerns is lost; null where nothing (more) is lost by it. */
  readonly atRiskAt: string | null;
  readonly sentence: string;
  /** What to do, in words. */
  readonly remedy: string | null;
  /** The command that mends it; null where no command does. */
  readonly command: string | null;
}

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

/** What Temporal says of an account's workflow. */
export type WorkflowSight = 'running' | 'no-workflow' | 'no-worker' | 'temporal-unreachable';

export interface ExplanationContext {
  readonly nowMs: number;
  readonly streams: readonly Stream[];
  /** When the exchange ends what; null when it has no end. */
  readonly timetable: Timetable | null;
  /** Null when Temporal was not asked. */
  readonly workflow: WorkflowSight | null;
}

/** Pure: everything is said by the account's status and by what Temporal says of its workflow. */
export function explain(status: Status, context: ExplanationContext): Explanation {
  const states = stateFindings(status, context);
  const problems = problemFindings(status);
  const blocked = [...states, ...problems].some(({ weight, stream }) => weight === 'hinders' && stream === null);
  const gaps = gapFindings(status, { ...context, blocked });
  const findings = [...states, ...problems, ...gaps].sort(byUrgency);
  const complete = !findings.some(({ weight }) => weight === 'hinders');
  return {
    accountId: status.accountId,
    ownerId: status.ownerId,
    label: status.label,
    status: status.status,
    asOf: new Date(context.nowMs).toISOString(),
    complete,
    summary: summaryOf(status, findings, context.nowMs),
    findings,
  };
}

const weights: readonly Finding['weight'][] = ['hinders', 'warns', 'informs'];

function byUrgency(a: Finding, b: Finding): number {
  const weight = weights.indexOf(a.weight) - weights.indexOf(b.weight);
  return weight || riskOf(a) - riskOf(b);
}

function riskOf({ atRiskAt }: Finding): number {
  return atRiskAt === null ? Number.MAX_VALUE : Date.parse(atRiskAt);
}
