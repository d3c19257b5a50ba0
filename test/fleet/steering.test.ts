import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

let system: System;
const accounts: Record<string, string> = {};

beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
  await system.startWorker();
  for (const name of ['anna', 'bert', 'cora']) {
    const account = system.sandbox.exchange.addAccount({ name });
    accounts[name] = (await notRefused(system.client.forOwner(name).link(account))).accountId;
    await system.client.forOwner(name).waitForLive(accounts[name]);
  }
});
afterAll(() => system.close());

async function fleet(...args: readonly string[]) {
  const ended = await runCommandLine(['fleet', ...args, '--json'], { env: system.env });
  return { status: ended.status, document: documentOf(ended) };
}

async function statuses(): Promise<readonly string[]> {
  const { rows } = await system.database.query<{ status: string }>('select status from account order by owner_id');
  return rows.map((row) => row.status);
}

test('accounts are paused, resumed and woken by a filter, and a dry run changes nothing', async () => {
  expect(await fleet('pause', '--all', '--dry-run')).toMatchObject({
    status: 0,
    document: { action: 'pause', dryRun: true, matched: 3, done: 0 },
  });
  expect(await statuses()).toEqual(['live', 'live', 'live']);
  expect(await fleet('pause', '--owner', 'anna')).toMatchObject({
    status: 0,
    document: { matched: 1, done: 1, accounts: [{ accountId: accounts.anna, ownerId: 'anna' }] },
  });
  expect(await statuses()).toEqual(['paused', 'live', 'live']);
  expect(await fleet('pause', '--status', 'live', 'paused', '--per-second', '100')).toMatchObject({
    document: { matched: 2, done: 2, failed: [] },
  });
  expect(await fleet('resume', '--all')).toMatchObject({ status: 0, document: { matched: 3, done: 3 } });
  expect(await statuses()).toEqual(['live', 'live', 'live']);

  const reads = async () => {
    const { rows } = await system.database.query<{ reads: number }>('select sum(fence)::int as reads from coverage');
    return rows[0]?.reads ?? 0;
  };
  const before = await reads();
  expect(await fleet('wake', '--status', 'live')).toMatchObject({ status: 0, document: { matched: 3, done: 3 } });
  await expect.poll(reads).toBeGreaterThan(before);
});

test('one account that fails stops no other, and is named', async () => {
  await (await system.workflow(accounts.bert as string)).terminate('so that it is started anew');
  await system.database.query("update account set status = 'needs-attention' where owner_id = 'bert'");
  expect(await fleet('wake', '--status', 'needs-attention', 'live')).toMatchObject({
    status: 0,
    document: { matched: 3, done: 3 },
  });
  const nowhere = { ...system.env, TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const ended = await runCommandLine(['fleet', 'wake', '--owner', 'anna'], { env: nowhere });
  expect(ended.status).toBe(1);
  expect(ended.stdout).toMatch(
    /^0 of 1 accounts woken\.\n1 failed; run it again for those:\n {2}\S+: .*127\.0\.0\.1:1/,
  );
});

test.each([
  [['wake']],
  [['pause', '--all', '--status', 'live']],
  [['wake', '--all', '--per-second', '0']],
  [['wake', '--at-risk', 'soon']],
])('wrong usage changes no account: %s', async (args) => {
  expect((await fleet(...args)).status).toBe(2);
});
