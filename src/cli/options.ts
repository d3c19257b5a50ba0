import { InvalidArgumentError, Option } from 'commander';
import type { AccountFilter } from '../client/question.ts';
import { parseDuration } from '../duration.ts';
import { type AccountStatus, accountStatuses } from '../workflows/messages.ts';
import type { CliCommand } from './command.ts';

export interface AccountFilterFlags {
  readonly status?: readonly AccountStatus[];
  readonly atRisk?: number;
}

/** `--status` and `--at-risk`, for commands that select accounts. */
export function withAccountFilter(command: CliCommand): CliCommand {
  return command
    .addOption(new Option('--status <status...>', 'only accounts with one of these statuses').choices(accountStatuses))
    .addOption(
      new Option(
        '--at-risk <duration>',
        'only accounts that begin to lose history within this time, or were never read',
      ).argParser(duration),
    );
}

export function accountFilterOf({ status, atRisk }: AccountFilterFlags): AccountFilter {
  return {
    ...(status !== undefined && { status }),
    ...(atRisk !== undefined && { atRiskBefore: new Date(Date.now() + atRisk) }),
  };
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('It must be a duration like 12h or 7d.');
  return ms;
}

/** `--per-second`: how fast a command goes through many accounts or keys. */
export function perSecondOption(description: string, usual: number): Option {
  return new Option('--per-second <number>', description).default(usual).argParser((text) => {
    const value = Number(text);
    if (!(value > 0 && value <= 1_000)) throw new InvalidArgumentError('It must be a number above 0, at most 1000.');
    return value;
  });
}

export function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number of seconds above 0.');
  return value;
}
