import { CommanderError } from 'commander';
import { ClientError } from '../client/client-error.ts';

/** What the process ends with. Other programs branch on these numbers. */
export const exitStatus = {
  done: 0,
  failed: 1,
  /** Wrong usage or configuration. */
  wrongUsage: 2,
  /** The exchange refused the key. */
  keyRefused: 3,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

export function exitStatusOf(error: unknown): ExitStatus {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.wrongUsage;
  if (error instanceof ClientError && error.code.startsWith('wrong-')) return exitStatus.wrongUsage;
  return exitStatus.failed;
}
