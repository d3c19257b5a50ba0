import type { Command } from 'commander';
import { ClientError } from '../../client/client-error.ts';
import { type AccountFilterFlags, accountFilterOf, withAccountFilter } from '../account-filter.ts';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import { explanationText } from '../explanation-text.ts';
import type { Invocation, RunCommand } from '../invocation.ts';
import { coverageText, listText, statusText } from '../render.ts';

/** `list`, `status`, `coverage`, `explain`: what is known. They read Postgres; `explain` asks Temporal as well. */
export function registerHistoryCommands(program: Command, run: RunCommand): void {
  withAccountFilter(program.command('list').description('the accounts of one owner, or of all'))
    .option('--all-owners', 'for operators: the accounts of every owner, instead of --owner')
    .addHelpText(
      'after',
      examples([
        ['the accounts of a user', 'bitmart-sync --owner alice list'],
        ['of all users: what is about to be lost this week', 'bitmart-sync list --all-owners --at-risk 7d'],
        ['of all users: what needs a person', 'bitmart-sync list --all-owners --status needs-attention'],
      ]),
    )
    .action(run(list));
  program
    .command('status')
    .description('how an account stands: problems, next sync, every stream')
    .argument('<id>', 'the account')
    .addHelpText(
      'after',
      examples([
        ['for people', 'bitmart-sync --owner alice status ID'],
        ['for programs', 'bitmart-sync --owner alice status ID --json | jq .historyAtRiskAt'],
      ]),
    )
    .action(run(status));
  program
    .command('coverage')
    .description('what can be vouched for of every stream, and every gap with its reason')
    .argument('<id>', 'the account')
    .option('--evidence', 'name the pages that prove it')
    .addHelpText(
      'after',
      examples([
        ['every stretch and every gap', 'bitmart-sync --owner alice coverage ID'],
        ['with the answers of BitMart that prove it', 'bitmart-sync --owner alice coverage ID --evidence'],
      ]),
    )
    .action(run(coverage));
  program
    .command('explain')
    .description('why an account is not complete, in sentences, with the command that fixes it')
    .argument('<id>', 'the account')
    .addHelpText(
      'after',
      examples([
        ['what is wrong, the soonest loss first', 'bitmart-sync --owner alice explain ID'],
        ['the commands alone', "bitmart-sync --owner alice explain ID --json | jq -r '.findings[].command // empty'"],
      ]),
    )
    .action(run(explain));
}

interface ListFlags extends AccountFilterFlags {
  readonly allOwners?: boolean;
}

async function list(invocation: Invocation, { allOwners, ...flags }: ListFlags): Promise<ExitStatus> {
  if (allOwners && invocation.hasOwner) {
    throw new ClientError('wrong-usage', '--owner ID and --all-owners exclude each other.', 'Give one of the two.');
  }
  const filter = accountFilterOf(flags);
  const accounts = allOwners
    ? await (await invocation.client()).listEveryOwner(filter)
    : await (await invocation.owner()).list(filter);
  const isFiltered = Object.keys(filter).length > 0;
  const view = {
    withOwners: allOwners === true,
    whenEmpty: isFiltered ? 'No account is like that.' : 'No account is linked yet. Link one with `link`.',
  };
  await invocation.output.result({ accounts }, (paint) => listText(accounts, view, paint));
  return exitStatus.done;
}

async function status(invocation: Invocation, accountId: string): Promise<ExitStatus> {
  const owner = await invocation.owner();
  const document = await owner.status(accountId);
  await invocation.output.result(document, (paint) => statusText(document, paint));
  return exitStatus.done;
}

async function coverage(
  invocation: Invocation,
  accountId: string,
  flags: { readonly evidence?: boolean },
): Promise<ExitStatus> {
  const owner = await invocation.owner();
  const document = await owner.coverage(accountId, { evidence: flags.evidence === true });
  await invocation.output.result(document, (paint) => coverageText(document, paint));
  return exitStatus.done;
}

async function explain(invocation: Invocation, accountId: string): Promise<ExitStatus> {
  const owner = await invocation.owner();
  const document = await owner.explain(accountId);
  await invocation.output.result(document, (paint) => explanationText(document, paint));
  return exitStatus.done;
}
