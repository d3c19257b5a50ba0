import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';
import { reconciliationText } from '../reconciliation-text.ts';

export function registerReconcileCommand(program: Command, run: RunCommand): void {
  program
    .command('reconcile')
    .description('whether balances and stored records agree, coin by coin')
    .argument('<id>', 'the account')
    .addHelpText(
      'after',
      examples([
        ['do the books balance?', 'bitmart-sync --owner alice reconcile ID'],
        [
          'only what nothing explains',
          `bitmart-sync --owner alice reconcile ID --json | jq '.assets[] | select(.verdict == "unexplained")'`,
        ],
      ]),
    )
    .action(run(reconcile));
}

async function reconcile(invocation: Invocation, accountId: string): Promise<ExitStatus> {
  const owner = await invocation.owner();
  const document = await owner.reconcile(accountId);
  await invocation.output.result(document, (paint) => reconciliationText(document, paint));
  return exitStatus.done;
}
