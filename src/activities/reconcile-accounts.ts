import { Context } from '@temporalio/activity';
import {
  expirePace,
  expireReceipts,
  fleetAccountsAfter,
  isStandIn,
  loadAccount,
  reopenAccounts,
  saveFleetReport,
} from '../database/index.ts';
import { hasPlatformEnded } from '../history/timetable.ts';
import type { AccountToStart } from '../workflows/account-start.ts';
import type { Activities, ReconcileReport } from './contract.ts';
import type { Dependencies } from './dependencies.ts';

/** A few hundred kilobytes of ids, whatever the size of the fleet. */
const accountsPerPage = 2_000;
/** Starting workflows must not slow down those that run. */
const changesPerSecond = 20;
/** If more workflows than this have no account, the database is probably the wrong one. */
const maxEnded = { count: 10, share: 0.1 };
/** Keeps the report under the kilobyte that an activity's result should have. */
const maxNames = 10;

/** Starts missing workflows of the accounts in Postgres, and ends workflows without an account. Idempotent. */
export function createReconcileAccounts(dependencies: Dependencies): Activities['reconcileAccounts'] {
  return async () => {
    const { database, workflows } = dependencies;
    const startedMs = Date.now();
    await reopen(dependencies);
    const running = new Set<string>();
    for await (const accountId of workflows.running()) {
      running.add(accountId);
      if (running.size % 1_000 === 0) beat({ running: running.size });
    }
    const { accounts, shouldRun, missing, orphans } = await compare(dependencies, running);
    const started = await startAll(dependencies, missing);
    const tooMany = orphans.length > Math.max(maxEnded.count, running.size * maxEnded.share);
    const ended = tooMany ? [] : await endAll(dependencies, orphans);
    const report: ReconcileReport = {
      accounts,
      shouldRun,
      running: running.size,
      started: started.length,
      startedAccounts: started.slice(0, maxNames),
      ended: ended.length,
      endedAccounts: ended.slice(0, maxNames),
      leftAlone: tooMany ? orphans.length : 0,
      tookSeconds: Math.round((Date.now() - startedMs) / 100) / 10,
    };
    await expirePace(database);
    await expireReceipts(database);
    await saveFleetReport(database, 'reconcile', report);
    return report;
  };
}

/** An end that a record has disproved, or that is announced anew, has closed no account. */
async function reopen({ database, exchange, settings, log }: Dependencies): Promise<void> {
  if (hasPlatformEnded(settings.timetable, exchange.clockMs())) return;
  const accounts = await reopenAccounts(database);
  if (accounts > 0) log.warn({ accounts }, 'closed accounts are read again, because the platform has not ended');
}

interface Comparison {
  readonly accounts: number;
  readonly shouldRun: number;
  readonly missing: readonly AccountToStart[];
  /** Ids whose workflow runs without an account that needs it. */
  readonly orphans: readonly string[];
}

async function compare({ database }: Dependencies, running: ReadonlySet<string>): Promise<Comparison> {
  const orphans = new Set(running);
  const missing: AccountToStart[] = [];
  let accounts = 0;
  let shouldRun = 0;
  for (let after = ''; ; ) {
    const page = await fleetAccountsAfter(database, after, accountsPerPage);
    for (const account of page) {
      const { accountId, status, settled } = account;
      const isOver = status === 'unlinked' || status === 'closed';
      if (!isOver || !settled) orphans.delete(accountId);
      if (isOver || isStandIn(account.ownerId)) continue;
      shouldRun++;
      if (settled && !running.has(accountId)) missing.push(account);
    }
    accounts += page.length;
    beat({ running: running.size, accounts });
    const last = page.at(-1);
    if (last === undefined) return { accounts, shouldRun, missing, orphans: [...orphans].sort() };
    after = last.accountId;
  }
}

async function startAll({ workflows }: Dependencies, missing: readonly AccountToStart[]): Promise<readonly string[]> {
  const started: string[] = [];
  for (const account of missing) {
    await turn();
    // Temporal's list of running workflows lags a little: one that runs after all is left alone.
    if (await workflows.start(account)) started.push(account.accountId);
    beat({ started: started.length, of: missing.length });
  }
  return started;
}

async function endAll({ database, workflows }: Dependencies, orphans: readonly string[]): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const accountId of orphans) {
    await turn();
    const account = await loadAccount(database, accountId);
    const why = account === null ? 'There is no such account.' : `The account is ${account.status}.`;
    if (account !== null && account.status !== 'unlinked' && account.status !== 'closed') continue;
    if (await workflows.end(accountId, why)) ended.push(accountId);
    beat({ ended: ended.length, of: orphans.length });
  }
  return ended;
}

/** Spaces out starts, because thousands at once would overload Temporal, Postgres and the exchange. */
function turn(): Promise<void> {
  return Context.current().sleep(1_000 / changesPerSecond);
}

function beat(progress: Readonly<Record<string, number>>): void {
  Context.current().heartbeat(progress);
}
