import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';
import { writeWholeFile } from '../whole-file.ts';

/** `report`: a page to look at, about one account or many. */
export function registerReportCommand(program: Command, run: RunCommand): void {
  program
    .command('report')
    .description('write one HTML page: what is stored of an account, what is missing, and the evidence')
    .argument('[id]', 'the account; without it all accounts of --owner, or without that everybody’s (for operators)')
    .requiredOption('--out <file>', 'the page; replaced when it exists')
    .addHelpText(
      'after',
      examples([
        ['one account, with everything', 'bitmart-sync --owner alice report ID --out alice.html'],
        ['all accounts of a user', 'bitmart-sync --owner alice report --out alice.html'],
        ['the whole fleet, the soonest loss first', 'bitmart-sync report --out fleet.html'],
      ]),
    )
    .action(run(report));
}

async function report(
  invocation: Invocation,
  accountId: string | undefined,
  { out }: { readonly out: string },
): Promise<ExitStatus> {
  const { output } = invocation;
  const progress = output.progress('Looking at accounts', 'accounts');
  const onProgress = (done: number, total: number) => progress.report({ done, total });
  const isOfOwner = accountId !== undefined || invocation.hasOwner;
  const asked = isOfOwner
    ? invocation.owner().then((owner) => owner.report(accountId ?? null, { onProgress }))
    : invocation.client().then((client) => client.reportEveryOwner({ onProgress }));
  const { html, asOf, accounts, detailed } = await asked.finally(() => progress.end());
  await writeWholeFile(out, (file) => file.writeFile(html));
  const document = { file: out, bytes: Buffer.byteLength(html), asOf, accounts, detailed };
  await output.result(document, () => `Written to ${out}: ${accounts} accounts, ${detailed} of them in detail.`);
  return exitStatus.done;
}
