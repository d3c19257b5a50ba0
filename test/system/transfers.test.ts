import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** A stream whose pages are numbered, that changes rarely, and that most keys may not read. */
let system: System;

beforeAll(async () => {
  system = await startSystem({ switches: { ...refusedBeyondReach, order: 'shuffled' } });
  await system.startWorker();
});
afterAll(() => system.close());

const dayMs = 86_400_000;
const mayTransfer = { permissions: ['Future-Trade'] } as const;

function coverageOf(system: System, owner: string, accountId: string) {
  return system.client
    .forOwner(owner)
    .coverage(accountId)
    .then(({ streams }) => streams.find(({ stream }) => stream === 'transfers'));
}

const requestsOf = (name: string) =>
  system.sandbox.exchange.log.filter(
    ({ account, endpoint }) => account === name && endpoint.includes('transfer-contract'),
  );

test('transfers of years are stored once each, and one that is under way is followed to its end', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'moves', ...mayTransfer });
  exchange.generate('moves', { transfers: 450, days: 1_500, endMs: Date.now() - dayMs });
  const [pending] = exchange.add('moves', 'transfers', [{ timestamp: Date.now() - 3_600_000, state: 'PROCESSING' }]);
  const owner = system.client.forOwner('moves');
  const { accountId, problems } = await notRefused(owner.link(account));
  // The key can do more than it needs to; that it lacks nothing is not a problem.
  expect(problems.map(({ code }) => code)).toEqual(['key-can-trade']);
  await owner.waitForLive(accountId);
  exchange.change('moves', 'transfers', pending?.id as string, { state: 'FINISHED' });
  await owner.sync(accountId);
  const names = { exchangeAccount: 'moves', accountId };
  expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual({
    lost: {},
    surplus: {},
    stored: 451,
  });
  expect(await coverageOf(system, 'moves', accountId)).toMatchObject({ rows: 451, complete: true });
  for (const { window, rows } of requestsOf('moves')) {
    expect(window).not.toBeNull();
    expect(rows).toBeLessThanOrEqual(100);
  }
  const { changes } = await owner.changes(accountId);
  expect(changes.find(({ record }) => 'transfer_id' in record && record.transfer_id === pending?.id)).toMatchObject({
    version: 2,
    record: { status: 'finished', amount: pending?.row.amount, currency: pending?.row.currency },
  });
});

test('more transfers of one millisecond than an answer holds are stored as far as they are served, and say so', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'dense', ...mayTransfer });
  const atMs = Date.now() - 10 * dayMs;
  exchange.add('dense', 'transfers', [
    ...Array.from({ length: 70 }, () => ({ timestamp: atMs, currency: 'USDT' })),
    ...Array.from({ length: 70 }, () => ({ timestamp: atMs, currency: 'BTC' })),
  ]);
  const owner = system.client.forOwner('dense');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  const names = { exchangeAccount: 'dense', accountId };
  expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual({
    lost: {},
    surplus: {},
    stored: 140,
  });
  const reported = await coverageOf(system, 'dense', accountId);
  expect(reported?.gaps.map(({ reason }) => reason)).toContain('too-dense');
});

test('a key that can only read has the gap and no problem, and is asked again once a day or when it is replaced', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'reads' });
  exchange.generate('reads', { transfers: 3, spotTrades: 5, days: 20 });
  const owner = system.client.forOwner('reads');
  const { accountId, problems } = await notRefused(owner.link(account));
  expect(problems).toEqual([]);
  await owner.waitForLive(accountId);
  const reported = await coverageOf(system, 'reads', accountId);
  expect(reported).toMatchObject({
    rows: 0,
    complete: false,
    missingRight: 'Future-Trade',
    atRiskAt: expect.any(String),
  });
  expect(reported?.gaps.map(({ reason }) => reason)).toContain('refused');
  const status = await owner.status(accountId);
  expect(status.problems).toEqual([]);
  const { events } = await owner.events({ accountId });
  expect(events.filter(({ details }) => JSON.stringify(details).includes('transfers'))).toEqual([]);
  // Waiting until everything is complete comes to an end, and says what that leaves out.
  const lacking = [
    { stream: 'transfers', reason: 'missing-right', right: 'Future-Trade' },
    { stream: 'sub-account-transfers', reason: 'missing-right', right: 'Inter-Account Transfer' },
    { stream: 'margin-loans', reason: 'not-opened', right: null },
  ];
  expect(status).toMatchObject({ complete: true, unreadable: lacking });
  expect(await owner.coverage(accountId)).toMatchObject({ complete: true, unreadable: lacking });
  const lately = [new Date(Date.now() - 10 * dayMs), new Date(Date.now() - 2 * dayMs)] as const;
  expect(await owner.completeness(accountId, 'all', ...lately)).toMatchObject({ complete: true, unreadable: lacking });
  expect(await owner.isComplete(accountId, 'transfers', ...lately)).toBe(false);
  const explanation = await owner.explain(accountId);
  expect(explanation).toMatchObject({ complete: true });
  expect(explanation.findings.find(({ stream }) => stream === 'transfers')).toMatchObject({
    weight: 'informs',
    cause: 'refused',
    sentence: expect.stringContaining('Future-Trade'),
  });
  const complete = await owner.completeness(accountId, 'transfers', new Date(Date.now() - 10 * dayMs), new Date());
  expect(complete.complete ? [] : complete.gaps.map(({ remedy }) => remedy).join()).toContain('can only read');

  const workflow = await system.workflow(accountId);
  const before = requestsOf('reads').length;
  expect(before).toBeGreaterThan(0);
  const view = await workflow.query<{ completeThrough: string | null }>('view');
  expect(view.completeThrough).not.toBeNull();
  const better = exchange.addKey('reads', mayTransfer);
  await owner.rotate(accountId, better);
  await owner.sync(accountId);
  await expect.poll(async () => (await coverageOf(system, 'reads', accountId))?.rows, { interval: 250 }).toBe(3);
  expect(await coverageOf(system, 'reads', accountId)).not.toHaveProperty('missingRight');
});

test('transfers with sub-accounts are stored once each, equal ones counted, whichever of the two lists the key may read', async () => {
  const { exchange } = system.sandbox;
  const permissions = ['Inter-Account Transfer'];
  const atSecond = Math.floor(Date.now() / 1_000) - 3 * 86_400;
  const equal = { submissionTime: atSecond, fromAccount: 'main', toAccount: 'sub-one', currency: 'USDT', amount: '7' };
  for (const accountType of ['main', 'sub'] as const) {
    const account = exchange.addAccount({ name: accountType, accountType, permissions });
    exchange.generate(accountType, { subAccountTransfers: 60, days: 40, endMs: Date.now() - dayMs });
    exchange.add(accountType, 'sub-account-transfers', [equal, equal]);
    const owner = system.client.forOwner(accountType);
    const { accountId } = await notRefused(owner.link(account));
    await owner.waitForLive(accountId);
    const names = { exchangeAccount: accountType, accountId };
    expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual({
      lost: {},
      surplus: {},
      stored: 62,
    });
    const { streams } = await owner.coverage(accountId);
    const reported = streams.find(({ stream }) => stream === 'sub-account-transfers');
    expect(reported).toMatchObject({ rows: 62, complete: true, unreadable: 'unprovable' });
    // What no key of a sub-account can read is left out.
    expect(await owner.explain(accountId)).toMatchObject({ complete: true });
    expect(reported?.gaps.map(({ reason }) => reason)).toEqual(['reach-unknown', 'reach-unknown']);
  }
});
