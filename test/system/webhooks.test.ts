import { fileURLToPath } from 'node:url';
import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem, type WorkerProcess } from '../support/system.ts';
import { Receiver, secret } from '../webhook/receiver.ts';

const platform = new Receiver();
let system: System;
let worker: WorkerProcess;
beforeAll(async () => {
  await platform.listen();
  system = await startSystem({
    switches: refusedBeyondReach,
    workerEnv: { WEBHOOK_URL: platform.url, WEBHOOK_SECRET: secret, WEBHOOK_ADDRESSES: 'any' },
  });
  worker = await system.startWorker();
});
afterAll(async () => {
  await system.close();
  await platform.close();
});

async function link(): Promise<string> {
  const account = system.sandbox.exchange.addAccount();
  system.sandbox.exchange.generate(account.name, { spotTrades: 20, days: 20 });
  const { accountId, outcome } = await notRefused(system.client.forOwner('anna').link(account));
  expect(outcome).toBe('accepted');
  return accountId;
}

/** Causes events without waiting for the exchange to fail: it is the row's change that counts. */
async function happen(accountId: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    for (const status of ['needs-attention', 'live']) {
      await system.database.query('update account set status = $2 where account_id = $1', [accountId, status]);
    }
  }
}

async function everythingTaken(): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await system.database.query('select 1 from account_event where delivered_at is null');
        return rows.length;
      },
      { interval: 500 },
    )
    .toBe(0);
}

test('every event arrives at least once and in order, whatever the receiver and the workers do', async () => {
  // Away when the first events happen, then failing in every way that there is.
  await platform.close();
  const accounts = [await link(), await link(), await link()];
  const owner = system.client.forOwner('anna');
  for (const accountId of accounts) await owner.waitForLive(accountId);
  const failing = [500, 'nothing', 503, 204, 404, 204, 'nothing'] as const;
  platform.behave = (received) => failing[received] ?? 204;
  await platform.listen();
  for (const accountId of accounts) await happen(accountId, 2);
  await everythingTaken();

  // It gets the message, but the worker has ended before its answer.
  platform.behave = () => 'never';
  const before = platform.received.length;
  await happen(accounts[0] as string, 1);
  await expect.poll(() => platform.received.length).toBeGreaterThan(before);
  await worker.kill();
  const cutOff = platform.received[before]?.id;
  platform.behave = () => 204;
  worker = await system.startWorker();
  await everythingTaken();

  expect(platform.failures).toEqual([]);
  const { rows } = await system.database.query<{ account_id: string; event_count: string }>(
    'select account_id, event_count from account',
  );
  expect(rows).toHaveLength(3);
  for (const { account_id: accountId, event_count: count } of rows) {
    expect(platform.taken().get(accountId)).toEqual(Array.from({ length: Number(count) }, (_, i) => i + 1));
  }
  expect(platform.received.filter(({ id }) => id === cutOff).length).toBeGreaterThan(1);
  // Posted again, a message is the same.
  const bodies = new Map<string, string>();
  for (const { id, body } of platform.received) {
    expect(bodies.get(id) ?? JSON.stringify(body)).toBe(JSON.stringify(body));
    bodies.set(id, JSON.stringify(body));
  }
  expect(platform.received[0]?.body).toEqual({
    type: 'linked',
    timestamp: expect.stringMatching(/\.\d{3}Z$/),
    data: {
      ownerId: 'anna',
      accountId: expect.any(String),
      eventId: 1,
      kind: 'linked',
      at: platform.received[0]?.body.timestamp,
      details: {},
    },
  });
});

test('an event that is too old is skipped, and does not delay later ones', async () => {
  await platform.close();
  const accountId = await link();
  await system.client.forOwner('anna').waitForLive(accountId);
  const aged = `update account_event set at = now() - interval '8 days' where account_id = $1 and event_id = 1`;
  await system.database.query(aged, [accountId]);
  await platform.listen();
  const { rows } = await system.database.query<{ id: number }>(
    'select event_id::int as id from account_event where account_id = $1 and event_id > 1 order by event_id',
    [accountId],
  );
  expect(rows.length).toBeGreaterThanOrEqual(1);
  await expect.poll(() => platform.taken().get(accountId)).toEqual(rows.map(({ id }) => id));
  const left = 'select event_id::int as id from account_event where account_id = $1 and delivered_at is null';
  const undelivered = async () => (await system.database.query(left, [accountId])).rows;
  await expect.poll(undelivered).toEqual([{ id: 1 }]);
});

test('erasing an account deletes its events', async () => {
  platform.behave = () => 500;
  const accountId = await link();
  const tried = () => platform.received.some(({ body }) => body.data.accountId === accountId);
  await expect.poll(tried).toBe(true);
  await system.client.forOwner('anna').unlink(accountId, { erase: true });
  platform.behave = () => 204;
  // Its run completes, or is ended because nothing is left to post; then it is deleted too.
  const workflow = (await system.temporal()).workflow.getHandle(`account-events/${accountId}`);
  const fate = async () => {
    try {
      return (await workflow.describe()).status.name;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'deleted';
      throw error;
    }
  };
  await expect.poll(fate).toMatch(/^(COMPLETED|TERMINATED|deleted)$/);
  expect(platform.taken().get(accountId)).toBeUndefined();
});

test('a worker that can no longer post webhooks ends, so that another one is started', async () => {
  const failing = fileURLToPath(new URL('../support/failing-webhook-worker.ts', import.meta.url));
  const ending = await system.startWorker({ NODE_OPTIONS: `--import ${failing}` });
  expect(await ending.exited).toBe(1);
  expect(ending.output()).toContain('the worker for webhooks failed');
  expect(ending.output()).toContain('Temporal takes no more polls');
});
