import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities, ReconcileReport, RetentionReport } from '../activities/contract.ts';
import { minuteText } from '../history/iso-time.ts';

/**
 * Work that no single account can do for itself, started by Schedules that the worker creates. Their result, the page in the
 * Temporal UI and the table `fleet_report` show the same report.
 */
const options = {
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '5s', maximumInterval: '1m' },
} as const;

/** Starts the workflows of accounts that should have one and don't, and ends those without an account. */
export async function reconcile(): Promise<ReconcileReport> {
  const report = await activities('compare accounts and workflows').reconcileAccounts();
  setCurrentDetails(reconcileDetails(report));
  return report;
}

/** Reports what expires within the next days, and whether every claim is proved. */
export async function retentionAudit(): Promise<RetentionReport> {
  const report = await activities('what expires soon; is what we claim still proved').auditRetention();
  setCurrentDetails(retentionDetails(report));
  return report;
}

function activities(summary: string): Pick<Activities, 'reconcileAccounts' | 'auditRetention'> {
  return proxyActivities<Activities>({ ...options, summary });
}

/** What an operator reads on the page of a run, as Markdown. */
function reconcileDetails(report: ReconcileReport): string {
  return [
    report.leftAlone > 0
      ? `**${report.leftAlone} workflows without an account were left alone**: so many say that this is the wrong database. See docs/runbook.md, "BitmartSyncWorkflowsWithoutAccount".`
      : report.started + report.ended === 0
        ? '**Every account has its workflow.**'
        : `**${report.started} workflows started, ${report.ended} ended.**`,
    '',
    `Of ${report.accounts} accounts ${report.shouldRun} should have a running workflow; ${report.running} were running.`,
    ...named('Started', report.started, report.startedAccounts),
    ...named('Ended', report.ended, report.endedAccounts),
    '',
    `Took ${report.tookSeconds} s.`,
  ].join('\n');
}

function retentionDetails(report: RetentionReport): string {
  const { sample, pausedForLong = 0, paused = [] } = report;
  return [
    report.within14Days === 0
      ? '**No account loses history within the next 14 days.**'
      : `**${report.within14Days} accounts lose history within 14 days**, ${report.within3Days} within 3, ${report.within1Day} within 1; ${report.losing} lose some already.`,
    ...(report.worst.length === 0
      ? []
      : [
          '',
          '| account | status | at risk from | problems |',
          '|:--|:--|:--|:--|',
          ...report.worst.map(
            ({ accountId, status, atRiskAt, problems }) =>
              `| \`${accountId}\` | \`${status}\` | \`${minuteText(atRiskAt)}\` | \`${problems.join(', ') || '–'}\` |`,
          ),
          '',
          'Times in UTC. `bitmart-sync explain ID` says why, and what to do.',
        ]),
    ...(pausedForLong === 0
      ? []
      : [
          '',
          `**${pausedForLong} accounts have been paused for more than a day:** nothing of them is read, and their history expires. \`bitmart-sync resume ID\` reads on.`,
          '',
          '| account | paused since | at risk from |',
          '|:--|:--|:--|',
          ...paused.map(
            ({ accountId, pausedSince, atRiskAt }) =>
              `| \`${accountId}\` | \`${minuteText(pausedSince)}\` | \`${atRiskAt === null ? '–' : minuteText(atRiskAt)}\` |`,
          ),
        ]),
    '',
    sample.unprovedAccounts === 0
      ? `Coverage of ${sample.accounts} accounts was computed anew from their pages: all of it is proved.`
      : `**Coverage of ${sample.unprovedAccounts} of ${sample.accounts} accounts is not proved by their pages.** See docs/runbook.md, "BitmartSyncCoverageNotProved".`,
    ...sample.unproved.map(
      ({ accountId, stream, part, from, to }) => `- \`${accountId}\` ${stream} (${part}): ${from} to ${to}`,
    ),
    ...orphansNamed(sample.orphans ?? []),
  ].join('\n');
}

function orphansNamed(orphans: NonNullable<RetentionReport['sample']['orphans']>): readonly string[] {
  if (orphans.length === 0) return [];
  return [
    '',
    '**Rows of accounts that do not exist.** See docs/runbook.md, "Rows without an account".',
    ...orphans.map(({ table, accountId }) => `- \`${accountId}\` in \`${table}\``),
  ];
}

function named(what: string, count: number, accounts: readonly string[]): readonly string[] {
  if (count === 0) return [];
  const more = count > accounts.length ? ` and ${count - accounts.length} more` : '';
  return ['', `${what}: ${accounts.map((account) => `\`${account}\``).join(', ')}${more}`];
}
