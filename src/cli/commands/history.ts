import { printable } from '../../answers/printable.ts';
import { ClientError } from '../../client/client-error.ts';
import type { CliCommand, Invocation } from '../command.ts';
import { coverageText } from '../coverage-text.ts';
import { type AccountFilterFlags, accountFilterOf, withAccountFilter } from '../options.ts';
import { reconciliationText } from '../reconciliation-text.ts';
import { explanationText, listText, statusText } from '../render.ts';
import { table } from '../table.ts';

/** `list`, `status`, `coverage`, `explain`, `reconcile`, `events`: reads from Postgres; `explain` also asks Temporal. */
export function registerHistoryCommands(program: CliCommand): void {
  withAccountFilter(program.command('list').description('the accounts of one owner, or of all'))
    .option('--all-owners', 'for operators: the accounts of every owner, instead of --owner')
    .examples(
      ['the accounts of a user', 'bitmart-sync --owner alice list'],
      ['accounts of all users that begin to lose history this week', 'bitmart-sync list --all-owners --at-risk 7d'],
      ['accounts of all users that need a person', 'bitmart-sync list --all-owners --status needs-attention'],
    )
    .runs(list);
  program
    .command('status')
    .description('the state of an account: problems, next sync, every stream')
    .argument('<id>', 'the account')
    .examples(
      ['for people', 'bitmart-sync --owner alice status ID'],
      ['for programs', 'bitmart-sync --owner alice status ID --json | jq .historyAtRiskAt'],
    )
    .shows((owner, accountId: string) => owner.status(accountId), statusText);
  program
    .command('coverage')
    .description('what is covered of every stream, and every gap with its reason')
    .argument('<id>', 'the account')
    .option('--evidence', 'name the pages that prove it')
    .examples(
      ['every covered range and every gap', 'bitmart-sync --owner alice coverage ID'],
      ['with the answers of BitMart that prove it', 'bitmart-sync --owner alice coverage ID --evidence'],
    )
    .shows(
      (owner, accountId: string, { evidence }: { readonly evidence?: boolean }) =>
        owner.coverage(accountId, { evidence: evidence === true }),
      coverageText,
    );
  program
    .command('explain')
    .description('why an account is not complete, in sentences, with the command that fixes it')
    .argument('<id>', 'the account')
    .examples(
      ['what is wrong, the soonest loss first', 'bitmart-sync --owner alice explain ID'],
      ['the commands alone', "bitmart-sync --owner alice explain ID --json | jq -r '.findings[].command // empty'"],
    )
    .shows((owner, accountId: string) => owner.explain(accountId), explanationText);
  program
    .command('reconcile')
    .description('whether balances and stored records agree, coin by coin')
    .argument('<id>', 'the account')
    .examples(
      ['do balances and records agree?', 'bitmart-sync --owner alice reconcile ID'],
      [
        'only what is unexplained',
        `bitmart-sync --owner alice reconcile ID --json | jq '.assets[] | select(.verdict == "unexplained")'`,
      ],
    )
    .shows((owner, accountId: string) => owner.reconcile(accountId), reconciliationText);
  program
    .command('events')
    .description('what happened to the accounts of an owner: linked, backfilled, needs attention, at risk, …')
    .argument('[id]', 'only this account')
    .option('--after <cursor>', 'continue from `next` of the previous page')
    .option('--limit <number>', 'at most this many, 1 to 1000', Number)
    .examples(
      ['everything since the beginning', 'bitmart-sync --owner alice events'],
      ['for programs: store `next`, and continue from there', 'bitmart-sync --owner alice events --after NEXT --json'],
    )
    .runs(events);
}

interface ListFlags extends AccountFilterFlags {
  readonly allOwners?: boolean;
}

async function list(invocation: Invocation, { allOwners, ...flags }: ListFlags): Promise<void> {
  if (allOwners && invocation.hasOwner) {
    throw new ClientError('wrong-usage', '--owner ID and --all-owners exclude each other.', 'Pass one of the two.');
  }
  const filter = accountFilterOf(flags);
  const accounts = allOwners
    ? await (await invocation.client()).listEveryOwner(filter)
    : await (await invocation.owner()).list(filter);
  const isFiltered = Object.keys(filter).length > 0;
  const view = {
    withOwners: allOwners === true,
    whenEmpty: isFiltered ? 'No account matches.' : 'No account is linked yet. Link one with `link`.',
  };
  await invocation.output.result({ accounts }, (paint) => listText(accounts, view, paint));
}

async function events(
  invocation: Invocation,
  accountId: string | undefined,
  flags: { readonly after?: string; readonly limit?: number },
): Promise<void> {
  const owner = await invocation.owner();
  const page = await owner.events({ accountId, ...flags });
  await invocation.output.result(page, () =>
    page.events.length === 0
      ? 'Nothing has happened yet.'
      : table(
          [{ title: 'at' }, { title: 'account' }, { title: 'event' }, { title: 'details', isFlexible: true }],
          page.events.map((event) => [
            `${event.at.slice(0, 19)}Z`,
            event.accountId ?? '',
            event.kind,
            printable(
              Object.entries<unknown>({ ...event.details })
                .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
                .join(', '),
            ),
          ]),
        ),
  );
  if (page.more) invocation.output.note(`There are more; continue with: --after ${page.next}`);
}
