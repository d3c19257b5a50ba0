import type { Command } from 'commander';
import { type ExitStatus, exitStatus } from '../terminal/exit-status.ts';
import type { Invocation, RunCommand } from '../terminal/invocation.ts';
import { coverageText, listText, statusText } from '../terminal/render.ts';

/** `list`, `status`, `coverage`: what is known. They read Postgres alone. */
export function registerHistoryCommands(program: Command, run: RunCommand): void {
  program.command('list').description('the accounts of one owner').action(run(list));
  program
    .command('status')
    .description('how an account stands: problems, next sync, every stream')
    .argument('<id>', 'the account')
    .action(run(status));
  program
    .command('coverage')
    .description('what can be vouched for of every stream, and every gap with its reason')
    .argument('<id>', 'the account')
    .option('--evidence', 'name the pages that prove it')
    .action(run(coverage));
}

async function list(invocation: Invocation): Promise<ExitStatus> {
  const owner = await invocation.owner();
  const accounts = await owner.list();
  await invocation.output.result({ accounts }, (paint) => listText(accounts, paint));
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
