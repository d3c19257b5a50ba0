import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import { repository } from '../compose/compose-file.ts';
import { runSchedule } from '../fleet/schedules.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem, type WorkerProcess } from '../support/system.ts';
import { expressions, metricsIn } from './expressions.ts';
import { type Sample, scrape, scrapeUntil, total } from './scrape.ts';

let system: System;
let worker: WorkerProcess;
let metrics: string;
let health: string;

beforeAll(async () => {
  metrics = `127.0.0.1:${await freePort()}`;
  health = `127.0.0.1:${await freePort()}`;
  system = await startSystem({
    switches: refusedBeyondReach,
    workerEnv: { METRICS_ADDRESS: metrics, HEALTH_ADDRESS: health },
  });
  worker = await system.startWorker();
});
afterAll(() => system.close());

test('one address serves our metrics and Temporal’s: pages, requests and the process', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'measured' });
  exchange.generate('measured', { spotTrades: 100, futuresTrades: 50, withdrawals: 10, deposits: 10, days: 60 });
  const fault = exchange.inject({
    fault: 'server-error',
    endpoint: '/spot/v4/query/trades',
    afterRequests: 1,
    times: 1,
  });
  const owner = system.client.forOwner('measured');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  exchange.clearFaults(fault);

  const samples = await scrapeUntil(metrics, (now) => (total(now, 'bitmart_sync_pool_connections') ?? 0) > 0);
  const { rows } = await system.database.query<{ stream: string; rows: number }>(
    // What needs more than reading was refused, and counts no pages.
    `select stream, sum(row_count)::int as rows from coverage where stream not in ('transfers', 'sub-account-transfers') group by stream`,
  );
  for (const { stream, rows: stored } of rows) {
    expect(total(samples, 'bitmart_sync_rows_total', { stream, outcome: 'inserted' }), stream).toBe(stored);
    expect(total(samples, 'bitmart_sync_pages_total', { stream, verdict: 'proves' }), stream).toBeGreaterThan(0);
    expect(total(samples, 'bitmart_sync_commit_seconds_count', { stream }), stream).toBe(
      total(samples, 'bitmart_sync_pages_total', { stream }),
    );
  }
  expect(total(samples, 'bitmart_sync_answers_total', { outcome: 'transient' })).toBe(1);
  expect(total(samples, 'bitmart_sync_answers_total')).toBe(total(samples, 'bitmart_sync_request_seconds_count'));
  expect(total(samples, 'bitmart_sync_clock_offset_seconds')).toBeLessThan(5);
  expect(total(samples, 'bitmart_sync_pool_size')).toBe(20);
  expect(total(samples, 'temporal_worker_task_slots_available')).toBeGreaterThan(0);
  // A page of metrics that grows with the accounts would be the end of Prometheus.
  expect(JSON.stringify(samples)).not.toContain(accountId);
});

test('a whole sync is one line of the log, with fields of fixed names and nothing secret', async () => {
  const lines = () =>
    worker
      .output()
      .split('\n')
      .filter((line) => line.includes('"msg":"synced"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const owner = system.client.forOwner('measured');
  const accountId = (await owner.list())[0]?.accountId as string;
  const before = lines().length;
  await owner.sync(accountId);
  await expect.poll(() => lines().length).toBe(before + 1);
  expect(lines().at(-1)).toMatchObject({
    level: 30,
    account: accountId,
    stream: expect.stringContaining('spot-trades'),
    pages: expect.any(Number),
    inserted: 0,
    done: true,
    through: expect.stringMatching(/^\d{4}-/),
  });
  expect(worker.output()).not.toMatch(/apiSecret|memo|sealed/);
});

test('the fleet’s figures are read from Postgres, and a vanished value is shown as 0', async () => {
  await system.database.query(`
    insert into account (account_id, owner_id, status, status_since, linked_at, history_at_risk_at, next_sync_at, started)
    values ('soon', 'o', 'needs-attention', now(), now(), now() + interval '2 days', null, true),
           ('lost', 'o', 'paused', now(), now(), now() - interval '2 days', null, true),
           ('reads', 'o', 'backfilling', now(), now(), now() + interval '1 hour', null, true),
           ('stuck', 'o', 'backfilling', now() - interval '2 days', now(), now() + interval '5 days', null, true),
           ('forgotten', 'o', 'paused', now() - interval '2 days', now(), null, null, true),
           ('late', 'o', 'live', now(), now(), now() + interval '60 days', now() - interval '3 hours', true)`);
  await system.database.query(`
    insert into account_problem (account_id, stream, code, message, remedy) values ('soon', '', 'wrong-key', '', '')`);
  await system.database.query(`
    insert into gap (account_id, stream, part, from_at, to_at, reason)
    values ('lost', 'deposits', 'all', now() - interval '2 days', now(), 'expired-unread')`);
  await system.database.query(`
    insert into api_key (account_id, key_id, fingerprint, sealed, state, expires_at)
    values ('late', 'k', 'f', '', 'active', now() + interval '2 days')`);
  await system.database.query(`update account set balance_verdict = 'unexplained' where account_id = 'late'`);
  const second = `127.0.0.1:${await freePort()}`;
  const other = await system.startWorker({ METRICS_ADDRESS: second, HEALTH_ADDRESS: '' });
  const samples = await scrapeUntil(second, (now) => total(now, 'bitmart_sync_fleet_read_timestamp_seconds') !== null);
  const shown = (name: string, labels = {}) => total(samples, `bitmart_sync_${name}`, labels);
  expect(shown('accounts', { status: 'needs-attention' })).toBe(1);
  expect(shown('accounts', { status: 'backfilling' })).toBe(2);
  expect(shown('accounts', { status: 'closed' })).toBe(0);
  expect(shown('seconds_to_next_loss')).toBe(0);
  const within = Object.fromEntries(
    ['lost', '1d', '3d', '7d', '14d'].map((span) => [span, shown('accounts_at_risk', { within: span })]),
  );
  expect(within).toEqual({ lost: 1, '1d': 1, '3d': 2, '7d': 3, '14d': 3 });
  expect(shown('sync_overdue_seconds')).toBeGreaterThanOrEqual(3 * 3_600);
  expect(shown('accounts_paused_for_long')).toBe(1);
  expect(shown('accounts_by_balances', { verdict: 'unexplained' })).toBe(1);
  expect(shown('gaps', { reason: 'expired-unread' })).toBe(1);
  expect(shown('accounts_with_problem', { code: 'wrong-key' })).toBe(1);
  expect([shown('keys_expiring', { within: 'expired' }), shown('keys_expiring', { within: '3d' })]).toEqual([0, 1]);
  expect(shown('cooldown_seconds')).toBe(0);
  await other.stop();
});

test('health names in a sentence what can’t be used, and the process stays alive', async () => {
  const ask = async (path: string) => {
    const answer = await fetch(`http://${health}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  expect(await ask('/healthz')).toEqual({ status: 200, text: 'alive\n' });
  expect(await ask('/readyz')).toEqual({
    status: 200,
    text: 'worker: ready\ndatabase and schema: ready\ntemporal: ready\n',
  });
  const rename = (from: string, to: string) =>
    system.database.query('update kysely_migration set name = $2 where name = $1', [from, to]);
  await rename('0004-pace', '9999-away');
  const behind = await ask('/readyz');
  expect(behind.status).toBe(503);
  expect(behind.text).toMatch(
    /^worker: ready\ndatabase and schema: .*0004-pace missing.*bitmart-sync migrate.*\ntemporal: ready\n$/,
  );
  expect(await ask('/healthz')).toMatchObject({ status: 200 });
  await rename('9999-away', '0004-pace');
  expect((await ask('/')).status).toBe(404);
  expect((await scrape(metrics)).length).toBeGreaterThan(100);
});

test('every metric that an alert or the dashboard names is in the scrape of a worker', async () => {
  const { exchange } = system.sandbox;
  const owner = system.client.forOwner('failing');
  const { accountId } = await notRefused(owner.link(exchange.addAccount({ name: 'failing' })));
  await owner.waitForLive(accountId);
  // An activity that fails, and a workflow task that does.
  await system.database.query("update api_key set sealed = 'bitmart-sync-box:spoilt' where account_id = $1", [
    accountId,
  ]);
  await owner.sync(accountId, { wait: false });
  const { workflow } = await system.temporal();
  const unknown = await workflow.start('noSuchWorkflow', {
    workflowId: `no-such-workflow/${system.env.TASK_QUEUE}`,
    taskQueue: system.env.TASK_QUEUE as string,
  });
  await runSchedule(system, 'reconcile');
  await runSchedule(system, 'retention-audit');
  const failed = (now: readonly Sample[]) =>
    total(now, 'temporal_activity_execution_failed') !== null &&
    total(now, 'temporal_workflow_task_execution_failed') !== null;
  const busy = await scrapeUntil(metrics, failed);
  await unknown.terminate('seen');
  // The fleet's figures of now are those of a worker that has just started; this one keeps BitMart's limits.
  await worker.stop();
  const second = `127.0.0.1:${await freePort()}`;
  await system.startWorker({ METRICS_ADDRESS: second, HEALTH_ADDRESS: '', BITMART_LIMITS: 'published' });
  const measured = (await system.client.forOwner('measured').list())[0]?.accountId as string;
  await system.client.forOwner('measured').sync(measured);
  const fresh = await scrapeUntil(second, (now) => total(now, 'bitmart_sync_report_timestamp_seconds') !== null);
  const there = new Set([...busy, ...fresh].map(({ name }) => name));
  const named = new Set(expressions().flatMap(({ expr }) => metricsIn(expr)));
  expect([...named].filter((name) => !there.has(name))).toEqual([]);
  expect(named.size).toBeGreaterThan(30);

  const documented = readFileSync(join(repository, 'docs/runbook.md'), 'utf8');
  const ours = [...there]
    .filter((name) => name.startsWith('bitmart_sync_'))
    .map((name) => name.replace(/_(bucket|sum|count)$/, ''));
  const undocumented = [...new Set(ours)].filter((name) => !documented.includes(name.replace('bitmart_sync_pool', '')));
  expect(undocumented, 'not in docs/runbook.md').toEqual([]);
});
