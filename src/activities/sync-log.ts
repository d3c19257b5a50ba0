import { totalOf } from '../history/page-counts.ts';
import type { StreamResult } from '../history/read-account.ts';
import type { SyncRequest, SyncResult } from './contract.ts';
import type { EventLog } from './dependencies.ts';

/** A whole sync is one line; its fields have the same names in every line: account, stream, page, trace. */
export function logSync(
  log: EventLog,
  request: SyncRequest,
  results: readonly StreamResult[],
  settled: SyncResult,
  tookMs: number,
): void {
  const { pages, served, inserted, changed, quarantined } = totalOf(results);
  const blocked = results.find((result) => result.blocked !== null);
  const fields = {
    account: request.accountId,
    stream: request.streams.join(','),
    pages,
    rows: served,
    inserted,
    changed,
    quarantined,
    done: settled.done,
    through: settled.completeThrough,
    nextSyncAt: settled.nextSyncAt,
    tookMs: Math.round(tookMs),
  };
  if (blocked?.blocked) {
    const { message, problem, trace } = blocked.blocked;
    const next = problem === null ? 'nothing: it is a gap with its reason' : `docs/runbook.md#${problem}`;
    log.warn({ ...fields, trace, reason: `${blocked.stream}: ${message}`, next }, 'synced, but not everything');
  } else {
    log.info(fields, 'synced');
  }
}
