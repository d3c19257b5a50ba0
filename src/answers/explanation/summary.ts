import type { Status } from '../index.ts';
import type { Finding } from './finding.ts';
import { deadlineText, instantText } from './time-text.ts';

/** The whole in one or two sentences. */
export function summaryOf(status: Status, findings: readonly Finding[], nowMs: number): string {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return completeText(status, nowMs);
  const count = errors.length === 1 ? 'one reason' : `${errors.length} reasons`;
  const isJustRead = status.status === 'backfilling' && errors.every(({ cause }) => cause === 'not-yet-read');
  if (isJustRead) return 'Not complete yet: the first read is under way, and nothing has to be done.';
  return `Not complete, for ${count}. ${riskText(errors, nowMs)}`;
}

function completeText(status: Status, nowMs: number): string {
  const risk =
    status.historyAtRiskAt === null
      ? ''
      : ` If nothing were read from now on, the first record would be lost after ${deadlineText(status.historyAtRiskAt, nowMs)}.`;
  return `${completeSentence(status)}${risk}`;
}

/** Of an account that nothing keeps from being complete. */
export function completeSentence(status: Status): string {
  const through = status.streams
    .map((stream) => stream.through)
    .filter((at) => at !== null)
    .sort()[0];
  if (through === undefined) return 'Nothing stands in the way, and there is nothing to read.';
  return `Complete through ${instantText(through)}: every record that BitMart served since linking is stored.`;
}

function riskText(errors: readonly Finding[], nowMs: number): string {
  const first = errors
    .map(({ atRiskAt }) => atRiskAt)
    .filter((at) => at !== null)
    .sort()[0];
  if (first === undefined) return 'Nothing more is lost by waiting.';
  if (Date.parse(first) <= nowMs) return 'Records are being lost now.';
  return `The first record that can still be read is lost after ${deadlineText(first, nowMs)}.`;
}
