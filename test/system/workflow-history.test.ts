import { afterAll, beforeAll, expect, test } from 'vitest';
import { viewQuery } from '../../src/workflows/messages.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
  await system.startWorker();
});
afterAll(() => system.close());

test('what Temporal keeps of an account holds no secret and no record', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({
    name: 'canary',
    apiSecret: 'canary-secret-0123456789',
    memo: 'canarymemo',
    futuresOpened: true,
  });
  exchange.generate('canary', { spotTrades: 300, futuresTrades: 100, withdrawals: 20, deposits: 20, days: 60 });
  const owner = system.client.forOwner('canary');
  expect(await owner.link({ ...account, memo: 'canarywrongmemo' })).toMatchObject({ outcome: 'refused' });
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  await owner.sync(accountId);

  const client = await system.temporal();
  const runs = client.workflow.list({ query: `WorkflowId = "linked-account/bitmart/${accountId}"` });
  let text = '';
  await expect
    .poll(async () => {
      text = '';
      for await (const run of runs) {
        const history = await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
        text += JSON.stringify(history, decoded) + JSON.stringify(run.raw, decoded);
      }
      return text.length;
    })
    .toBeGreaterThan(5_000);
  for (const secret of [account.apiKey, account.apiSecret, account.memo, 'canarywrongmemo']) {
    expect(text.includes(secret)).toBe(false);
  }
  for (const record of exchange.truth('canary')) expect(text.includes(record.id)).toBe(false);
  // The looking itself works: what must be there is found.
  expect(text.includes(accountId)).toBe(true);
  expect(text.includes('spot-trades')).toBe(true);
});

test('a sync that finds nothing adds at most 12 events, and 3 more where a caller waits for its end', async () => {
  const account = system.sandbox.exchange.addAccount({ name: 'idle' });
  system.sandbox.exchange.generate('idle', { spotTrades: 20, days: 60 });
  const owner = system.client.forOwner('idle');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  await owner.sync(accountId);
  const handle = await system.workflow(accountId);
  const isResting = async () => (await handle.describe()).raw.pendingWorkflowTask == null;
  const length = async () => {
    await expect.poll(isResting).toBe(true);
    return (await handle.describe()).historyLength;
  };
  for (let round = 0; round < 2; round++) {
    const before = await length();
    await owner.sync(accountId);
    expect((await length()) - before).toBeLessThanOrEqual(15);
  }
  const before = await length();
  const { cycles } = await handle.query(viewQuery);
  await owner.sync(accountId, { wait: false });
  await expect.poll(async () => (await handle.query(viewQuery)).cycles).toBe(cycles + 1);
  expect((await length()) - before).toBeLessThanOrEqual(12);
});

test('an operator sees the account in the Temporal UI', async () => {
  const account = system.sandbox.exchange.addAccount({ name: 'seen' });
  system.sandbox.exchange.generate('seen', { spotTrades: 20, days: 60 });
  const owner = system.client.forOwner('seen');
  const { accountId } = await notRefused(owner.link(account, { label: 'My BitMart' }));
  await owner.waitForLive(accountId);
  const handle = await system.workflow(accountId);
  const description = await handle.describe();
  expect(await description.staticSummary()).toBe(`BitMart · My BitMart · ${accountId}`);
  const metadata = (await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata')) as {
    currentDetails?: string;
  };
  expect(metadata.currentDetails).toContain('| `spot-trades` | `20` |');
  expect(metadata.currentDetails).toContain('**live**');
  await expect
    .poll(async () =>
      (await handle.describe()).typedSearchAttributes.getAll().map((pair) => [pair.key.name, String(pair.value)]),
    )
    .toEqual(
      expect.arrayContaining([
        ['OwnerId', 'seen'],
        ['SyncStatus', 'live'],
      ]),
    );
});

/** Payloads are in base64, and must be decoded to be searched. */
function decoded(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'string' || value.length % 4 !== 0 || !/^[\w+/]{8,}=*$/.test(value)) return value;
  return `${value} ${Buffer.from(value, 'base64').toString('utf8')}`;
}
