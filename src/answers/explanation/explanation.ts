import type { AccountStatus, Severity, Status } from '../index.ts';
import type { ExplanationContext, Finding, FoundCause } from './finding.ts';
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
  /** Every record that BitMart still served since linking is stored, or will be soon without help. */
  readonly complete: boolean;
  /** The whole in one or two sentences. */
  readonly summary: string;
  /** What can still be saved first, the soonest lost before the others; then what is lost; then warnings and remarks. */
  readonly findings: readonly Finding[];
}

/** Pure: everything is said by the account's status and by what Temporal says of its workflow. */
export function explain(status: Status, context: ExplanationContext): Explanation {
  const states = stateFindings(status, context);
  const problems = problemFindings(status);
  const blocked = [...states, ...problems].some(({ severity, stream }) => severity === 'error' && stream === null);
  const gaps = gapFindings(status, { ...context, blocked });
  const findings = [...states, ...problems, ...gaps]
    .sort(byUrgency)
    .map((found): Finding => ({ ...found, weight: weights[found.severity] }));
  const complete = !findings.some(({ severity }) => severity === 'error');
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

const weights: Readonly<Record<Severity, Finding['weight']>> = {
  error: 'hinders',
  warning: 'warns',
  notice: 'informs',
};
const severities = Object.keys(weights);

function byUrgency(a: FoundCause, b: FoundCause): number {
  const severity = severities.indexOf(a.severity) - severities.indexOf(b.severity);
  return severity || riskOf(a) - riskOf(b);
}

function riskOf({ atRiskAt }: FoundCause): number {
  return atRiskAt === null ? Number.MAX_VALUE : Date.parse(atRiskAt);
}
