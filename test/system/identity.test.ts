import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AddedAccount } from '../../sandbox/server.ts';
import type { OwnerClient } from '../../src/client/index.ts';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { emptyBeyondReach, refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** One exchange account is one account of its owner: in every case the stored rows equal the truth, once per owner. */
let system: System;

beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
  await system.startWorker();
});
afterAll(() => system.close());

const records = { spotTrades: 300, futuresTrades: 120, withdrawals: 12, deposits: 9, days: 80 };
const everyRecord = 441;

function exchangeAccount(name: string, options: Parameters<System['sandbox']['exchange']['addAccount']>[0] = {}) {
  const account = system.sandbox.exchange.addAccount({ name, ...options });
  system.sandbox.exchange.generate(name, records);
  return account;
}

/** BitMart does not tell this account's id to its keys. */
function withoutId(name: string): void {
  const endpoint = '/uapi-key/v1/account/info';
  system.sandbox.exchange.inject({ fault: 'error', code: 30012, httpStatus: 403, endpoint, account: name });
}

async function expectTruth(exchangeAccountName: string, accountId: string): Promise<void> {
  const names = { exchangeAccount: exchangeAccountName, accountId };
  const nothing = { lost: {}, surplus: {}, stored: everyRecord };
  expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual(nothing);
}

async function live(owner: OwnerClient, key: AddedAccount | Omit<AddedAccount, 'name' | 'cid'>): Promise<string> {
  const link = await notRefused(owner.link(key));
  expect(link).toMatchObject({ outcome: 'accepted' });
  await owner.waitForLive(link.accountId);
  return link.accountId;
}

async function rowsAnywhere(accountId: string): Promise<readonly string[]> {
  const { rows } = await system.database.query<{ name: string }>(
    `select table_name as name from information_schema.columns where table_schema = 'bitmart_sync' and column_name = 'account_id'`,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const { rowCount } = await system.database.query(`select 1 from ${name} where account_id = $1 limit 1`, [
      accountId,
    ]);
    if (rowCount) found.push(name);
  }
  return found;
}

test('the same key under three sub-account names is one account, and every name is kept', async () => {
  const account = exchangeAccount('names');
  const owner = system.client.forOwner('names');
  const first = await notRefused(owner.link(account, { label: 'one', subAccount: 'alpha' }));
  const second = await notRefused(owner.link(account, { label: 'two', subAccount: 'beta' }));
  const third = await notRefused(owner.link(account, { subAccount: 'gamma' }));
  expect(new Set([first, second, third].map((link) => link.accountId)).size).toBe(1);
  const status = await owner.waitForLive(first.accountId);
  // The exchange says that it is the main account: none of the three names a sub-account that the key is of.
  expect(status).toMatchObject({ label: 'two', subAccount: null });
  expect(status.names.map(({ label, subAccount }) => [label, subAccount])).toEqual([
    [null, 'gamma'],
    ['two', 'beta'],
    ['one', 'alpha'],
  ]);
  // The main account's key can't read what the names suggest, and says so.
  expect(third.problems).toMatchObject([{ code: 'sub-account-needs-own-key' }]);
  await notRefused(owner.link({ ...account, memo: 'wrong' }, { label: 'never' }));
  expect((await owner.status(first.accountId)).label).toBe('two');
  await owner.link(account);
  expect(await owner.status(first.accountId)).toMatchObject({ subAccount: null, problems: [] });
  expect(await owner.list()).toHaveLength(1);
  await expectTruth('names', first.accountId);
});

test('a second key of the same account joins the first account if BitMart reveals the id', async () => {
  const account = exchangeAccount('second key');
  const owner = system.client.forOwner('second key');
  const accountId = await live(owner, account);
  const joined = await notRefused(owner.link(system.sandbox.exchange.addKey('second key'), { label: 'again' }));
  expect(joined).toMatchObject({ accountId, alreadyLinked: true });
  expect((await owner.status(accountId)).names.map((name) => name.label)).toEqual(['again']);
  await owner.sync(accountId);
  expect(await owner.list()).toHaveLength(1);
  await expectTruth('second key', accountId);
});

test('a sub-account with its own key is a separate account, without movements', async () => {
  const { exchange } = system.sandbox;
  const main = exchangeAccount('main');
  const sub = exchange.addAccount({ name: 'sub', accountType: 'sub' });
  exchange.generate('sub', { spotTrades: 40, futuresTrades: 10, days: 60 });
  const owner = system.client.forOwner('main');
  const mainId = await live(owner, main);
  const link = await notRefused(owner.link(sub, { subAccount: 'bots' }));
  expect(link.accountId).not.toBe(mainId);
  const status = await owner.waitForLive(link.accountId);
  expect(status).toMatchObject({ status: 'live', subAccount: 'bots' });
  expect(status.problems.map(({ code, stream }) => [code, stream])).toEqual([
    ['no-permission', 'deposits'],
    ['no-permission', 'withdrawals'],
  ]);
  for (const { remedy } of status.problems) expect(remedy).toContain('no key of a sub-account');
  const refused = status.streams.filter((stream) => stream.gaps.some((gap) => gap.reason === 'refused'));
  expect(refused.map((stream) => stream.stream)).toEqual([
    'withdrawals',
    'deposits',
    'transfers',
    'sub-account-transfers',
  ]);
  expect((await owner.list()).map((one) => one.subAccount)).toEqual([null, 'bots']);
});

describe('a rotated key', () => {
  test('of the same account continues where it was, whether or not BitMart reveals the id, even if a record is left out once', async () => {
    const account = exchangeAccount('rotated');
    withoutId('rotated');
    const { exchange } = system.sandbox;
    const owner = system.client.forOwner('rotated');
    const accountId = await live(owner, account);
    exchange.inject({ fault: 'omit-rows', account: 'rotated', times: 2 });
    const rotated = await owner.rotate(accountId, exchange.addKey('rotated'));
    expect(rotated).toMatchObject({ outcome: 'accepted', accountId, alreadyLinked: true, readOnly: null });
    expect(rotated.remarks.join()).toContain('does not tell what this key may do');
    exchange.removeKey(account.apiKey);
    exchange.add('rotated', 'spot-trades', [{ createTime: Date.now() - 5_000 }]);
    await owner.sync(accountId);
    const names = { exchangeAccount: 'rotated', accountId };
    expect(await compareWithTruth(system.sandbox, system.database, names)).toMatchObject({ lost: {}, surplus: {} });
  });

  test.each([
    ['by its id', false],
    ['by its records', true],
  ])(
    'of a stranger is refused, reported %s, and the old one reads on',
    async (name, hidden) => {
      const { exchange } = system.sandbox;
      const [mine, theirs] = [`mine ${name}`, `stranger ${name}`];
      const account = exchangeAccount(mine);
      const stranger = exchangeAccount(theirs);
      if (hidden) for (const one of [mine, theirs]) withoutId(one);
      const owner = system.client.forOwner(mine);
      const accountId = await live(owner, account);
      const rotated = await owner.rotate(accountId, stranger);
      expect(rotated).toMatchObject({ outcome: 'refused', status: 'live', problems: [{ code: 'different-account' }] });
      exchange.add(mine, 'spot-trades', [{ createTime: Date.now() - 5_000 }]);
      await owner.sync(accountId);
      const names = { exchangeAccount: mine, accountId };
      expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual({
        lost: {},
        surplus: {},
        stored: everyRecord + 1,
      });
    },
    60_000,
  );

  test('of a stranger with records is refused by an account that has none; another empty account can not be distinguished', async () => {
    const { exchange } = system.sandbox;
    const empty = exchange.addAccount({ name: 'empty' });
    const stranger = exchangeAccount('stranger of empty');
    for (const one of ['empty', 'stranger of empty']) withoutId(one);
    const owner = system.client.forOwner('empty');
    const accountId = await live(owner, empty);
    expect(await owner.rotate(accountId, stranger)).toMatchObject({
      outcome: 'refused',
      problems: [{ code: 'different-account' }],
    });
    expect(await owner.rotate(accountId, exchange.addKey('empty'))).toMatchObject({ outcome: 'accepted', accountId });
  });

  test.each([
    ['hold no list', { fault: 'null-data' }],
    ['are a system error', { fault: 'error', code: 40012, httpStatus: 500 }],
  ] as const)('of a stranger whose pages %s is not taken for a key of the same empty account', async (name, fault) => {
    const { exchange } = system.sandbox;
    const [empty, theirs] = [`empty, pages ${name}`, `stranger, pages ${name}`];
    const account = exchange.addAccount({ name: empty });
    const stranger = exchangeAccount(theirs);
    for (const one of [empty, theirs]) withoutId(one);
    const owner = system.client.forOwner(empty);
    const accountId = await live(owner, account);
    // The key check itself asks five times; what comes after it compares the histories.
    exchange.inject({ ...fault, account: theirs, endpoint: '/contract/private/trades', afterRequests: 1 });
    for (const endpoint of ['/spot/v4/query/trades', '/contract/private/transaction-history'])
      exchange.inject({ ...fault, account: theirs, endpoint, afterRequests: 1 });
    exchange.inject({ ...fault, account: theirs, endpoint: '/account/v2/deposit-withdraw/history', afterRequests: 2 });
    expect(await owner.rotate(accountId, stranger)).toMatchObject({ outcome: 'undecided', accountId });
  });

  test.each([
    ['removed', { code: null, httpStatus: 404 }],
    ['withdrawn', { code: 30031, httpStatus: 200 }],
  ] as const)(
    'is checked again later if what it would show lies behind an endpoint that seems to be %s',
    async (name, answer) => {
      const { exchange } = system.sandbox;
      const account = exchange.addAccount({ name });
      withoutId(name);
      exchange.generate(name, { spotTrades: 20, days: 3 });
      const owner = system.client.forOwner(name);
      const accountId = await live(owner, account);
      const fault = exchange.inject({ fault: 'error', ...answer, account: name, endpoint: '/spot/v4/query/trades' });
      const key = exchange.addKey(name);
      expect(await owner.rotate(accountId, key)).toMatchObject({ outcome: 'undecided', accountId });
      exchange.clearFaults(fault);
      expect(await owner.rotate(accountId, key)).toMatchObject({ outcome: 'accepted', accountId });
    },
  );

  test('is refused if all stored records are beyond reach, with a remedy', async () => {
    const { exchange } = system.sandbox;
    const account = exchange.addAccount({ name: 'old' });
    withoutId('old');
    // An exchange that leaves out what it no longer serves.
    exchange.setSwitches(emptyBeyondReach);
    const days = 86_400_000;
    exchange.generate('old', { spotTrades: 20, days: 3, endMs: Date.now() - 80 * days });
    const owner = system.client.forOwner('old');
    const accountId = await live(owner, account);
    // Time passes: the exchange no longer serves any of it, and we know how far back it serves.
    exchange.setSwitches({ tradesReachMs: 70 * days });
    await system.database.query(
      `update spot_trade set traded_at = traded_at - interval '20 days' where account_id = $1`,
      [accountId],
    );
    const rotated = await owner.rotate(accountId, exchange.addKey('old'));
    exchange.setSwitches({ tradesReachMs: 90 * days, ...refusedBeyondReach });
    expect(rotated).toMatchObject({ outcome: 'refused', problems: [{ code: 'different-account' }] });
    expect(rotated.problems[0]?.message).toContain('no longer serves any record');
    expect(rotated.problems[0]?.remedy).toContain('merge');
  });
});

test('an account that is unlinked and linked again has its history, and reads what happened meanwhile', async () => {
  const { exchange } = system.sandbox;
  const account = exchangeAccount('revived');
  const owner = system.client.forOwner('revived');
  const accountId = await live(owner, account);
  await owner.unlink(accountId);
  exchange.add('revived', 'spot-trades', [{ createTime: Date.now() - 60_000 }]);
  const again = await notRefused(owner.link(account, { label: 'back' }));
  expect(again).toMatchObject({ accountId, alreadyLinked: false });
  await owner.waitFor(
    accountId,
    (status) => status.status === 'live' && status.streams.every((one) => one.complete || one.unreadable),
  );
  await expect
    .poll(
      async () =>
        (await compareWithTruth(system.sandbox, system.database, { exchangeAccount: 'revived', accountId })).stored,
    )
    .toBe(everyRecord + 1);
  expect(await owner.list()).toHaveLength(1);
});

describe('if BitMart does not reveal the id, a second key of the same account', () => {
  async function duplicates(name: string, options: { readonly live: boolean }) {
    const account = exchangeAccount(name);
    withoutId(name);
    const owner = system.client.forOwner(name);
    const older = await live(owner, account);
    const key = system.sandbox.exchange.addKey(name);
    const younger = await notRefused(owner.link(key, { label: 'again', subAccount: 'same' }));
    expect(younger.accountId).not.toBe(older);
    if (options.live) {
      await owner.waitFor(
        younger.accountId,
        (status) => status.status === 'live' && status.problems.some((problem) => problem.code === 'same-account'),
      );
    }
    return { owner, older, younger: younger.accountId, key };
  }

  test('is detected by its records, and merged without a lost or duplicated one', async () => {
    const { owner, older, younger, key } = await duplicates('merged', { live: true });
    for (const [one, other] of [
      [older, younger],
      [younger, older],
    ] as const) {
      expect((await owner.status(one)).problems).toMatchObject([
        { code: 'same-account', message: expect.stringContaining(other) },
      ]);
    }
    const before = await owner.coverage(older);
    const answer = await owner.merge(younger, older);
    expect(answer).toEqual({ accountId: older, merged: younger, moved: 0, dropped: everyRecord, conflicts: 0 });
    expect(await owner.merge(younger, older)).toEqual(answer);

    await expectTruth('merged', older);
    expect(await rowsAnywhere(younger)).toEqual(['merged_account']);
    await expect(owner.status(younger)).rejects.toMatchObject({ code: 'account-merged', mergedInto: older });
    await expect(system.client.forOwner('another owner').status(younger)).rejects.toMatchObject({
      code: 'account-not-found',
    });
    const after = await owner.coverage(older);
    for (const [place, stream] of after.streams.entries()) {
      expect(stream).toMatchObject({ rows: before.streams[place]?.rows });
      expect(stream.complete || stream.unreadable).toBeTruthy();
    }
    const status = await owner.status(older);
    expect(status).toMatchObject({ status: 'live', label: 'again', subAccount: 'same', problems: [] });
    expect(status.names.map((one) => one.label)).toEqual(['again']);
    await expect.poll(async () => (await (await system.workflow(younger)).describe()).status.name).toBe('COMPLETED');

    // The newest key is in use, and both keys belong to the account.
    system.sandbox.exchange.add('merged', 'spot-trades', [{ createTime: Date.now() - 5_000 }]);
    await owner.sync(older);
    const { rows } = await system.database.query('select state from api_key where account_id = $1', [older]);
    expect(rows).toEqual([{ state: 'active' }]);
    expect(await notRefused(owner.link(key))).toMatchObject({ accountId: older, alreadyLinked: true });
    expect(await owner.list()).toHaveLength(1);
    const names = { exchangeAccount: 'merged', accountId: older };
    expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual({
      lost: {},
      surplus: {},
      stored: everyRecord + 1,
    });
  });

  test('can be merged even during its backfill', async () => {
    // With the walk, a backfill takes long enough.
    system.sandbox.exchange.setSwitches({ latencyMs: 40, ...emptyBeyondReach });
    const { owner, older, younger } = await duplicates('early', { live: false });
    const answer = await owner.merge(younger, older);
    system.sandbox.exchange.setSwitches({ latencyMs: 0, ...refusedBeyondReach });
    expect(answer).toMatchObject({ accountId: older, moved: 0 });
    await owner.sync(older);
    await owner.waitForLive(older);
    await expectTruth('early', older);
    expect(await rowsAnywhere(younger)).toEqual(['merged_account']);
  });

  test('whose older account was unlinked links that account again', async () => {
    const { owner, older, younger } = await duplicates('sleeping', { live: true });
    await owner.unlink(older);
    await owner.merge(younger, older);
    expect((await owner.status(older)).status).not.toBe('unlinked');
    system.sandbox.exchange.add('sleeping', 'spot-trades', [{ createTime: Date.now() - 5_000 }]);
    await owner.sync(older, { wait: false });
    await expect
      .poll(
        async () =>
          (await compareWithTruth(system.sandbox, system.database, { exchangeAccount: 'sleeping', accountId: older }))
            .stored,
      )
      .toBe(everyRecord + 1);
  });

  test('and two different accounts are neither reported as one nor merged', async () => {
    const owner = system.client.forOwner('two');
    const one = await live(owner, exchangeAccount('two: one'));
    withoutId('two: other');
    const other = await live(owner, exchangeAccount('two: other'));
    expect((await owner.status(other)).problems).toEqual([]);
    await expect(owner.merge(other, one)).rejects.toMatchObject({ code: 'different-accounts' });
    await expectTruth('two: one', one);
    await expectTruth('two: other', other);
    await expect(owner.merge(other, 'nowhere')).rejects.toMatchObject({ code: 'account-not-found' });
    const stranger = system.client.forOwner('thief');
    await expect(stranger.merge(other, one)).rejects.toMatchObject({ code: 'account-not-found' });
    expect((await owner.status(other)).status).toBe('live');
  });
});
