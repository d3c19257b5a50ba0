import type { Command } from 'commander';
import { printable } from '../../answers/printable.ts';
import type { CheckResult } from '../diagnosis/check.ts';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';
import type { Paint } from '../output.ts';
import { whileWaiting } from '../progress.ts';

/** `doctor`: looks at everything that a sync needs, one line each. */
export function registerDoctorCommand(program: Command, run: RunCommand): void {
  program
    .command('doctor')
    .description('check configuration, database, Temporal, worker and exchange')
    .addHelpText(
      'after',
      examples([
        ['what is missing?', 'bitmart-sync doctor'],
        ['for a program: exit status 0 only if all is well', 'bitmart-sync doctor --json'],
      ]),
    )
    .action(run(doctor));
}

async function doctor({ env, output }: Invocation): Promise<ExitStatus> {
  const [{ diagnose }, { surroundingsOf }] = await Promise.all([
    import('../diagnosis/diagnosis.ts'),
    import('../surroundings.ts'),
  ]);
  const looking = diagnose(surroundingsOf(env));
  const checks = await whileWaiting(output.progress('Looking at everything that a sync needs'), looking);
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
