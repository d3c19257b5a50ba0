import type { ReconcileReport, RetentionReport } from '../activities/contract.ts';

/** What an operator reads on the page of a run, as Markdown. */
export function reconcileDetails(report: ReconcileReport): string {
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

export function retentionDetails(report: RetentionReport): string {
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
              `| \`${accountId}\` | \`${status}\` | \`${minute(atRiskAt)}\` | \`${problems.join(', ') || '–'}\` |`,
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
              `| \`${accountId}\` | \`${minute(pausedSince)}\` | \`${atRiskAt === null ? '–' : minute(atRiskAt)}\` |`,
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

function minute(instant: string): string {
  return instant.slice(0, 16).replace('T', ' ');
}

function named(what: string, count: number, accounts: readonly string[]): readonly string[] {
  if (count === 0) return [];
  const more = count > accounts.length ? ` and ${count - accounts.length} more` : '';
  return ['', `${what}: ${accounts.map((account) => `\`${account}\``).join(', ')}${more}`];
}
