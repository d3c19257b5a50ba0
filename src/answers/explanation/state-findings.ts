import type { AccountStatus, Status } from '../index.ts';
import type { ExplanationContext, FoundCause, WorkflowSight } from './finding.ts';
import { commandText, doctorCommand, instantText, linkCommand } from './words.ts';

/** Findings from the account's state, its workflow and the clock. */
export function stateFindings(status: Status, context: ExplanationContext): readonly FoundCause[] {
  const ofStatus = statusFinding(status);
  if (status.status === 'unlinked' || status.status === 'closed') return ofStatus;
  const ofWorkflow = context.workflow === null ? [] : workflowFinding(status, context.workflow);
  const isExplained = ofWorkflow.length > 0 || status.problems.length > 0 || !reads.has(status.status);
  return [...ofStatus, ...ofWorkflow, ...(isExplained ? [] : overdueFinding(status, context.nowMs))];
}

const reads: ReadonlySet<AccountStatus> = new Set(['backfilling', 'live']);

function statusFinding(status: Status): readonly FoundCause[] {
  switch (status.status) {
    case 'checking':
      return about(status, {
        cause: 'checking',
        sentence: 'The exchange has not accepted its key yet, so nothing is read.',
        remedy: 'It is checked as soon as a worker and BitMart can be reached. To check whether they can:',
        command: doctorCommand,
      });
    case 'paused':
      return about(status, {
        cause: 'paused',
        sentence: 'It is paused, so nothing is read. Records can expire before they are read.',
        remedy: 'To resume it:',
        command: commandText(status, 'resume'),
      });
    case 'needs-attention':
      // A known problem explains it better.
      if (status.problems.some(({ stream }) => stream === undefined)) return [];
      return about(status, {
        cause: 'needs-attention',
        sentence: 'Its key is not accepted, and no reason is stored.',
        remedy: 'To check the key again:',
        command: commandText(status, 'sync'),
      });
    case 'unlinked':
      return about(status, {
        atRiskAt: null,
        cause: 'unlinked',
        sentence: 'It is unlinked: its key is deleted, its history stays, and nothing new is read.',
        remedy: 'Only the user can link it again, with the key:',
        command: linkCommand(status),
      });
    case 'closed':
      return about(status, {
        severity: 'notice',
        atRiskAt: null,
        cause: 'closed',
        sentence: `It is closed: BitMart has ended, and nothing more is read.${isWhole(status) ? '' : ' Its gaps say what was not read.'}`,
        remedy: null,
        command: null,
      });
    default:
      return [];
  }
}

/** Every stream is complete, those included that the verdict on the account leaves out. */
function isWhole({ complete, unreadable }: Status): boolean {
  return complete && unreadable.length === 0;
}

function workflowFinding(status: Status, sight: WorkflowSight): readonly FoundCause[] {
  if (sight === 'running') return [];
  switch (sight) {
    case 'no-workflow':
      return about(status, {
        cause: sight,
        sentence:
          'It has no workflow: no worker has started it yet (one does within half a minute), it was ended by hand, or Temporal has lost it.',
        remedy:
          'Everything that was read is in Postgres, and reading continues from there. To start the workflow again:',
        // A paused account refuses `sync`.
        command: status.status === 'paused' ? commandText(status, 'resume') : commandText(status, 'sync', '--no-wait'),
      });
    case 'no-worker':
      return about(status, {
        cause: sight,
        sentence: 'No worker polls Temporal, so no account is read.',
        remedy: 'Start the worker (`npm start`). Its log says why it ended. To check what it needs:',
        command: doctorCommand,
      });
    case 'temporal-unreachable':
      return about(status, {
        cause: sight,
        sentence: 'Temporal can’t be reached, so it is unknown whether its workflow runs.',
        remedy: 'Start Temporal, or correct its address. To check the address:',
        command: doctorCommand,
      });
  }
}

// A due sync sometimes waits for a free worker.
const graceMs = 15 * 60_000;

function overdueFinding(status: Status, nowMs: number): readonly FoundCause[] {
  const seen = [status.nextSyncAt, ...status.streams.map(({ lastReadAt }) => lastReadAt)].filter((at) => at !== null);
  const latest = seen.sort().at(-1);
  if (latest === undefined || nowMs - Date.parse(latest) < graceMs) return [];
  return about(status, {
    cause: 'overdue',
    sentence: `It should have been read by ${instantText(latest)}, and was not.`,
    remedy: 'Check that a worker runs (`bitmart-sync doctor`). To sync it now:',
    command: commandText(status, 'sync'),
  });
}

/** A finding about the account as a whole: by default history is lost while it lasts. */
function about(
  { historyAtRiskAt }: Status,
  found: Pick<FoundCause, 'cause' | 'sentence' | 'remedy' | 'command'> & Partial<FoundCause>,
): readonly FoundCause[] {
  return [{ severity: 'error', stream: null, atRiskAt: historyAtRiskAt, ...found }];
}
