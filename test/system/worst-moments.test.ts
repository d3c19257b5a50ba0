import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LinkResult, OwnerClient } from '../../src/client/index.ts';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem, type WorkerProcess } from '../support/system.ts';

/** A worker killed between the steps of a link, a rotate or a merge: the rows equal the truth all the same, once per owner. */
let system: System;
let worker: WorkerProcess;

beforeAll(async () => {
  // The worker is killed before any walk begins.
  system = await startSystem({ switches: refusedBeyondReach });
  worker = await system.startWorker();
});
afterAll(() => system.close());

const records = { spotTrades: 250, futuresTrades: 80, withdrawals: 5, deposits: 5, days: 80 };
const everyRecord = 340;
/** Each request of a look at a key takes so long: accounts that begin so far apart are each at another step. */
const stepMs = 250;

interface Person {
  readonly name: string;
  readonly owner: OwnerClient;
  readonly account: ReturnType<System['sandbox']['exchange']['addAccount']>;
}

function person(name: string): Person {
  const account = system.sandbox.exchange.addAccount({ name });
  system.sandbox.exchange.generate(name, records);
  return { name, account, owner: system.client.forOwner(name) };
}

async function expectTruth(name: string, accountId: string): Promise<void> {
  const names = { exchangeAccount: name, accountId };
  expect(await compareWithTruth(system.sandbox, system.database, names), name).toEqual({
    lost: {},
    surplus: {},
    stored: everyRecord,
  });
}

/** Begins one after the other, a step apart, and kills the worker when each has come further than the next. */
async function killedWhile(begin: readonly (() => Promise<LinkResult>)[]): Promise<readonly LinkResult[]> {
  system.sandbox.exchange.setSwitches({ latencyMs: stepMs });
  const running: Promise<LinkResult>[] = [];
  for (const one of begin) {
    running.push(one());
    await sleep(stepMs);
  }
  await worker.kill();
  system.sandbox.exchange.setSwitches({ latencyMs: 0 });
  worker = await system.startWorker();
  return Promise.all(running);
}

test('links survive a crash at each step of the key check and at the beginning of the backfill', async () => {
  const people = Array.from({ length: 9 }, (_, number) => person(`link ${number}`));
  const links = await killedWhile(
    people.map(
      ({ owner, account }) =>
        () =>
          notRefused(owner.link(account)),
    ),
  );
  for (const [place, { name, owner }] of people.entries()) {
    const { accountId } = links[place] as { readonly accountId: string };
    await owner.waitForLive(accountId);
    await expectTruth(name, accountId);
    expect(await owner.list()).toHaveLength(1);
  }
  const keys = await system.database.query('select account_id from api_key');
  expect(keys.rows).toHaveLength(people.length);
});

test('rotations survive crashes, even with a stranger’s key', async () => {
  const { exchange } = system.sandbox;
  const people = Array.from({ length: 6 }, (_, number) => person(`rotate ${number}`));
  const ids = await Promise.all(
    people.map(async ({ owner, account }) => (await notRefused(owner.link(account))).accountId),
  );
  await Promise.all(people.map(({ owner }, place) => owner.waitForLive(ids[place] as string)));
  const stranger = exchange.addAccount({ name: 'stranger' });
  exchange.generate('stranger', records);
  const keyOf = (name: string, place: number) => (place % 3 === 0 ? stranger : exchange.addKey(name));
  const rotated = await killedWhile(
    people.map(
      ({ owner, name }, place) =>
        () =>
          owner.rotate(ids[place] as string, keyOf(name, place)),
    ),
  );
  for (const [place, { name, owner }] of people.entries()) {
    const accountId = ids[place] as string;
    const isStranger = place % 3 === 0;
    expect(rotated[place]).toMatchObject({ accountId });
    const candidates = `select state from api_key where account_id = $1`;
    await expect
      .poll(async () => (await system.database.query(candidates, [accountId])).rows)
      .toEqual([{ state: 'active' }]);
    if (rotated[place]?.outcome !== 'undecided') {
      expect(rotated[place]?.outcome).toBe(isStranger ? 'refused' : 'accepted');
    }
    await owner.sync(accountId);
    await expectTruth(name, accountId);
  }
});

test('a merge survives a crash before it is decided, in the middle, and after it is done', async () => {
  const { exchange } = system.sandbox;
  const info = '/uapi-key/v1/account/info';
  const people = Array.from({ length: 3 }, (_, number) => person(`merge ${number}`));
  for (const { name } of people) {
    exchange.inject({ fault: 'error', code: 30012, httpStatus: 403, endpoint: info, account: name });
  }
  const older = await Promise.all(
    people.map(async ({ owner, account }) => (await notRefused(owner.link(account))).accountId),
  );
  const younger = await Promise.all(
    people.map(async ({ owner, name }) => (await notRefused(owner.link(exchange.addKey(name)))).accountId),
  );
  await Promise.all(
    people.flatMap(({ owner }, place) => [older, younger].map((ids) => owner.waitForLive(ids[place] as string))),
  );
  const held = await system.database.connect();
  try {
    // The first waits for its account, the second for a table in the middle of its transaction.
    await held.query('begin');
    await held.query('select from account where account_id = $1 for update', [older[0]]);
    await held.query('select from known_key where account_id = $1 for update', [younger[1]]);
    const merges = people.map(({ owner }, place) => owner.merge(younger[place] as string, older[place] as string));
    // The third is killed as soon as it is done, whether its caller got the answer or not.
    const done = 'select 1 from merged_account where account_id = $1';
    await expect.poll(async () => (await system.database.query(done, [younger[2]])).rowCount).toBe(1);
    await expect
      .poll(async () => (await system.database.query(`select 1 from pg_locks where not granted`)).rowCount)
      .toBeGreaterThanOrEqual(2);
    await worker.kill();
    await held.query('rollback');
    worker = await system.startWorker();
    for (const [place, answer] of (await Promise.all(merges)).entries()) {
      expect(answer).toMatchObject({ accountId: older[place], merged: younger[place] });
    }
  } finally {
    held.release();
  }
  for (const [place, { name, owner }] of people.entries()) {
    const accountId = older[place] as string;
    await expectTruth(name, accountId);
    expect(await owner.list()).toHaveLength(1);
    await owner.sync(accountId);
    const status = await owner.status(accountId);
    expect(status).toMatchObject({ status: 'live', problems: [] });
    expect(status.streams.every(({ complete, unreadable }) => complete || unreadable)).toBe(true);
    const left = await system.database.query('select 1 from coverage where account_id = $1', [younger[place]]);
    expect(left.rowCount).toBe(0);
  }
});
