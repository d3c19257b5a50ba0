import type { AccountStatus, Severity, Status } from '../index.ts';
import type { ExplanationContext, Finding, FoundCause } from './finding.ts';
import { gapFindings } from './gap-findings.ts';
import { problemFindings } from './problem-findings.ts';
import { stateFindings } from './state-findings.ts';
import { deadlineText, earliest, instantText } from './words.ts';

/** Why an account is not complete, in sentences. */
export interface Explanation {
  readonly accountId: string;
  readonly ownerId: string;
  readonly label: string | null;
  readonly status: AccountStatus;
  readonly asOf: string;
  /** Every record that BitMart has served since linking is stored, or will be soon without help. */
  readonly complete: boolean;
  /** One or two sentences about the whole. */
  readonly summary: string;
  /** Preventable losses come first, the soonest before the others; then what is lost; then warnings and notices. */
  readonly findings: readonly Finding[];
}

/** A pure function of the account's status and its workflow's state. */
export function explain(status: Status, context: ExplanationContext): Explanation {
  const states = stateFindings(status, context);
  const problems = problemFindings(status);
  const blocked =
    status.status === 'needs-attention' ||
    [...states, ...problems].some(({ severity, stream }) => severity === 'error' && stream === null);
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

/** One or two sentences about the whole. */
function summaryOf(status: Status, findings: readonly Finding[], nowMs: number): string {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return completeText(status, nowMs);
  const count = errors.length === 1 ? 'one reason' : `${errors.length} reasons`;
  const isJustRead = status.status === 'backfilling' && errors.every(({ cause }) => cause === 'not-yet-read');
  if (isJustRead) return 'Not complete yet: the first read is in progress. No action needed.';
  return `Not complete, for ${count}. ${riskText(errors, nowMs)}`;
}

function completeText(status: Status, nowMs: number): string {
  const risk =
    status.historyAtRiskAt === null
      ? ''
      : ` If nothing were read from now on, the first record would be lost after ${deadlineText(status.historyAtRiskAt, nowMs)}.`;
  return `${completeSentence(status)}${risk}`;
}

export function completeSentence(status: Status): string {
  const through = earliest(status.streams.map((stream) => stream.through));
  if (through === null) return 'There is nothing to read.';
  return `Complete through ${instantText(through)}: every record that BitMart served since linking is stored.`;
}

function riskText(errors: readonly Finding[], nowMs: number): string {
  const first = earliest(errors.map(({ atRiskAt }) => atRiskAt));
  if (first === null) return 'Waiting loses nothing more.';
  if (Date.parse(first) <= nowMs) return 'Records are being lost now.';
  return `The first record that can still be read is lost after ${deadlineText(first, nowMs)}.`;
}
