import { printable } from '../../answers/printable.ts';
import { type CliCommand, type ExitStatus, exitStatus, type Invocation } from '../command.ts';
import type { CheckResult } from '../diagnosis/check.ts';
import type { Paint } from '../output.ts';
import { whileWaiting } from '../progress.ts';

/** `migrate` updates the tables to this version; `doctor` checks everything that a sync needs, one line each. */
export function registerInstallationCommands(program: CliCommand): void {
  program
    .command('migrate')
    .description('create or update the tables; safe to repeat, and to run from two places at once')
    .examples(['after every upgrade, before the workers', 'bitmart-sync migrate'])
    .runs(migrateSchema);
  program
    .command('doctor')
    .description('check configuration, database, Temporal, worker and exchange')
    .examples(
      ['what is missing?', 'bitmart-sync doctor'],
      ['for a program: exit status 0 only if all is well', 'bitmart-sync doctor --json'],
    )
    .runs(doctor);
}

async function migrateSchema(invocation: Invocation): Promise<void> {
  const client = await invocation.client();
  const { schema, applied } = await client.migrate();
  await invocation.output.result({ schema, applied }, () =>
    applied.length === 0 ? `The schema ${schema} is up to date.` : `Migrated ${schema}: ${applied.join(', ')}.`,
  );
}

async function doctor({ env, output }: Invocation): Promise<ExitStatus> {
  const [{ diagnose }, { surroundingsOf }] = await Promise.all([
    import('../diagnosis/diagnosis.ts'),
    import('../surroundings.ts'),
  ]);
  const looking = diagnose(surroundingsOf(env));
  const checks = await whileWaiting(output.progress('Checking everything that a sync needs'), looking);
  const ok = checks.every((check) => check.ok);
  await output.result({ ok, checks }, (paint) => checks.map((check) => checkLine(check, paint)).join('\n'));
  return ok ? exitStatus.done : exitStatus.failed;
}

function checkLine(check: CheckResult, paint: Paint): string {
  const line = `${tick(check, paint)} ${paint('bold', check.name)}: ${printable(check.message)}`;
  return check.remedy === undefined ? line : `${line}\n  → ${check.remedy}`;
}

function tick({ ok, skipped }: CheckResult, paint: Paint): string {
  if (ok) return paint('green', '✓');
  return skipped ? paint('dim', '–') : paint('red', '✗');
}
