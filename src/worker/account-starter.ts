import { accountsToStart, type Database, isStandIn, markStarted, unlinkAccount } from '../database/index.ts';
import { type LinkedAccountInput, syncNowSignal, workflowIdOf, workflowType } from '../workflows/messages.ts';
import type { Log } from './log.ts';
import type { TemporalConnection } from './temporal-connection.ts';

export interface StarterOptions {
  readonly database: Database;
  readonly temporal: TemporalConnection;
  readonly taskQueue: string;
  readonly log: Log;
}

const intervalMs = 30_000;
const accountsPerTurn = 50;
/** A check that somebody waits for is over by then; what is left of it is only in the way. */
const standInAgeMs = 300_000;

/**
 * Starts, or wakes, the workflow of every account that nobody looks after: its key was stored while Temporal was away, or
 * a key was handed over to it. Doing it twice changes nothing.
 */
export function keepAccountsStarted(options: StarterOptions): { stop(): void } {
  let turn = Promise.resolve();
  const take = () => {
    turn = turn
      .then(() => startAccounts(options))
      .catch((error: unknown) => {
        options.log.warn(
          { err: error },
          'accounts that wait for their workflow could not be started; tried again soon',
        );
      });
  };
  const timer = setInterval(take, intervalMs);
  take();
  return { stop: () => clearInterval(timer) };
}

async function startAccounts({ database, temporal, taskQueue, log }: StarterOptions): Promise<void> {
  for (const account of await accountsToStart(database, accountsPerTurn)) {
    const { accountId, ownerId } = account;
    if (isStandIn(ownerId)) {
      if (account.ageMs > standInAgeMs) await unlinkAccount(database, accountId, { erase: true });
      continue;
    }
    const input: LinkedAccountInput = { accountId };
    await temporal.client.workflow.signalWithStart(workflowType, {
      workflowId: workflowIdOf(accountId),
      taskQueue,
      args: [input],
      signal: syncNowSignal,
      staticSummary: `BitMart · ${accountId}`,
    });
    await markStarted(database, accountId);
    log.info({ accountId }, 'workflow started');
  }
}
