import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AccountFilter } from '../client/account-filter.ts';
import { parseDuration } from '../duration.ts';
import { type AccountStatus, accountStatuses } from '../workflows/messages.ts';

export interface AccountFilterFlags {
  readonly status?: readonly AccountStatus[];
  readonly atRisk?: number;
}

/** `--status` and `--at-risk`, for every command that is about some of the accounts. */
export function withAccountFilter(command: Command): Command {
  return command
    .addOption(new Option('--status <status...>', 'only accounts with one of these').choices(accountStatuses))
    .addOption(
      new Option('--at-risk <duration>', 'only accounts of which history begins to be lost within that').argParser(
        duration,
      ),
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
