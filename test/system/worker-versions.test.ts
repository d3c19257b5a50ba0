import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accountIdOfWorkflow, eventsWorkflowIdOf } from '../../src/workflows/messages.ts';
import { repository } from '../compose/compose-file.ts';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { type System, startSystem } from '../support/system.ts';
import { makeVersionCurrent, versionEnv } from '../support/worker-version.ts';
import { Receiver, secret } from '../webhook/receiver.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({ switches: { latencyMs: 20 }, workerEnv: { CHUNK_PAGES: '6' } });
});
afterAll(() => system.close());

const deploymentName = () => system.env.TASK_QUEUE as string;
const startVersion = (buildId: string, more: Readonly<Record<string, string>> = {}) =>
  system.startWorker({ ...versionEnv(system, buildId), ...more });
const makeCurrent = (buildId: string) => makeVersionCurrent(system, buildId);

/** Accounts that the query of docs/deployment.md finds on another version. */
async function leftBehind(buildId: string): Promise<readonly string[]> {
  const text = readFileSync(join(repository, 'docs/deployment.md'), 'utf8');
  const [, query = ''] = /`([^`]*TemporalWorkerDeploymentVersion != [^`]*)`/.exec(text) ?? [];
  const asked = query.replace('bitmart-sync:BUILD', `${deploymentName()}:${buildId}`);
  expect(asked).not.toBe(query);
  const { workflow } = await system.temporal();
  const ids: string[] = [];
  for await (const run of workflow.list({ query: `${asked} AND TaskQueue = '${deploymentName()}'` })) {
    ids.push(accountIdOfWorkflow(run.workflowId));
  }
  return ids;
}

async function versionOf(accountId: string): Promise<string | undefined> {
  const { raw } = await (await system.workflow(accountId)).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
}

async function link(name: string, spotTrades: number) {
  const account = system.sandbox.exchange.addAccount({ name });
  system.sandbox.exchange.generate(name, { spotTrades, futuresTrades: 300, withdrawals: 20, deposits: 20, days: 85 });
  const owner = system.client.forOwner(name);
  const { accountId } = await notRefused(owner.link(account));
  return { name, owner, accountId };
}

test('after a change of versions runs stay on theirs, the next runs are on the new one, and nothing is lost', async () => {
  const first = await startVersion('one');
  await makeCurrent('one');
  const idle = await link('idle', 50);
  await idle.owner.waitForLive(idle.accountId);
  const busy = [await link('busy-a', 1_200), await link('busy-b', 1_200)];
  expect(await versionOf(idle.accountId)).toBe('one');
  for (const { accountId } of busy) expect(await versionOf(accountId)).toBe('one');

  await startVersion('two');
  await makeCurrent('two');
  const late = await link('late', 100);
  expect(await versionOf(late.accountId), 'what begins now').toBe('two');
  expect(await versionOf(idle.accountId), 'what sleeps stays until it wakes').toBe('one');

  await expect.poll(() => leftBehind('two')).toContain(idle.accountId);

  const all = [idle, ...busy, late];
  for (const { owner, accountId } of all) {
    await owner.waitForLive(accountId);
    await owner.sync(accountId, { wait: false });
  }
  for (const { name, accountId } of all) {
    await expect.poll(() => versionOf(accountId), { message: name }).toBe('two');
  }

  // The old version is no longer needed.
  await expect.poll(() => leftBehind('two')).toEqual([]);
  expect(await first.stop()).toBe(0);
  for (const { name, owner, accountId } of all) {
    await owner.sync(accountId);
    const difference = await compareWithTruth(system.sandbox, system.database, { exchangeAccount: name, accountId });
    expect(difference, name).toMatchObject({ lost: {}, surplus: {} });
    expect((await owner.status(accountId)).status).toBe('live');
  }
});

test('a receiver that is down for the whole change of versions gets every event afterwards', async () => {
  const platform = new Receiver();
  await platform.listen();
  await platform.close();
  const webhook = { WEBHOOK_URL: platform.url, WEBHOOK_SECRET: secret, WEBHOOK_ADDRESSES: 'any' };
  const before = await startVersion('before', webhook);
  await makeCurrent('before');
  const { owner, accountId } = await link('told late', 20);
  await owner.waitForLive(accountId);
  const { workflow } = await system.temporal();
  const events = workflow.getHandle(eventsWorkflowIdOf(accountId));
  await expect.poll(() => events.describe().then(({ status }) => status.name, String)).toBe('RUNNING');

  await startVersion('after', webhook);
  await makeCurrent('after');
  await expect
    .poll(
      async () => {
        await owner.sync(accountId, { wait: false });
        return versionOf(accountId);
      },
      { interval: 1_000 },
    )
    .toBe('after');
  expect(await before.stop()).toBe(0);

  await platform.listen();
  const reported = () => platform.taken().get(accountId) ?? [];
  await expect.poll(() => reported().length).toBeGreaterThanOrEqual(2);
  await expect.poll(() => events.describe().then(({ status }) => status.name)).toBe('COMPLETED');
  await platform.close();
});
