import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../src/credentials/credentials.ts';
import { accountIdOf } from '../../src/database/index.ts';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { emptyBeyondReach, refusedBeyondReach, type System, startSystem } from '../support/system.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({
    workerEnv: { EGRESS_ADDRESSES: '203.0.113.7' },
    switches: refusedBeyondReach,
  });
  await system.startWorker();
});
afterAll(() => system.close());

function exchangeAccount(name: string, options: Parameters<System['sandbox']['exchange']['addAccount']>[0] = {}) {
  const account = system.sandbox.exchange.addAccount({ name, ...options });
  system.sandbox.exchange.generate(name, { spotTrades: 60, futuresTrades: 20, withdrawals: 4, deposits: 3, days: 80 });
  return account;
}

async function rowsOf(table: string): Promise<number> {
  const { rows } = await system.database.query<{ count: number }>(`select count(*)::int as count from ${table}`);
  return rows[0]?.count ?? 0;
}

describe('one account per key', () => {
  test('two concurrent links under two sub-account names give one account', async () => {
    const account = exchangeAccount('twice');
    const owner = system.client.forOwner('twice');
    const links = await Promise.all([
      notRefused(owner.link(account, { subAccount: 'first', label: 'one' })),
      notRefused(owner.link(account, { subAccount: 'second', label: 'two' })),
    ]);
    const again = await notRefused(owner.link(account, { label: 'three' }));
    expect(new Set([...links, again].map((link) => link.accountId)).size).toBe(1);
    expect(again).toMatchObject({ outcome: 'accepted', alreadyLinked: true });
    expect(links.map((link) => link.alreadyLinked).sort()).toEqual([false, true]);
    expect(await owner.list()).toHaveLength(1);

    const { accountId } = again;
    await owner.waitForLive(accountId);
    expect(await compareWithTruth(system.sandbox, system.database, { exchangeAccount: 'twice', accountId })).toEqual({
      lost: {},
      surplus: {},
      stored: 87,
    });
    expect((await system.database.query('select 1 from api_key where account_id = $1', [accountId])).rowCount).toBe(1);
  });

  test('a second key of the same exchange account joins the first', async () => {
    const account = exchangeAccount('joined', { cid: '700100' });
    const second = system.sandbox.exchange.addKey('joined');
    const owner = system.client.forOwner('joined');
    const first = await notRefused(owner.link(account));
    await owner.waitForLive(first.accountId);
    const joined = await notRefused(owner.link(second));
    expect(joined).toMatchObject({ outcome: 'accepted', accountId: first.accountId, alreadyLinked: true });
    expect(await owner.list()).toHaveLength(1);
  });

  test('another owner of the same key has a separate account', async () => {
    const account = exchangeAccount('shared');
    const one = await notRefused(system.client.forOwner('shared one').link(account));
    const two = await notRefused(system.client.forOwner('shared two').link(account));
    expect(one.accountId).not.toBe(two.accountId);
    await expect(system.client.forOwner('shared two').status(one.accountId)).rejects.toThrow('not found');
  });
});

describe('a refused key', () => {
  test('with a wrong memo leaves nothing behind, and the right memo works afterwards', async () => {
    const account = exchangeAccount('memo');
    const owner = system.client.forOwner('memo');
    const before = [await rowsOf('account'), await rowsOf('api_key')];
    const refused = await owner.link({ ...account, memo: 'not this' });
    const refusal = { outcome: 'refused', problems: [{ code: 'wrong-secret-or-memo' }] };
    expect(refused).toMatchObject({ ...refusal, accountId: null, status: 'refused' });
    expect([await rowsOf('account'), await rowsOf('api_key')]).toEqual(before);
    const accountId = accountIdOf('memo', fingerprintOf(account.apiKey));
    await expect.poll(async () => (await (await system.workflow(accountId)).describe()).status.name).toBe('COMPLETED');
    const linked = await owner.link(account);
    expect(linked).toMatchObject({ outcome: 'accepted', accountId, alreadyLinked: false });
    // Of an account that is there, a refusal changes nothing.
    const again = await owner.link({ ...account, memo: 'not this' });
    expect(again).toMatchObject({ ...refusal, accountId, status: expect.stringMatching(/^(backfilling|live)$/) });
  });

  test.each([
    ['unknown', 'wrong-key', {}],
    ['expired', 'key-expired', { expiresAtMs: Date.now() - 86_400_000 }],
    ['bound', 'ip-not-allowed', { allowedAddresses: ['198.51.100.1'] }],
    ['withdrawing', 'key-can-withdraw', { permissions: ['Withdraw'] }],
  ] as const)('%s: %s', async (name, code, options) => {
    const account = exchangeAccount(name, options);
    const key = name === 'unknown' ? { ...account, apiKey: 'f'.repeat(40) } : account;
    const refused = await system.client.forOwner(name).link(key);
    expect(refused).toMatchObject({ outcome: 'refused', accountId: null, status: 'refused' });
    expect(refused.problems.map((problem) => problem.code)).toContain(code);
    if (name === 'bound') expect(refused.problems[0]?.remedy).toContain('203.0.113.7');
    expect(await system.client.forOwner(name).list()).toEqual([]);
  });

  test('that no key can be like is refused with a hint, and neither stored nor sent', async () => {
    const { exchange } = system.sandbox;
    const account = exchangeAccount('mistyped');
    const owner = system.client.forOwner('mistyped');
    const { accountId } = await notRefused(owner.link(account));
    const before = [exchange.log.length, await rowsOf('account'), await rowsOf('api_key')];
    const apiSecret = `${account.apiSecret.slice(0, 20)}\n${account.apiSecret.slice(20)}`;
    const answers = [
      await owner.link({ ...account, apiKey: ' ' }),
      await owner.link({ ...account, apiSecret }),
      await owner.rotate(accountId, { ...account, apiSecret }),
      await owner.check({ ...account, apiSecret }),
      await system.client.check({ ...account, memo: 'two\nlines' }),
    ];
    expect(answers.map(({ outcome, problems }) => [outcome, problems.map(({ code }) => code)])).toEqual([
      ['refused', ['wrong-key']],
      ['refused', ['wrong-secret-or-memo']],
      ['refused', ['wrong-secret-or-memo']],
      ['refused', ['wrong-secret-or-memo']],
      ['refused', ['wrong-secret-or-memo']],
    ]);
    expect(answers[1]?.problems[0]?.remedy).toContain('line break');
    expect(answers.map((answer) => answer.accountId)).toEqual([null, null, accountId, null, null]);
    expect(JSON.stringify(answers)).not.toContain(account.apiSecret.slice(0, 20));
    await owner.waitForLive(accountId);
    // BitMart would have refused each of them.
    const wrongKeys = exchange.log.slice(before[0]).filter(({ code }) => [30002, 30005].includes(code ?? 0));
    expect(wrongKeys).toEqual([]);
    expect([await rowsOf('account'), await rowsOf('api_key')]).toEqual(before.slice(1));
  });

  test('is not stored by a check either', async () => {
    const account = exchangeAccount('checked');
    const before = [await rowsOf('account'), await rowsOf('api_key')];
    expect(await system.client.check(account)).toMatchObject({ outcome: 'accepted', readOnly: true });
    expect(await system.client.check({ ...account, memo: 'other' })).toMatchObject({ outcome: 'refused' });
    expect([await rowsOf('account'), await rowsOf('api_key')]).toEqual(before);
  });
});

describe('a linked account', () => {
  test('can be paused, resumed, rotated, unlinked and linked again', async () => {
    const { exchange } = system.sandbox;
    const account = exchangeAccount('life');
    const owner = system.client.forOwner('life');
    const { accountId } = await notRefused(owner.link(account));
    await owner.waitForLive(accountId);

    await owner.pause(accountId);
    expect((await owner.status(accountId)).status).toBe('paused');
    await expect(owner.sync(accountId)).rejects.toMatchObject({ code: 'account-paused' });
    const began = Date.now();
    await expect(owner.waitForLive(accountId)).rejects.toMatchObject({ code: 'account-paused' });
    expect(Date.now() - began).toBeLessThan(5_000);
    exchange.generate('life', { spotTrades: 5, days: 0.001, endMs: Date.now() - 5_000 });
    await owner.resume(accountId);
    await owner.sync(accountId);
    await expect.poll(async () => (await owner.status(accountId)).streams[0]?.rows).toBe(65);

    const other = exchangeAccount('not life');
    expect(await owner.rotate(accountId, other)).toMatchObject({
      outcome: 'refused',
      problems: [{ code: 'different-account' }],
    });
    expect(await owner.rotate(accountId, exchange.addKey('life'))).toMatchObject({ outcome: 'accepted', accountId });
    exchange.removeKey(account.apiKey);
    await owner.sync(accountId);

    await owner.unlink(accountId);
    expect((await owner.status(accountId)).status).toBe('unlinked');
    await expect(owner.waitForLive(accountId)).rejects.toMatchObject({ code: 'account-unlinked' });
    expect((await system.database.query('select 1 from api_key where account_id = $1', [accountId])).rowCount).toBe(0);
    expect((await owner.status(accountId)).streams[0]?.rows).toBe(65);

    const relinked = await notRefused(owner.link(exchange.addKey('life')));
    expect(relinked.outcome).toBe('accepted');
    await owner.unlink(relinked.accountId, { erase: true });
    await owner.unlink(accountId, { erase: true }).catch(() => undefined);
    expect(await owner.list()).toEqual([]);
    for (const table of ['spot_trade', 'page', 'coverage', 'gap']) {
      expect((await system.database.query(`select 1 from ${table} where account_id = $1`, [accountId])).rowCount).toBe(
        0,
      );
    }
  });

  test('finishes its backfill although it is interrupted at every possible moment', async () => {
    const { exchange } = system.sandbox;
    // Interruptions meet the walk, too.
    exchange.setSwitches(emptyBeyondReach);
    const account = exchange.addAccount({ name: 'restless' });
    exchange.generate('restless', { spotTrades: 3_000, futuresTrades: 1_500, withdrawals: 20, deposits: 20, days: 80 });
    const owner = system.client.forOwner('restless');
    const { accountId } = await notRefused(owner.link(account));
    for (let round = 0; round < 8; round++) {
      if (round % 2 === 0) await notRefused(owner.link(account));
      else {
        await owner.pause(accountId);
        await owner.resume(accountId);
      }
    }
    await owner.waitForLive(accountId);
    exchange.setSwitches(refusedBeyondReach);
    expect(await compareWithTruth(system.sandbox, system.database, { exchangeAccount: 'restless', accountId })).toEqual(
      {
        lost: {},
        surplus: {},
        stored: 4_540,
      },
    );
    expect((await (await system.workflow(accountId)).describe()).status.name).toBe('RUNNING');
  });

  test('needs attention when its key is refused, and recovers automatically when the key works again', async () => {
    const { exchange } = system.sandbox;
    const account = exchangeAccount('frozen');
    const owner = system.client.forOwner('frozen');
    const { accountId } = await notRefused(owner.link(account));
    await owner.waitForLive(accountId);
    exchange.changeKey(account.apiKey, { status: 'frozen' });
    await owner.sync(accountId, { wait: false });
    // The verdict takes a second refusal; a sync that is waited for has it.
    const frozen = { outcome: 'not-synced', status: 'needs-attention', problems: [{ code: 'key-frozen' }] };
    expect(await owner.sync(accountId)).toMatchObject(frozen);
    const began = Date.now();
    expect(await owner.sync(accountId)).toMatchObject(frozen);
    await expect(owner.waitForLive(accountId)).rejects.toMatchObject({
      code: 'account-needs-attention',
      message: expect.stringContaining('frozen'),
    });
    expect(Date.now() - began).toBeLessThan(15_000);
    const stopped = await owner.waitFor(accountId, (status) => status.status === 'needs-attention');
    expect(stopped.problems).toMatchObject([{ code: 'key-frozen' }]);
    expect(stopped.historyAtRiskAt).not.toBeNull();

    exchange.changeKey(account.apiKey, { status: 'active' });
    await owner.sync(accountId, { wait: false });
    const again = await owner.waitFor(accountId, (status) => status.status === 'live');
    expect(again.problems).toEqual([]);
    expect(await owner.sync(accountId)).toMatchObject({ outcome: 'synced', status: 'live', problems: [] });
  });

  test('does not stop because of refusals during an outage', async () => {
    const { exchange } = system.sandbox;
    const account = exchangeAccount('glitch');
    const owner = system.client.forOwner('glitch');
    const { accountId } = await notRefused(owner.link(account));
    await owner.waitForLive(accountId);
    const refusals = exchange.inject({ fault: 'error', code: 30002, httpStatus: 401, account: 'glitch', times: 3 });
    // The key check reads it, and no stream.
    const outage = exchange.inject({ fault: 'server-error', account: 'glitch', endpoint: '/account/v1/wallet' });
    await owner.sync(accountId, { wait: false });
    const met = (fault: string) =>
      exchange.log.filter((entry) => entry.account === 'glitch' && entry.fault === fault).length;
    await expect.poll(() => met('error')).toBe(3);
    const doubted = 'select doubted_at from api_key where account_id = $1';
    await expect
      .poll(async () => (await system.database.query(doubted, [accountId])).rows)
      .toEqual([{ doubted_at: expect.any(Date) }]);
    // The second look meets the outage, which says nothing about the key.
    const metInSync = met('server-error');
    await expect.poll(() => met('server-error')).toBeGreaterThan(metInSync);
    exchange.clearFaults(refusals);
    exchange.clearFaults(outage);
    await owner.sync(accountId, { wait: false });
    await expect
      .poll(async () => (await system.database.query(doubted, [accountId])).rows)
      .toEqual([{ doubted_at: null }]);
    await expect.poll(() => owner.status(accountId)).toMatchObject({ status: 'live', problems: [] });
    const { rows } = await system.database.query('select kind from account_event where account_id = $1', [accountId]);
    expect(rows.map((row) => row.kind)).not.toContain('needs-attention');
  });

  test('shows later changes of its key: its expiry, and a permission that it must not have', async () => {
    const { exchange } = system.sandbox;
    const account = exchangeAccount('changed', { expiresAtMs: Date.now() + 10 * 86_400_000 });
    const owner = system.client.forOwner('changed');
    const link = await notRefused(owner.link(account));
    expect(link.problems).toMatchObject([{ code: 'key-expires-soon' }]);
    const live = await owner.waitForLive(link.accountId);
    expect(live).toMatchObject({ keyExpiresAt: link.keyExpiresAt, problems: [{ code: 'key-expires-soon' }] });
    await owner.pause(link.accountId);
    expect((await owner.status(link.accountId)).problems).toMatchObject([{ code: 'key-expires-soon' }]);
    exchange.changeKey(account.apiKey, { expiresAtMs: null });
    await owner.resume(link.accountId);
    const again = await notRefused(owner.link(account));
    expect(again).toMatchObject({ keyExpiresAt: null, problems: [] });
    expect(await owner.status(link.accountId)).toMatchObject({ keyExpiresAt: null, problems: [] });
  });

  test('has a gap for a stream that the key may not read, and the other streams are read', async () => {
    const account = exchangeAccount('no futures', { streamsRefused: ['futures-trades'] });
    const owner = system.client.forOwner('no futures');
    const link = await notRefused(owner.link(account));
    expect(link).toMatchObject({
      outcome: 'accepted',
      problems: [{ code: 'no-permission', stream: 'futures-trades' }],
    });
    const status = await owner.waitForLive(link.accountId);
    const futures = status.streams.find((stream) => stream.stream === 'futures-trades');
    expect(futures).toMatchObject({ rows: 0, complete: false });
    expect(futures?.gaps.map((gap) => gap.reason)).toContain('refused');
    expect(status.problems).toMatchObject([{ code: 'no-permission', stream: 'futures-trades' }]);
    expect(status.streams.find((stream) => stream.stream === 'spot-trades')).toMatchObject({
      rows: 60,
      complete: true,
    });
  });
});
