import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { fingerprintOf } from '../../src/credentials/credentials.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** Of several keys that wait to be checked the newest one is used in the end, in whatever order they are checked. */
let system: System;
beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
  await system.startWorker();
});
afterAll(() => system.close());

async function keysOf(accountId: string) {
  const { rows } = await system.database.query<{ key_id: string; state: string; fingerprint: string }>(
    'select key_id, state, fingerprint from api_key where account_id = $1',
    [accountId],
  );
  return rows;
}

test('after two rotations while Temporal is down the second key stays in use, and the first is discarded', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'rotated' });
  exchange.generate('rotated', { spotTrades: 5, futuresTrades: 5, days: 20 });
  const owner = system.client.forOwner('rotated');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);

  const { DATABASE_URL: databaseUrl = '', CREDENTIALS_PUBLIC_KEY: publicKey = '' } = system.env;
  const cutOff = createClient({ databaseUrl, publicKey, temporal: { address: '127.0.0.1:1', connectTimeout: 500 } });
  const [first, second] = [exchange.addKey('rotated'), exchange.addKey('rotated')];
  for (const key of [first, second]) {
    expect(await cutOff.forOwner('rotated').rotate(accountId, key)).toMatchObject({ outcome: 'undecided' });
  }
  await cutOff.close();
  const isUsed = { state: 'active', fingerprint: fingerprintOf(second.apiKey) };
  await owner.sync(accountId);
  await expect.poll(() => keysOf(accountId)).toMatchObject([isUsed]);
  // The user may have deleted it at the exchange by now.
  exchange.removeKey(first.apiKey);
  await owner.sync(accountId);
  expect(await keysOf(accountId)).toMatchObject([isUsed]);
  expect(await owner.status(accountId)).toMatchObject({ status: 'live', problems: [] });
});

test('an older key whose check comes after a newer one was adopted is discarded, and its caller learns so', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'overtaken' });
  const owner = system.client.forOwner('overtaken');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  exchange.setSwitches({ latencyMs: 500 });
  const [older, newer] = [exchange.addKey('overtaken'), exchange.addKey('overtaken')];
  const rotating = owner.rotate(accountId, older).catch((error: unknown) => error);
  await expect.poll(() => keysOf(accountId)).toHaveLength(2);
  const moveActive = (by: string) =>
    system.database.query(
      `update api_key set created_at = created_at + $2::interval where account_id = $1 and state = 'active'`,
      [accountId, by],
    );
  // As if it had waited for longest: the newer one is checked first.
  await moveActive('1 hour');
  expect(String(await rotating)).toMatch('A newer key of account');
  exchange.setSwitches({ latencyMs: 0 });
  await moveActive('-1 hour');
  expect(await keysOf(accountId)).toMatchObject([{ state: 'active' }]);
  expect(await owner.rotate(accountId, newer)).toMatchObject({ outcome: 'accepted' });
});

test('a refused key of an unlinked account does not end it while an earlier one waits to be checked', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'back' });
  const owner = system.client.forOwner('back');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  await owner.unlink(accountId);
  const { DATABASE_URL: databaseUrl = '', CREDENTIALS_PUBLIC_KEY: publicKey = '' } = system.env;
  const cutOff = createClient({ databaseUrl, publicKey, temporal: { address: '127.0.0.1:1', connectTimeout: 500 } });
  const right = exchange.addKey('back');
  const wrong = { ...exchange.addKey('back'), apiSecret: '0'.repeat(64) };
  const markStarted = () =>
    system.database.query('update account set started = true where account_id = $1', [accountId]);
  await markStarted();
  for (const key of [right, wrong]) {
    expect(await cutOff.forOwner('back').rotate(accountId, key)).toMatchObject({ outcome: 'undecided' });
    // Its workflow is not started before both wait.
    await markStarted();
  }
  await cutOff.close();
  await owner.resume(accountId);
  const isUsed = { state: 'active', fingerprint: fingerprintOf(right.apiKey) };
  await expect.poll(() => keysOf(accountId)).toMatchObject([isUsed]);
});

test('when the same key is linked three times while the exchange hangs, every answered link is accepted', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'thrice' });
  const owner = system.client.forOwner('thrice');
  const fault = exchange.inject({ fault: 'hang' });
  const links = Promise.all([1, 2, 3].map(() => notRefused(owner.link(account))));
  const keys = `select 1 from api_key join account using (account_id) where owner_id = 'thrice'`;
  const rows = async () => (await system.database.query(keys)).rowCount;
  // A link that fails says why, at once.
  await Promise.race([expect.poll(rows).toBe(3), links]);
  exchange.clearFaults(fault);
  const answers = await links;
  const first = answers.filter(({ outcome, alreadyLinked }) => outcome === 'accepted' && !alreadyLinked);
  expect(first.length).toBeLessThanOrEqual(1);
  for (const { outcome, accountId } of answers) {
    expect(['accepted', 'undecided']).toContain(outcome);
    await owner.waitForLive(accountId);
    await expect.poll(() => keysOf(accountId)).toMatchObject([{ state: 'active' }]);
    expect((await (await system.workflow(accountId)).describe()).status.name).toBe('RUNNING');
  }
});
