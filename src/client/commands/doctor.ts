import type { Command } from 'commander';
import type { CheckResult } from '../diagnosis.ts';
import { examples } from '../terminal/examples.ts';
import { type ExitStatus, exitStatus } from '../terminal/exit-status.ts';
import type { Invocation, RunCommand } from '../terminal/invocation.ts';
import type { Paint } from '../terminal/output.ts';

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
    import('../diagnosis.ts'),
    import('../terminal/client-options.ts'),
  ]);
  const checks = await diagnose(surroundingsOf(env));
  const ok = checks.every((check) => check.ok);
  await output.result({ ok, checks }, (paint) => checks.map((check) => checkLine(check, paint)).join('\n'));
  return ok ? exitStatus.done : exitStatus.failed;
}

function checkLine(check: CheckResult, paint: Paint): string {
  const line = `${check.ok ? paint('green', '✓') : paint('red', '✗')} ${paint('bold', check.name)}: ${check.message}`;
  return check.remedy === undefined ? line : `${line}\n  → ${check.remedy}`;
}
