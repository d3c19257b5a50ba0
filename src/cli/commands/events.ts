import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';
import { table } from '../table.ts';

/** `events`: what happened to an owner's accounts. */
export function registerEventsCommand(program: Command, run: RunCommand): void {
  program
    .command('events')
    .description('what happened to the accounts of an owner: linked, backfilled, needing attention, at risk, …')
    .argument('[id]', 'only this account')
    .option('--after <cursor>', 'go on from `next` of the page before')
    .option('--limit <number>', 'how many at the most, 1 to 1000', Number)
    .addHelpText(
      'after',
      examples([
        ['everything since the beginning', 'bitmart-sync --owner alice events'],
        ['for programs: keep `next`, and go on from there', 'bitmart-sync --owner alice events --after NEXT --json'],
      ]),
    )
    .action(run(events));
}

async function events(
  invocation: Invocation,
  accountId: string | undefined,
  flags: { readonly after?: string; readonly limit?: number },
): Promise<ExitStatus> {
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
            Object.entries<unknown>({ ...event.details })
              .map(([name, value]) => `${name}: ${value}`)
              .join(', '),
          ]),
        ),
  );
  if (page.more) invocation.output.note(`There are more; go on with: --after ${page.next}`);
  return exitStatus.done;
}
