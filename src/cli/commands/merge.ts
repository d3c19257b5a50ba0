import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';
import { whileWaiting } from '../progress.ts';

/** `merge`: two accounts that turned out to be one. */
export function registerMergeCommand(program: Command, run: RunCommand): void {
  program
    .command('merge')
    .description('join two accounts that are the same BitMart account: no record is lost or there twice')
    .argument('<younger>', 'the duplicate, which is merged into the other account')
    .argument('<older>', 'the account that stays')
    .addHelpText(
      'after',
      examples([
        [
          'the problem same-account names both; the one that was linked first stays',
          'bitmart-sync --owner alice merge YOUNGER OLDER',
        ],
      ]),
    )
    .action(run(merge));
}

async function merge(invocation: Invocation, younger: string, older: string): Promise<ExitStatus> {
  const owner = await invocation.owner();
  const answer = await whileWaiting(invocation.output.progress('Joining the accounts'), owner.merge(younger, older));
  await invocation.output.result(answer, () => {
    const { moved, dropped, conflicts } = answer;
    const counts = `${moved} records moved, ${dropped} were in both${conflicts > 0 ? `, ${conflicts} contradict and are kept twice` : ''}`;
    return `Account ${younger} is part of ${older} now: ${counts}.`;
  });
  return exitStatus.done;
}
