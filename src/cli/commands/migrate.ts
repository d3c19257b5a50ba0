import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';

/** `migrate`: brings the database's schema up to this version. */
export function registerMigrateCommand(program: Command, run: RunCommand): void {
  program
    .command('migrate')
    .description('create or update the tables; safe to run again, and from two places at once')
    .addHelpText('after', examples([['after every upgrade, before the workers', 'bitmart-sync migrate']]))
    .action(run(migrateSchema));
}

async function migrateSchema(invocation: Invocation): Promise<ExitStatus> {
  const client = await invocation.client();
  const { schema, applied } = await client.migrate();
  await invocation.output.result({ schema, applied }, () =>
    applied.length === 0 ? `The schema ${schema} is up to date.` : `Migrated ${schema}: ${applied.join(', ')}.`,
  );
  return exitStatus.done;
}
