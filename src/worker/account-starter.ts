import { accountsToStart, type Database, eraseAccount, isStandIn, markStarted } from '../database/index.ts';
import type { WorkerAccountWorkflows } from './account-workflows.ts';
import type { DatabaseHealth } from './database-health.ts';
import type { Log } from './log.ts';

interface StarterOptions {
  readonly database: Database;
  readonly workflows: WorkerAccountWorkflows;
  readonly log: Log;
  readonly troubles: Pick<DatabaseHealth, 'warn'>;
}

/** Usually the caller starts the workflow; this is for keys that were stored while Temporal was unreachable. */
const intervalMs = 30_000;
/** Spreads the start of a fleet that comes back over minutes. */
const accountsAtOnce = 50;
/** A check that a caller waits for is over by then; anything left of it can be deleted. */
const standInAgeMs = 300_000;

/**
 * Starts, or wakes, the workflow of every account that waits for one: its key was stored while Temporal was unreachable, or
 * a key was handed over to it. Doing it twice changes nothing. `reconcile` finds accounts that lost their workflow later.
 */
export function keepAccountsStarted(options: StarterOptions): { stop(): void } {
  let isTaken = false;
  const take = async () => {
    if (isTaken) return;
    isTaken = true;
    try {
      await startAccounts(options);
    } catch (error) {
      options.troubles.warn(error, 'accounts that wait for their workflow could not be started; tried again soon');
    } finally {
      isTaken = false;
    }
  };
  const timer = setInterval(take, intervalMs);
  void take();
  return { stop: () => clearInterval(timer) };
}

async function startAccounts({ database, workflows, log }: StarterOptions): Promise<void> {
  for (const account of await accountsToStart(database, accountsAtOnce)) {
    const { accountId, ownerId } = account;
    if (isStandIn(ownerId)) {
      if (account.ageMs > standInAgeMs) await eraseAccount(database, accountId);
      continue;
    }
    await workflows.wake(account);
    await markStarted(database, account);
    log.info({ account: accountId }, 'workflow started');
  }
}
