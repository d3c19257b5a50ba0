import { afterEach, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { type System, startSystem } from '../support/system.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

let system: System;

afterEach(() => system.close());

async function storedRows(): Promise<number> {
  const { rows } = await system.database.query<{ rows: number }>(
    'select coalesce(sum(row_count), 0)::int as rows from coverage',
  );
  return rows[0]?.rows ?? 0;
}

function exchangeAccount(name: string) {
  const account = system.sandbox.exchange.addAccount({ name });
  system.sandbox.exchange.generate(name, {
    spotTrades: 4_000,
    futuresTrades: 2_500,
    withdrawals: 60,
    deposits: 60,
    days: 88,
  });
  return account;
}

test('a worker killed during a backfill loses nothing, and only pages in flight are requested again', async () => {
  system = await startSystem({ switches: { latencyMs: 150 } });
  const { exchange } = system.sandbox;
  const first = await system.startWorker();
  const account = exchangeAccount('killed');
  const owner = system.client.forOwner('killed');
  const { accountId } = await notRefused(owner.link(account));
  await expect.poll(storedRows, { interval: 20 }).toBeGreaterThan(4_000);
  await first.kill();
  const storedAtTheKill = await storedRows();
  expect(storedAtTheKill).toBeLessThan(6_620);
  const { rows: covered } = await system.database.query<{ stream: string; part: string; from: Date; to: Date }>(
    'select stream, part, lower(covered) as "from", upper(covered) as "to" from coverage where row_count > 0',
  );
  const sentBefore = exchange.log.length;
  exchange.setSwitches({ latencyMs: 0 });

  await system.startWorker();
  await owner.waitForLive(accountId);
  // The last day is always read again, and a window may begin at a record just before it.
  const again = exchange.log.slice(sentBefore).filter(({ stream, part, window }) => {
    const known = covered.find((one) => one.stream === stream && one.part === part);
    if (!known || !window) return false;
    return window.fromMs >= +known.from - minuteMs && window.fromMs < +known.to - 2 * dayMs;
  });
  // At most a page of each of the three stream groups.
  expect(again.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThan(600);
  expect(await compareWithTruth(system.sandbox, system.database, { exchangeAccount: 'killed', accountId })).toEqual({
    lost: {},
    surplus: {},
    stored: 6_620,
  });
});

test('a worker that is stopped finishes its page and exits with status 0, and the next one continues', async () => {
  system = await startSystem({ switches: { latencyMs: 150 } });
  const worker = await system.startWorker();
  const account = exchangeAccount('stopped');
  const owner = system.client.forOwner('stopped');
  const { accountId } = await notRefused(owner.link(account));
  await expect.poll(storedRows, { interval: 20 }).toBeGreaterThan(1_000);
  const startedMs = Date.now();
  expect(await worker.stop()).toBe(0);
  expect(Date.now() - startedMs).toBeLessThan(15_000);
  system.sandbox.exchange.setSwitches({ latencyMs: 0 });
  await system.startWorker();
  await owner.waitForLive(accountId);
  const difference = await compareWithTruth(system.sandbox, system.database, {
    exchangeAccount: 'stopped',
    accountId,
  });
  expect(difference).toMatchObject({ lost: {}, surplus: {} });
  const handle = await system.workflow(accountId);
  const { events } = await handle.fetchHistory();
  // Leaving is not a failed attempt.
  expect(events?.filter((event) => event.activityTaskFailedEventAttributes)).toEqual([]);
  expect(
    events
      ?.flatMap((event) => event.activityTaskStartedEventAttributes?.attempt ?? [])
      .every((attempt) => attempt === 1),
  ).toBe(true);
});

test('Ctrl-C, which comes twice through npm, lets the worker finish its page', async () => {
  system = await startSystem({ switches: { latencyMs: 1_000 } });
  const worker = await system.startWorker();
  const owner = system.client.forOwner('interrupted');
  await notRefused(owner.link(exchangeAccount('interrupted'), { wait: false }));
  await expect.poll(storedRows, { interval: 20 }).toBeGreaterThan(0);
  expect(await worker.interrupt()).toBe(0);
  expect(worker.output()).toContain('worker stopped');
});

test('a key linked while no worker runs is checked as soon as one starts', async () => {
  system = await startSystem();
  const account = system.sandbox.exchange.addAccount({ name: 'waiting' });
  const owner = system.client.forOwner('waiting');
  const link = await notRefused(owner.link(account));
  expect(link).toMatchObject({ outcome: 'undecided', status: 'checking', problems: [{ code: 'no-worker' }] });
  await system.startWorker();
  const live = await owner.waitForLive(link.accountId);
  expect(live.status).toBe('live');
});

test('a link while the exchange is down is undecided, and decided when it is back', async () => {
  system = await startSystem();
  await system.startWorker();
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'away' });
  const fault = exchange.inject({ fault: 'server-error' });
  const owner = system.client.forOwner('away');
  const link = await notRefused(owner.link(account));
  expect(link).toMatchObject({
    outcome: 'undecided',
    status: 'checking',
    problems: [{ code: 'exchange-unreachable' }],
  });
  exchange.clearFaults(fault);
  await owner.sync(link.accountId, { wait: false });
  const { problems } = await owner.waitForLive(link.accountId);
  // An account without any trade may have had some before they were served no more.
  expect(problems.filter((problem) => problem.code !== 'exchange-closed')).toEqual([]);
});
