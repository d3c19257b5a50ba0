import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import { type System, startSystem } from '../support/system.ts';
import { scrape, scrapeUntil, total } from './scrape.ts';

let system: System;
let metrics: string;
let health: string;

beforeAll(async () => {
  metrics = `127.0.0.1:${await freePort()}`;
  health = `127.0.0.1:${await freePort()}`;
  system = await startSystem({ workerEnv: { METRICS_ADDRESS: metrics, HEALTH_ADDRESS: health } });
  await system.startWorker();
});
afterAll(() => system.close());

test('one address serves our metrics and Temporal’s: what was read, what was asked, how the process is', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'measured' });
  exchange.generate('measured', { spotTrades: 300, futuresTrades: 100, withdrawals: 10, deposits: 10, days: 60 });
  const fault = exchange.inject({
    fault: 'server-error',
    endpoint: '/spot/v4/query/trades',
    afterRequests: 3,
    times: 1,
  });
  const owner = system.client.forOwner('measured');
  const { accountId } = await owner.link(account);
  await owner.waitForLive(accountId);
  exchange.clearFaults(fault);

  const samples = await scrapeUntil(metrics, (now) => (total(now, 'bitmart_sync_pool_connections') ?? 0) > 0);
  const { rows } = await system.database.query<{ stream: string; rows: number }>(
    'select stream, sum(row_count)::int as rows from coverage group by stream',
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

test('the fleet’s figures are read from Postgres, and what is gone is shown as 0', async () => {
  await system.database.query(`
    insert into account (account_id, owner_id, status, status_since, linked_at, history_at_risk_at, next_sync_at, started)
    values ('soon', 'o', 'needs-attention', now(), now(), now() + interval '2 days', null, true),
           ('lost', 'o', 'paused', now(), now(), now() - interval '2 days', null, true),
           ('reads', 'o', 'backfilling', now(), now(), now() + interval '1 hour', null, true),
           ('stuck', 'o', 'backfilling', now() - interval '2 days', now(), now() + interval '5 days', null, true),
           ('late', 'o', 'live', now(), now(), now() + interval '60 days', now() - interval '3 hours', true)`);
  await system.database.query(`
    insert into account_problem (account_id, stream, code, message, remedy) values ('soon', '', 'wrong-key', '', '')`);
  await system.database.query(`
    insert into gap (account_id, stream, part, from_at, to_at, reason)
    values ('lost', 'deposits', 'all', now() - interval '2 days', now(), 'expired-unread')`);
  await system.database.query(`
    insert into api_key (account_id, key_id, fingerprint, sealed, state, expires_at)
    values ('late', 'k', 'f', '', 'active', now() + interval '2 days')`);
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
  expect(shown('gaps', { reason: 'expired-unread' })).toBe(1);
  expect(shown('accounts_with_problem', { code: 'wrong-key' })).toBe(1);
  expect([shown('keys_expiring', { within: 'expired' }), shown('keys_expiring', { within: '3d' })]).toEqual([0, 1]);
  expect(shown('cooldown_seconds')).toBe(0);
  await other.stop();
});

test('health says in words what can’t be used, and the process stays alive', async () => {
  const ask = async (path: string) => {
    const answer = await fetch(`http://${health}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  expect(await ask('/healthz')).toEqual({ status: 200, text: 'alive\n' });
  expect(await ask('/readyz')).toEqual({
    status: 200,
    text: 'worker: ready\ndatabase and schema: ready\ntemporal: ready\n',
  });
  await system.database.query("delete from kysely_migration where name = '0004-pace'");
  const behind = await ask('/readyz');
  expect(behind.status).toBe(503);
  expect(behind.text).toMatch(
    /^worker: ready\ndatabase and schema: .*0004-pace missing.*bitmart-sync migrate.*\ntemporal: ready\n$/,
  );
  expect(await ask('/healthz')).toMatchObject({ status: 200 });
  expect((await ask('/')).status).toBe(404);
  expect((await scrape(metrics)).length).toBeGreaterThan(100);
});
