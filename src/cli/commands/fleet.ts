import { printable } from '../../answers/printable.ts';
import { ClientError } from '../../client/client-error.ts';
import type { FleetAction, FleetResult } from '../../client/fleet.ts';
import { type CliCommand, type ExitStatus, exitStatus, type Invocation } from '../command.ts';
import { type AccountFilterFlags, accountFilterOf, perSecondOption, withAccountFilter } from '../options.ts';
import type { Paint } from '../output.ts';
import { table } from '../table.ts';

/** `fleet`: for operators; commands to many accounts of all owners. */
export function registerFleetCommand(program: CliCommand): void {
  const fleet = program
    .command('fleet')
    .description('for operators: send a command to many accounts, and see what the Schedules found')
    .examples(
      [
        'which accounts would have their key checked again',
        'bitmart-sync fleet wake --status needs-attention --dry-run',
      ],
      ['sync the accounts that begin to lose history this week', 'bitmart-sync fleet wake --at-risk 7d'],
      ['pause every account, 50 a second', 'bitmart-sync fleet pause --all --per-second 50'],
      ['what the Schedules found last', 'bitmart-sync fleet report'],
    );
  for (const action of ['wake', 'pause', 'resume'] as const) {
    withAccountFilter(fleet.command(action).description(descriptions[action]))
      .option('--all', 'every account; needed when no filter is given')
      .option('--dry-run', 'only list the accounts')
      .addOption(perSecondOption('how many accounts a second', 20))
      .runs((invocation, flags: FleetFlags) => steer(invocation, action, flags));
  }
  fleet.command('report').description('what the Schedules `reconcile` and `retention-audit` found last').runs(report);
}

const descriptions: Readonly<Record<FleetAction, string>> = {
  wake: 'sync accounts now; those that need attention have their key checked again',
  pause: 'stop reading accounts until they are resumed',
  resume: 'resume reading paused accounts',
};

interface FleetFlags extends AccountFilterFlags {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly perSecond: number;
}

async function steer(invocation: Invocation, action: FleetAction, flags: FleetFlags): Promise<ExitStatus> {
  const isFiltered = flags.status !== undefined || flags.atRisk !== undefined || invocation.hasOwner;
  if (isFiltered === (flags.all === true)) {
    throw new ClientError(
      'wrong-usage',
      isFiltered ? '--all and a filter exclude each other.' : 'No accounts are selected.',
      'Pass --status, --at-risk or --owner, or else --all.',
    );
  }
  const progress = invocation.output.progress(titles[action], 'accounts');
  const client = await invocation.client();
  const result = await client
    .steerFleet(action, {
      filter: flags.status === undefined && flags.atRisk === undefined ? 'all' : accountFilterOf(flags),
      ...(invocation.hasOwner && { ownerId: invocation.ownerId() }),
      perSecond: flags.perSecond,
      dryRun: flags.dryRun,
      onProgress: (reached) => progress.report(reached),
    })
    .finally(() => progress.end());
  await invocation.output.result(result, (paint) => resultText(result, paint));
  return result.failed.length === 0 ? exitStatus.done : exitStatus.failed;
}

const titles: Readonly<Record<FleetAction, string>> = { wake: 'Waking', pause: 'Pausing', resume: 'Resuming' };
const done: Readonly<Record<FleetAction, string>> = { wake: 'woken', pause: 'paused', resume: 'resumed' };

function resultText({ action, dryRun, matched, done: count, accounts, failed }: FleetResult, paint: Paint): string {
  if (matched === 0) return 'No account matches.';
  if (dryRun) {
    const rows = accounts.map(({ accountId, ownerId, status }) => [accountId, printable(ownerId), status]);
    const more = matched > accounts.length ? `\n… and ${matched - accounts.length} more` : '';
    return `Accounts that would be ${done[action]} (${matched}):\n${table([{ title: 'account' }, { title: 'owner', isFlexible: true }, { title: 'status' }], rows)}${more}`;
  }
  const lines = failed.slice(0, 10).map(({ accountId, message }) => `  ${accountId}: ${printable(message)}`);
  const failures =
    failed.length === 0 ? [] : [paint('red', `${failed.length} failed; run it again for those:`), ...lines];
  return [`${count} of ${matched} accounts ${done[action]}.`, ...failures].join('\n');
}

async function report(invocation: Invocation): Promise<void> {
  const reports = await (await invocation.client()).fleetReports();
  await invocation.output.result({ reports }, (paint) =>
    reports.length === 0
      ? 'No Schedule has run yet.'
      : reports
          .map(
            ({ kind, finishedAt, report: reported }) =>
              `${paint('bold', kind)}  ${finishedAt}\n${JSON.stringify(reported, null, 2)}`,
          )
          .join('\n'),
  );
}
