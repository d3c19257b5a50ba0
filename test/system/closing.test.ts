import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSchedule } from '../fleet/schedules.ts';
import { notRefused } from '../support/not-refused.ts';
import { type System, startSystem, type WorkerProcess } from '../support/system.ts';

/** The platform ends while an account is read: it is closed, its workflow is over, and what was read stays readable. */
let system: System;
const dayMs = 86_400_000;
const endsAt = () => new Date(Date.now() + 15_000).toISOString();
const longAgo = new Date(Date.now() - 120 * dayMs).toISOString();

let worker: WorkerProcess;

beforeAll(async () => {
  const timetable = { depositsEnd: longAgo, spotTradingEnd: longAgo, futuresTradingEnd: null, platformEnd: endsAt() };
  system = await startSystem({ workerEnv: { BITMART_TIMETABLE: JSON.stringify(timetable), SYNC_INTERVAL: '2s' } });
  worker = await system.startWorker();
});
afterAll(() => system.close());

test('an account whose exchange closes', async () => {
  const account = system.sandbox.exchange.addAccount({ name: 'closing' });
  system.sandbox.exchange.add('closing', 'withdrawals', [{ apply_time: Date.now() - 5 * dayMs }]);
  const owner = system.client.forOwner('closing');
  const { accountId } = await notRefused(owner.link(account));

  const live = await owner
    .waitFor(accountId, (status) => status.status === 'live' || status.status === 'closed')
    .catch(async (error: unknown) => {
      throw new Error(JSON.stringify(await owner.status(accountId), null, 1), { cause: error });
    });
  const late = live.problems.filter((problem) => problem.code === 'exchange-closed');
  // No end of futures trading is known: without a record it is complete.
  expect(late).toMatchObject([{ severity: 'notice', facts: { ended: [{ stream: 'spot-trades' }] } }]);
  expect(late[0]).not.toHaveProperty('stream');
  expect(live.streams.find(({ stream }) => stream === 'futures-trades')).toMatchObject({ complete: true, rows: 0 });
  const { findings } = await owner.explain(accountId);
  const about = findings.filter(({ stream, cause }) => stream === 'spot-trades' || cause === 'exchange-closed');
  expect(about.map(({ cause, severity, command }) => [cause, severity, command])).toEqual([
    ['exchange-closed', 'notice', null],
    ['expired-before-link', 'notice', null],
  ]);
  expect(about[0]?.sentence).toContain('It was requested back to 2017-01-01');

  const closed = await owner.waitFor(accountId, (status) => status.status === 'closed');
  expect(closed).toMatchObject({ nextSyncAt: null, historyAtRiskAt: null });
  const coverage = await owner.coverage(accountId);
  const withdrawals = coverage.streams.find((stream) => stream.stream === 'withdrawals');
  expect(withdrawals).toMatchObject({ rows: 1, complete: true, atRiskAt: null });

  // Postgres knows a moment before Temporal does.
  const workflow = await system.workflow(accountId);
  await expect.poll(async () => (await workflow.describe()).status.name).toBe('COMPLETED');
  const { rows } = await system.database.query(
    'select wallet, currency, available, total, reason from balance_snapshot where account_id = $1 order by 1, 2',
    [accountId],
  );
  expect(rows).toEqual(
    expect.arrayContaining([
      { wallet: 'spot', currency: 'USDT', available: '1000.00000000', total: null, reason: null },
      { wallet: 'futures', currency: 'USDT', available: '100', total: '100', reason: null },
    ]),
  );
});

test('an account that was closed is read again once the end of its exchange turns out to be another', async () => {
  const owner = system.client.forOwner('closing');
  const [found] = await owner.list();
  const { accountId } = found as { readonly accountId: string };
  await worker.stop();
  system.sandbox.exchange.add('closing', 'withdrawals', [{ apply_time: Date.now() - 60_000 }]);
  worker = await system.startWorker({ BITMART_TIMETABLE: JSON.stringify({ spotTradingEnd: longAgo }) });
  // Workers agree on the end a few minutes later.
  await system.database.query("update account set closed_at = closed_at - interval '1 hour'");
  await runSchedule(system, 'reconcile');
  const isRead = ({ stream, rows }: { readonly stream: string; readonly rows: number }) =>
    stream === 'withdrawals' && rows === 2;
  await owner.waitFor(accountId, ({ status, streams }) => status === 'live' && streams.some(isRead));
  const { rows } = await system.database.query('select closed_at from account where account_id = $1', [accountId]);
  expect(rows).toEqual([{ closed_at: null }]);
});

test('hosts that disappear before the end put an account at risk and do not close it', async () => {
  const other = await startSystem({
    workerEnv: {
      BITMART_TIMETABLE: JSON.stringify({
        depositsEnd: longAgo,
        tradingEnd: longAgo,
        platformEnd: new Date(Date.now() + 3_600_000).toISOString(),
      }),
      SYNC_INTERVAL: '1s',
    },
  });
  try {
    await other.startWorker();
    const account = other.sandbox.exchange.addAccount({ name: 'gone' });
    const owner = other.client.forOwner('gone');
    const { accountId } = await notRefused(owner.link(account));
    await owner.waitForLive(accountId);
    other.sandbox.exchange.inject({ fault: 'server-error', times: 10_000 });
    const status = await owner.waitFor(accountId, ({ problems }) =>
      problems.some((problem) => problem.code === 'exchange-unreachable'),
    );
    expect(status.status).not.toBe('closed');
    expect(status.historyAtRiskAt).not.toBeNull();
  } finally {
    await other.close();
  }
});
