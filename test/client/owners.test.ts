import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/streams/index.ts';
import { AccountNotFound, ClientError, createClient, type OwnerClient } from '../../src/client/index.ts';
import { AccountStore, foundAccount } from '../../src/client/stored-accounts.ts';
import { endAccount } from '../../src/client/unlink.ts';
import { notRefused } from '../support/not-refused.ts';
import { credentials, freshPlatform, type Platform, unreachable } from './surroundings.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
});
afterAll(() => platform.close());

describe('an account belongs to its owner', () => {
  let accountId: string;
  beforeAll(async () => {
    ({ accountId } = await notRefused(platform.client.forOwner('anna').link(credentials(), { label: 'Mine' })));
  });

  test('only its owner sees it', async () => {
    expect(await platform.client.forOwner('anna').list()).toMatchObject([
      { accountId, ownerId: 'anna', label: 'Mine' },
    ]);
    expect(await platform.client.forOwner('ben').list()).toEqual([]);
  });

  const calls: Record<string, (owner: OwnerClient, id: string) => Promise<unknown>> = {
    find: (owner, id) => owner.find(id),
    status: (owner, id) => owner.status(id),
    coverage: (owner, id) => owner.coverage(id),
    explain: (owner, id) => owner.explain(id),
    sync: (owner, id) => owner.sync(id),
    pause: (owner, id) => owner.pause(id),
    resume: (owner, id) => owner.resume(id),
    rotate: (owner, id) => owner.rotate(id, credentials()),
    unlink: (owner, id) => owner.unlink(id, { erase: true }),
    waitForLive: (owner, id) => owner.waitForLive(id),
  };
  test.each(Object.entries(calls))(
    '%s finds another owner’s account as little as one that does not exist',
    async (_, call) => {
      const failures: unknown[] = [];
      for (const id of [accountId, 'nosuchaccount']) {
        failures.push(await call(platform.client.forOwner('ben'), id).catch((error: unknown) => error));
      }
      const [others, unknown] = failures as [AccountNotFound, AccountNotFound];
      expect(others).toBeInstanceOf(AccountNotFound);
      expect(unknown).toBeInstanceOf(AccountNotFound);
      expect(others.message.replace(accountId, 'ID')).toBe(unknown.message.replace('nosuchaccount', 'ID'));
      expect(others.remedy).toBe(unknown.remedy);
      expect(await platform.client.forOwner('anna').list()).toHaveLength(1);
    },
  );

  test('a wait in vain says of which account, and how it stands', async () => {
    const live = platform.client.forOwner('anna').waitForLive(accountId, { timeoutMs: 20, everyMs: 10 });
    const message = `Account ${accountId} is checking after 0.02 s, which is not what was waited for.`;
    await expect(live).rejects.toMatchObject({ code: 'timed-out', message });
  });

  test('a key of an account which is being erased is refused until that is done', async () => {
    const key = credentials();
    const owner = platform.client.forOwner('anna-3');
    const { accountId: merged } = await notRefused(owner.link(key));
    await query('delete from account where account_id = $1', [merged]);
    await query(
      `insert into merged_account (account_id, owner_id, merged_into) values ($1, 'anna-3', 'being erased')`,
      [merged],
    );
    await expect(owner.link(key)).rejects.toMatchObject({ code: 'request-refused' });
  });

  test.each([false, true])(
    'an account that was merged since it was seen is not said to be unlinked (erase: %s)',
    async (erase) => {
      const ownerId = `anna-4-${erase}`;
      const { accountId: merged } = await notRefused(platform.client.forOwner(ownerId).link(credentials()));
      const store = new AccountStore(platform.env.DATABASE_URL as string, 'bitmart_sync');
      const accounts = store.ofOwner(ownerId);
      const seen = await foundAccount(accounts, ownerId, merged);
      await query('delete from account where account_id = $1', [merged]);
      await query(`insert into merged_account (account_id, owner_id, merged_into) values ($1, $2, 'other')`, [
        merged,
        ownerId,
      ]);
      await expect(endAccount(accounts, seen, erase)).rejects.toMatchObject({ mergedInto: 'other' });
      await store.close();
    },
  );

  test('the same key is another account for another owner', async () => {
    const shared = credentials();
    const anna = await notRefused(platform.client.forOwner('anna-2').link(shared));
    const ben = await notRefused(platform.client.forOwner('ben-2').link(shared));
    expect(anna.accountId).not.toBe(ben.accountId);
  });

  test('an owner id that can’t be one is refused', () => {
    expect(() => platform.client.forOwner(' ')).toThrow(ClientError);
    expect(() => platform.client.forOwner('x'.repeat(256))).toThrow(ClientError);
  });
});

describe('linking while Temporal is away', () => {
  test('keeps the key, sealed, and says what is missing', async () => {
    const secret = credentials();
    const link = await notRefused(platform.client.forOwner('carla').link(secret));
    expect(link).toEqual({
      accountId: expect.any(String),
      status: 'checking',
      alreadyLinked: false,
      readOnly: null,
      permissions: [],
      keyExpiresAt: null,
      problems: [
        {
          code: 'temporal-unreachable',
          severity: 'error',
          message: expect.not.stringContaining(unreachable),
          remedy: expect.stringContaining('stored, encrypted'),
          facts: { isStored: true },
          operator: { message: expect.stringContaining(unreachable), remedy: expect.any(String) },
        },
      ],
      outcome: 'undecided',
      remarks: [],
    });
    const stored = JSON.stringify(await rowsOf('api_key', link.accountId));
    expect(stored).toContain('candidate');
    for (const text of Object.values(secret)) expect(stored).not.toContain(text);
  });

  test('one key under two sub-account names and labels is one account', async () => {
    const key = credentials();
    const owner = platform.client.forOwner('dora');
    const links = await Promise.all([
      notRefused(owner.link(key, { label: 'First', subAccount: 'one' })),
      notRefused(owner.link(key, { label: 'Second', subAccount: 'two' })),
    ]);
    expect(links[0].accountId).toBe(links[1].accountId);
    expect(await owner.list()).toHaveLength(1);
  });

  test('a check leaves nothing behind', async () => {
    const before = await count('account');
    const keysBefore = await count('api_key');
    const check = await platform.client.check(credentials());
    expect(check.problems).toMatchObject([{ code: 'temporal-unreachable' }]);
    expect(check.problems[0]?.remedy).toContain('Nothing was stored');
    expect(await count('account')).toBe(before);
    expect(await count('api_key')).toBe(keysBefore);
    expect(check.accountId).toBeNull();
  });

  test('an unlink takes effect at once, and an erasure leaves nothing', async () => {
    const owner = platform.client.forOwner('emil');
    const key = credentials();
    const { accountId } = await notRefused(owner.link(key));
    await owner.unlink(accountId);
    expect(await owner.list()).toMatchObject([{ accountId, status: 'unlinked' }]);
    expect(await owner.status(accountId)).toMatchObject({ status: 'unlinked' });
    expect(await rowsOf('api_key', accountId)).toEqual([]);
    // The same key can be linked again, and unlinked again.
    expect(await owner.link(key)).toMatchObject({ accountId, status: 'checking' });
    await owner.unlink(accountId);
    expect(await rowsOf('api_key', accountId)).toEqual([]);
    await owner.unlink(accountId, { erase: true });
    expect(await rowsOf('account', accountId)).toEqual([]);
    await expect(owner.unlink(accountId)).rejects.toThrow(AccountNotFound);
  });
});

describe('what is known', () => {
  test('status and coverage work without Temporal, in the documented shape', async () => {
    const owner = platform.client.forOwner('frida');
    const { accountId } = await notRefused(owner.link(credentials(), { label: 'Old', subAccount: 'desk' }));
    const status = await owner.status(accountId);
    expect(Object.keys(status)).toEqual(
      'accountId ownerId label subAccount names status keyExpiresAt readOnly problems nextSyncAt historyAtRiskAt complete unreadable balances streams'.split(
        ' ',
      ),
    );
    expect(status).toMatchObject({ accountId, ownerId: 'frida', label: 'Old', subAccount: 'desk', status: 'checking' });
    const coverage = await owner.coverage(accountId);
    expect(Object.keys(coverage)).toEqual(['accountId', 'asOf', 'complete', 'unreadable', 'balances', 'streams']);
    expect(coverage.asOf).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(coverage.streams.map((stream) => stream.stream)).toEqual(streams.map(({ name }) => name));
    for (const stream of coverage.streams) {
      expect(Object.keys(stream)).toEqual(
        'stream rows complete from through settledThrough covered gaps atRiskAt lastReadAt servedBack requestedAt'.split(
          ' ',
        ),
      );
      expect(stream).toMatchObject({ rows: 0, complete: false, through: null, covered: [], lastReadAt: null });
    }
  });
});

test('an account is renamed without its key, and every name is kept', async () => {
  const owner = platform.client.forOwner('greta');
  const { accountId } = await notRefused(owner.link(credentials(), { label: 'Old', subAccount: 'desk' }));
  await owner.rename(accountId, 'New');
  expect(await owner.list()).toMatchObject([{ label: 'New', subAccount: 'desk' }]);
  await owner.rename(accountId, null);
  expect(await owner.status(accountId)).toMatchObject({ label: null, names: [{}, { label: 'New' }] });
  await owner.rename(accountId, 'New');
  expect((await owner.status(accountId)).names[0]).toMatchObject({ label: 'New', subAccount: 'desk' });
  await expect(platform.client.forOwner('mallory').rename(accountId, 'Mine')).rejects.toThrow(AccountNotFound);
});

async function rowsOf(table: string, accountId: string): Promise<readonly unknown[]> {
  return query(`select * from ${table} where account_id = $1`, [accountId]);
}

async function count(table: string): Promise<number> {
  return (await query(`select 1 from ${table}`, [])).length;
}

async function query(text: string, values: readonly string[]): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: platform.env.DATABASE_URL as string });
  await client.connect();
  try {
    await client.query('set search_path to bitmart_sync');
    return (await client.query(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

test('a closed client leaves no connection, whoever it asked for', async () => {
  const closed = createClient({ databaseUrl: platform.env.DATABASE_URL as string, timetable: null });
  const sessions = async () => {
    const { rows } = await platform.database.pool.query(
      "select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name = 'bitmart-sync client'",
    );
    return rows[0].count as number;
  };
  const before = await sessions();
  expect(await closed.forOwner('nobody').list()).toEqual([]);
  expect(await sessions()).toBe(before + 1);
  await closed.close();
  await expect.poll(sessions, { timeout: 2_000 }).toBe(before);
  await expect(closed.forOwner('nobody').list()).rejects.toMatchObject({ code: 'client-closed' });
});
