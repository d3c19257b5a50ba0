import { type Database, eraseRows, erasuresUnderWay, loadAccount, noteErased } from '../database/index.ts';
import type { WorkerAccountWorkflows } from './account-workflows.ts';
import type { DatabaseHealth } from './database-health.ts';
import type { Log } from './log.ts';

interface ErasureOptions {
  readonly database: Database;
  readonly workflows: Pick<WorkerAccountWorkflows, 'forget'>;
  readonly log: Pick<Log, 'info'>;
  readonly troubles: Pick<DatabaseHealth, 'warn'>;
}

/** Usually there is none: one short query. */
const intervalMs = 3_000;
const erasuresAtOnce = 20;
/** Limits the time for one large account, so that others are not held up. */
const turnMs = 60_000;
/** An unlink in progress informs the workflow within this time, and what Temporal learns from that is deleted too. */
const settledMs = 5_000;

/**
 * Continues every erasure until it is done: the rest of its rows, then what Temporal keeps. So an erasure that began while no
 * worker ran, or whose worker died, is completed.
 */
export function keepErasing(options: ErasureOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let turn: Promise<void> | null = null;
  const take = () => {
    turn ??= erase(options, stopping.signal)
      .catch((error: unknown) => options.troubles.warn(error, 'an erasure could not go on; tried again soon'))
      .finally(() => {
        turn = null;
      });
  };
  const timer = setInterval(take, intervalMs);
  take();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await turn;
    },
  };
}

async function erase({ database, workflows, log }: ErasureOptions, signal: AbortSignal): Promise<void> {
  for (const { accountId, rowsGoneAt, mergedIds } of await erasuresUnderWay(database, erasuresAtOnce)) {
    if (signal.aborted) return;
    if (rowsGoneAt === null) {
      await eraseRows(database, accountId, { untilMs: performance.now() + turnMs, signal });
      continue;
    }
    // Runs of an account that was linked again stay.
    const startedBefore = (await loadAccount(database, accountId))?.createdAt ?? null;
    let isForgotten = await workflows.forget(accountId, { rowsGoneAt, startedBefore });
    for (const merged of mergedIds)
      isForgotten = (await workflows.forget(merged, { rowsGoneAt, startedBefore: null })) && isForgotten;
    if (!isForgotten || Date.now() - rowsGoneAt.getTime() < settledMs) continue;
    await noteErased(database, accountId);
    log.info({ account: accountId }, 'account erased');
  }
}
