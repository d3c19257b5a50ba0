import { afterAll, beforeAll, expect, test } from 'vitest';
import { fingerprintOf, parseCredentials } from '../../src/credentials/credentials.ts';
import { seal } from '../../src/credentials/seal.ts';
import { workflowIdOf } from '../../src/workflows/messages.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';
import { newestRun, runSchedule } from './schedules.ts';

/** Accounts that are paused: their workflows check the key once, and then wait to be resumed. */
const count = 200;

let system: System;

beforeAll(async () => {
  system = await startSystem({ workerEnv: { RECONCILE_INTERVAL: '1d' }, switches: refusedBeyondReach });
  await insertAccounts();
  await system.startWorker();
});
afterAll(() => system.close());

async function insertAccounts(): Promise<void> {
  const account = system.sandbox.exchange.addAccount({ name: 'fleet' });
  const credentials = parseCredentials(account);
  const publicKey = system.env.CREDENTIALS_PUBLIC_KEY as string;
  for (let number = 0; number < count; number++) {
    const [accountId, ownerId, keyId] = [idOf(number), `owner${number}`, `key${number}`];
    await system.database.query(
      `insert into account (account_id, owner_id, status, status_since, created_at, linked_at, paused, started)
       values ($1, $2, 'paused', now() - interval '1 hour', now() - interval '1 hour', now(), true, true)`,
      [accountId, ownerId],
    );
    const sealed = await seal({ publicKey, ownerId, accountId, keyId, credentials });
    await system.database.query(
      `insert into api_key (account_id, key_id, fingerprint, sealed, state, adopted_at)
       values ($1, $2, $3, $4, 'active', now())`,
      [accountId, keyId, fingerprintOf(account.apiKey), sealed],
    );
  }
}

function idOf(number: number): string {
  return `fleet${String(number).padStart(3, '0')}${system.env.TASK_QUEUE?.slice(5)}`;
}

async function runs(status: string): Promise<readonly string[]> {
  const client = await system.temporal();
  const query = `WorkflowType = 'linkedAccount' AND ExecutionStatus = '${status}' AND TaskQueue = '${system.env.TASK_QUEUE}'`;
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
  return ids;
}

test(`${count} accounts, 50 workflows terminated by hand: all run again within one period, nothing doubled`, async () => {
  expect(await runSchedule(system, 'reconcile')).toMatchObject({
    accounts: count,
    shouldRun: count,
    running: 0,
    started: count,
  });
  await expect.poll(async () => (await runs('Running')).length).toBe(count);

  const client = await system.temporal();
  const victims = Array.from({ length: 50 }, (_, position) => workflowIdOf(idOf(position * 4)));
  for (const workflowId of victims) await client.workflow.getHandle(workflowId).terminate('by mistake');
  await expect.poll(async () => (await runs('Running')).length).toBe(count - 50);

  expect(await runSchedule(system, 'reconcile')).toMatchObject({
    running: count - 50,
    started: 50,
    ended: 0,
    leftAlone: 0,
  });
  await expect.poll(async () => (await runs('Running')).length).toBe(count);
  expect(new Set(await runs('Running')).size).toBe(count);
  expect([...(await runs('Terminated'))].sort()).toEqual(victims.sort());

  expect(await runSchedule(system, 'reconcile')).toMatchObject({ running: count, started: 0, ended: 0 });
});

test('workflows without an account are ended; suspiciously many are left alone', async () => {
  const remove = (accounts: readonly string[]) =>
    system.database.query('delete from account where account_id = any($1)', [accounts]);
  await remove([idOf(0), idOf(1)]);
  await system.database.query(
    `update account set status = 'unlinked', status_since = now() - interval '1 hour' where account_id = $1`,
    [idOf(2)],
  );
  const report = await runSchedule(system, 'reconcile');
  expect(report).toMatchObject({ ended: 3, endedAccounts: [idOf(0), idOf(1), idOf(2)], leftAlone: 0, started: 0 });
  await expect.poll(async () => (await runs('Running')).length).toBe(count - 3);

  // A worker that was given the wrong database must not end everything.
  await system.database.query('create table kept as select * from account');
  await remove(Array.from({ length: count }, (_, number) => idOf(number)));
  expect(await runSchedule(system, 'reconcile')).toMatchObject({ accounts: 0, ended: 0, leftAlone: count - 3 });
  expect((await runs('Running')).length).toBe(count - 3);
  await system.database.query('insert into account select * from kept');

  const { result, details, summary } = await newestRun(system, 'reconcile');
  expect(result).toMatchObject({ leftAlone: count - 3 });
  expect(details).toContain(`**${count - 3} workflows without an account were left alone**`);
  expect(summary).toBe('BitMart · every account has its workflow');
});

test('Schedules are made once, follow a changed interval, and keep an operator’s pause', async () => {
  const { schedule } = await system.temporal();
  const handle = schedule.getHandle(`${system.env.TASK_QUEUE}/reconcile`);
  expect((await handle.describe()).spec.intervals).toMatchObject([{ every: 86_400_000 }]);
  await handle.pause('looked at by hand');
  const other = await system.startWorker({ RECONCILE_INTERVAL: '30m' });
  const found = await handle.describe();
  expect(found.spec.intervals).toMatchObject([{ every: 1_800_000 }]);
  expect(found.policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60_000 });
  expect(found.state).toMatchObject({ paused: true, note: 'looked at by hand' });
  const audit = await schedule.getHandle(`${system.env.TASK_QUEUE}/retention-audit`).describe();
  expect(audit.spec.intervals).toMatchObject([{ every: 21_600_000 }]);
  await other.stop();
});

test('Schedules that another release has defined are brought to what this one means, at the same interval', async () => {
  const { schedule } = await system.temporal();
  const handle = schedule.getHandle(`${system.env.TASK_QUEUE}/retention-audit`);
  await handle.update(({ spec, state, action, policies }) => {
    const { memo: _, ...withoutMemo } = action;
    return { spec, state, action: { ...withoutMemo, args: ['old'] }, policies: { ...policies, catchupWindow: '1d' } };
  });
  const other = await system.startWorker();
  const found = await handle.describe();
  expect(found.policies).toMatchObject({ catchupWindow: 60_000 });
  expect(found.action).toMatchObject({ args: [] });
  await other.stop();
});
