import { setTimeout as sleep } from 'node:timers/promises';
import { syncNowSignal, workflowIdOf } from '../../src/workflows/messages.ts';
import { notRefused } from '../../test/support/not-refused.ts';
import { cpuMs } from '../machine.ts';
import { atMost, median, type PartReport } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';

const runs = 5;
const syncsPerRun = 10;

/** What an account costs in which nothing happens: the worker's time, Postgres, and what Temporal keeps. */
export async function measureIdle(surroundings: Surroundings): Promise<PartReport> {
  const database = await surroundings.database(1);
  const exchange = await surroundings.sandbox('none');
  const env = { BITMART_LIMITS: 'none', SYNC_INTERVAL: '6h', REREAD_WINDOW: '1h' };
  const system = await surroundings.system({ databaseUrl: database.url, exchange, env });
  const worker = await system.startWorker();
  const account = await exchange.addAccount('idle');
  const spread = { days: 80, endMs: Date.now() - 2 * 86_400_000 };
  await exchange.generate('idle', { spotTrades: 200, futuresTrades: 100, withdrawals: 5, deposits: 5, ...spread });
  const owner = system.client.forOwner('idle');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);

  // The client would query Postgres while it waits, so the workflow is signalled and watched without it.
  const handle = system.temporal.workflow.getHandle(workflowIdOf(accountId));
  const look = async () => {
    const { historyLength, historySize, runId, raw } = await handle.describe();
    const busy = (raw.pendingActivities?.length ?? 0) > 0 || raw.pendingWorkflowTask != null;
    return { events: historyLength, bytes: historySize ?? 0, runId, busy };
  };
  const sync = async () => {
    const before = await look();
    await handle.signal(syncNowSignal);
    for (;;) {
      await sleep(20);
      const now = await look();
      if (!now.busy && (now.runId !== before.runId || now.events > before.events + 6)) return { before, now };
    }
  };
  const footprint = async (): Promise<Footprint> => {
    const { rows } = await database.pool.query<Record<string, string>>(
      `select coalesce(sum(calls) filter (where not ends), 0)::text as statements,
              coalesce(sum(calls) filter (where query ilike 'begin%'), 0)::text as transactions,
              coalesce(sum(wal_bytes), 0)::text as wal, (select count(*) from page)::text as pages
       from (select *, query ~* '^(begin|commit|rollback)' as ends from pg_stat_statements) as each_statement
       where dbid = (select oid from pg_database where datname = current_database())
         and query not like '%pg_stat_statements%'`,
    );
    const { requests } = await exchange.counts();
    const counts = rows[0] ?? {};
    return {
      statements: Number(counts.statements),
      transactions: Number(counts.transactions),
      walBytes: Number(counts.wal),
      pages: Number(counts.pages),
      cpuMs: cpuMs(worker.processId),
      requests,
    };
  };

  for (let i = 0; i < syncsPerRun; i++) await sync();
  const costs: Footprint[] = [];
  const events: number[] = [];
  const bytes: number[] = [];
  for (let run = 0; run < runs; run++) {
    const before = await footprint();
    for (let i = 0; i < syncsPerRun; i++) {
      const { before: earlier, now } = await sync();
      // A run that continued as new can't be compared.
      if (earlier.runId !== now.runId) continue;
      events.push(now.events - earlier.events);
      bytes.push(now.bytes - earlier.bytes);
    }
    const after = await footprint();
    costs.push({
      statements: (after.statements - before.statements) / syncsPerRun,
      transactions: (after.transactions - before.transactions) / syncsPerRun,
      walBytes: (after.walBytes - before.walBytes) / syncsPerRun,
      pages: (after.pages - before.pages) / syncsPerRun,
      cpuMs: (after.cpuMs - before.cpuMs) / syncsPerRun,
      requests: (after.requests - before.requests) / syncsPerRun,
    });
  }
  const each = (pick: (cost: Footprint) => number) => costs.map(pick);
  return {
    part: 'idle',
    setting: `One account of five streams (seven parts, each asked once) in which nothing happens, synced ${syncsPerRun} times a run by signal; the real worker. Statements without begin and commit.`,
    figures: [
      { name: 'processor time of the worker', unit: 'ms/sync', values: each((cost) => cost.cpuMs) },
      { name: 'requests', unit: '/sync', values: each((cost) => cost.requests) },
      { name: 'SQL statements', unit: '/sync', values: each((cost) => cost.statements) },
      { name: 'transactions of several statements', unit: '/sync', values: each((cost) => cost.transactions) },
      { name: 'WAL', unit: 'bytes/sync', values: each((cost) => cost.walBytes) },
      { name: 'page rows', unit: '/sync', values: each((cost) => cost.pages) },
      { name: 'history events', unit: '/sync', values: events },
      { name: 'history bytes', unit: '/sync', values: bytes },
    ],
    targets: [
      atMost('at most 12 history events', Math.max(...events), 12),
      atMost('no new page rows', Math.max(...each((cost) => cost.pages)), 0),
      atMost(
        'one short transaction per request at most',
        median(each((cost) => cost.transactions / cost.requests)),
        1,
        'per request',
      ),
    ],
  };
}

interface Footprint {
  readonly statements: number;
  readonly transactions: number;
  readonly walBytes: number;
  readonly pages: number;
  readonly cpuMs: number;
  readonly requests: number;
}
