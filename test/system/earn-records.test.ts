import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { type System, startSystem } from '../support/system.ts';

/** A stream of two endpoints of which no answer was ever seen. */
let system: System;

beforeAll(async () => {
  system = await startSystem({ switches: { order: 'shuffled' } });
  await system.startWorker();
});
afterAll(() => system.close());

const dayMs = 86_400_000;

async function linked(name: string) {
  const account = system.sandbox.exchange.addAccount({ name });
  const owner = system.client.forOwner(name);
  return { owner, link: () => notRefused(owner.link(account)) };
}

async function earnOf(owner: Awaited<ReturnType<typeof linked>>['owner'], accountId: string) {
  return (await owner.coverage(accountId)).streams.find(({ stream }) => stream === 'earn-records');
}

test('savings of both products are stored once each, and what can’t be read is quarantined', async () => {
  const { exchange } = system.sandbox;
  const { owner, link } = await linked('saves');
  exchange.generate('saves', { earnRecords: 800, days: 700, endMs: Date.now() - dayMs });
  const { accountId, problems } = await link();
  expect(problems).toEqual([]);
  await owner.waitForLive(accountId);
  const names = { exchangeAccount: 'saves', accountId };
  expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual({
    lost: {},
    surplus: {},
    stored: 800,
  });
  expect(await earnOf(owner, accountId)).toMatchObject({ rows: 800, complete: true });

  exchange.add('saves', 'earn-records', [{ time: Date.now() - 3_600_000, part: 'fixed-redeem', amount: 'all of it' }]);
  await owner.sync(accountId);
  expect(await earnOf(owner, accountId)).toMatchObject({ rows: 800, quarantined: [{ rows: 1 }] });
});

test.each([
  ['a key that may not read it', { fault: 'error', code: 30012, httpStatus: 403 }],
  ['an endpoint that is not there', { fault: 'error', code: 30000, httpStatus: 404 }],
  ['an answer of another shape', { fault: 'instead', body: { code: 1000, message: 'OK', data: { rows: [] } } }],
] as const)('%s is a gap and no problem, and keeps nothing else from being complete', async (what, fault) => {
  const { exchange } = system.sandbox;
  const { owner, link } = await linked(what);
  exchange.generate(what, { spotTrades: 5, earnRecords: 5, days: 20 });
  for (const path of ['/newearn/cloud/v1/saving/record', '/newearn/cloud/v1/saving/fixed/record'])
    exchange.inject({ ...fault, endpoint: path, account: what });
  const { accountId, problems } = await link();
  expect(problems).toEqual([]);
  await owner.waitForLive(accountId);
  await owner.sync(accountId);
  const reported = await earnOf(owner, accountId);
  expect(reported).toMatchObject({ rows: 0, missingRight: 'unknown' });
  expect(reported?.gaps.map(({ reason }) => reason)).toContain('refused');
  expect(await owner.status(accountId)).toMatchObject({ status: 'live', problems: [] });
  expect(await owner.explain(accountId)).toMatchObject({ complete: true });
});
