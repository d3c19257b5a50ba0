import { afterEach, beforeEach, expect, test } from 'vitest';
import { workflowIdOf } from '../../src/workflows/messages.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** A user who unlinks an account while no worker runs has it unlinked, now and when a worker comes. */
let system: System;
beforeEach(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
});
afterEach(() => system.close());

const keysOf = async (accountId: string) =>
  (await system.database.query('select 1 from api_key where account_id = $1', [accountId])).rowCount;

/** What Temporal lists of an account. */
const runsOf = (accountId: string) => runsWith(`WorkflowId = "${workflowIdOf(accountId)}"`);

async function runsWith(query: string): Promise<readonly string[]> {
  const { workflow } = await system.temporal();
  const runs: string[] = [];
  for await (const run of workflow.list({ query })) runs.push(run.runId);
  return runs;
}

const workflowStatus = async (accountId: string) => (await (await system.workflow(accountId)).describe()).status.name;

test('a live account: every reader sees it at once, no worker reads on, and the same key can be linked again', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'gone' });
  exchange.generate('gone', { spotTrades: 50, days: 20 });
  const owner = system.client.forOwner('gone');
  const worker = await system.startWorker();
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  await worker.kill();

  await owner.unlink(accountId);
  expect(await owner.list()).toMatchObject([{ accountId, status: 'unlinked' }]);
  expect(await owner.status(accountId)).toMatchObject({ status: 'unlinked', historyAtRiskAt: null });
  expect(await keysOf(accountId)).toBe(0);
  expect((await owner.records(accountId, 'spot-trades')).records).toHaveLength(50);

  const requests = exchange.log.length;
  await system.startWorker();
  await expect.poll(() => workflowStatus(accountId)).toBe('COMPLETED');
  expect(await owner.status(accountId)).toMatchObject({ status: 'unlinked', problems: [] });
  expect(exchange.log.slice(requests).filter((entry) => entry.account === 'gone')).toEqual([]);
  const { events } = await owner.events({ accountId });
  expect(events.filter(({ kind }) => kind === 'unlinked')).toHaveLength(1);

  expect(await owner.link(account)).toMatchObject({ outcome: 'accepted', accountId });
  await owner.waitForLive(accountId);
});

test('a key that was never checked is never checked', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'never' });
  const owner = system.client.forOwner('never');
  const { accountId } = await notRefused(owner.link(account, { wait: false }));
  await owner.unlink(accountId);
  await system.startWorker();
  await expect.poll(() => workflowStatus(accountId)).toBe('COMPLETED');
  expect(await owner.status(accountId)).toMatchObject({ status: 'unlinked' });
  expect(exchange.log.filter((entry) => entry.account === 'never')).toEqual([]);
});

test('erased: a worker that comes deletes what is left, brings nothing back, and has Temporal forget the account', async () => {
  const account = system.sandbox.exchange.addAccount({ name: 'erased' });
  const owner = system.client.forOwner('erased');
  const worker = await system.startWorker();
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  await worker.kill();
  expect(await runsOf(accountId)).not.toEqual([]);
  await expect.poll(() => runsWith('OwnerId = "erased"')).not.toEqual([]);
  // An id that was merged into it, whose runs name the owner as well.
  const merged = `${accountId}-merged`;
  const { workflow } = await system.temporal();
  const run = await workflow.start('ended', { workflowId: workflowIdOf(merged), taskQueue: 'nobody' });
  await run.terminate();
  await system.database.query(
    `insert into merged_account (account_id, owner_id, merged_into) values ($1, 'erased', $2)`,
    [merged, accountId],
  );
  await expect.poll(() => runsOf(merged)).not.toEqual([]);
  await owner.unlink(accountId, { erase: true });
  expect(await owner.list()).toEqual([]);
  expect(await keysOf(accountId)).toBe(0);
  await system.startWorker();
  const receipts = async () => (await owner.events()).events.filter(({ kind }) => kind === 'erased');
  await expect.poll(receipts, { interval: 500 }).toMatchObject([{ accountId, details: { rows: { account: 1 } } }]);
  expect(await runsOf(accountId)).toEqual([]);
  expect(await runsOf(merged)).toEqual([]);
  expect(await runsWith('OwnerId = "erased"')).toEqual([]);
  await expect(workflowStatus(accountId)).rejects.toThrow('not found');
  for (const table of [
    'account',
    'api_key',
    'coverage',
    'page',
    'account_problem',
    'account_event',
    'merged_account',
  ]) {
    const ids = [[accountId, merged]];
    const { rowCount } = await system.database.query(`select 1 from ${table} where account_id = any($1)`, ids);
    expect([table, rowCount]).toEqual([table, 0]);
  }
});
