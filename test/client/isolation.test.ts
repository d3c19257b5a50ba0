import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lazyWorkflows } from '../../src/client/connections.ts';
import { ClientError } from '../../src/client/index.ts';
import { OwnerClient } from '../../src/client/owner-client.ts';
import { OwnerHistory } from '../../src/client/owner-history.ts';
import { AccountStore } from '../../src/client/stored-accounts.ts';
import { generateKeyRing } from '../../src/credentials/key-ring.ts';
import { connectDatabase, type Database, defaultQuotas, saveCandidate } from '../../src/database/index.ts';
import { insertAnything, tablesWithAccounts } from '../database/tables.ts';
import { credentials, freshPlatform, type Platform, unreachable } from './surroundings.ts';

let platform: Platform;
let login: Database;
let store: AccountStore;
/** Says that it is Bea's, and passes every check of the code; Postgres gets Anna as its owner. */
let client: OwnerClient;
const accountId = 'account-of-bea';
const sessionId = accountId;
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
  login = connectDatabase({ url: platform.env.DATABASE_URL as string });
  await saveCandidate(login, { accountId, ownerId: 'bea', keyId: 'k', fingerprint: 'f', sealed: 's' });
  for (const table of await tablesWithAccounts(login)) {
    if (!['account', 'api_key'].includes(table)) await insertAnything(login, table, accountId, 'bea');
  }
  store = new AccountStore(platform.env.DATABASE_URL as string, login.schema);
  client = new OwnerClient('bea', await connectionsAs('anna'));
});
afterAll(async () => {
  await Promise.all([store.close(), login.close()]);
  await platform.close();
});

/** A client's connections, whatever owner its code names. */
async function connectionsAs(ownerId: string) {
  const { publicKey } = await generateKeyRing();
  const asOwner = new Proxy(store, {
    get(target, name) {
      if (name === 'ofOwner') return () => target.ofOwner(ownerId);
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return {
    store: asOwner,
    accounts: store.ofOwner(ownerId),
    workflows: lazyWorkflows({ address: unreachable }, platform.taskQueue),
    publicKey,
    quotas: defaultQuotas,
    linkUrl: 'https://link.example.com',
  };
}

async function allOf(entries: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

const range = { stream: 'spot-trades', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' } as const;

/** Every method, and what it answers when there is nothing: null where it fails with `account-not-found`. */
const calls: Readonly<Record<string, readonly [call: (owner: OwnerClient) => Promise<unknown>, answer: unknown]>> = {
  list: [(owner) => owner.list(), []],
  find: [(owner) => owner.find(accountId), null],
  status: [(owner) => owner.status(accountId), null],
  coverage: [(owner) => owner.coverage(accountId, { evidence: true }), null],
  reconcile: [(owner) => owner.reconcile(accountId), null],
  records: [(owner) => owner.records(accountId, 'spot-trades'), null],
  allRecords: [(owner) => allOf(owner.allRecords(accountId, 'spot-trades')), null],
  changes: [(owner) => owner.changes(accountId), null],
  allChanges: [(owner) => allOf(owner.allChanges(accountId)), null],
  completeness: [(owner) => owner.completeness(accountId, range.stream, range.from, range.to), null],
  isComplete: [(owner) => owner.isComplete(accountId, range.stream, range.from, range.to), null],
  export: [(owner) => owner.export(accountId, 'spot-trades'), null],
  exportRecords: [(owner) => allOf(owner.exportRecords(accountId, 'spot-trades')), null],
  archive: [(owner) => allOf(owner.archive(accountId)), null],
  events: [(owner) => owner.events().then(({ events }) => events), []],
  allEvents: [(owner) => allOf(owner.allEvents()), []],
  replayWebhooks: [(owner) => owner.replayWebhooks(new Date(0)), 0],
  link: [(owner) => owner.link(credentials()), 'row-level security'],
  createLinkSession: [(owner) => owner.createLinkSession(), 'row-level security'],
  linkSession: [(owner) => owner.linkSession(sessionId), 'was not found'],
  check: [(owner) => owner.check(credentials()), 'row-level security'],
  rotate: [(owner) => owner.rotate(accountId, credentials()), null],
  rename: [(owner) => owner.rename(accountId, 'mine'), null],
  merge: [(owner) => owner.merge(accountId, 'another'), null],
  explain: [(owner) => owner.explain(accountId), null],
  report: [(owner) => owner.report(accountId), null],
  'report of all': [(owner) => owner.report(null).then(({ accounts }) => accounts), 0],
  sync: [(owner) => owner.sync(accountId), null],
  syncRange: [(owner) => owner.syncRange(accountId, range), null],
  pause: [(owner) => owner.pause(accountId), null],
  resume: [(owner) => owner.resume(accountId), null],
  unlink: [(owner) => owner.unlink(accountId), null],
  'unlink and erase': [(owner) => owner.unlink(accountId, { erase: true }), null],
  waitFor: [(owner) => owner.waitFor(accountId, () => true), null],
  waitForLive: [(owner) => owner.waitForLive(accountId), null],
};

describe('a client whose code believes that it serves another owner gets nothing from Postgres', () => {
  test.each(Object.entries(calls))('%s', async (_, [call, answer]) => {
    const before = await everything();
    const result = await call(client).catch((error: unknown) => error);
    if (answer === null) {
      expect(result).toBeInstanceOf(ClientError);
      expect(result).toMatchObject({ code: 'account-not-found' });
    } else if (typeof answer === 'string') {
      expect(result).toBeInstanceOf(Error);
      expect((result as Error).message).toContain(answer);
    } else {
      expect(result).toEqual(answer);
    }
    expect(await everything()).toEqual(before);
  });

  test('which goes for every method that there is', () => {
    const methods = [OwnerClient, OwnerHistory].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype));
    const uncalled = methods.filter((name) => !(name in calls) && !['constructor', 'about', 'account'].includes(name));
    expect(uncalled).toEqual([]);
  });

  test('and the same calls reach the account as its owner', async () => {
    const own = new OwnerClient('bea', await connectionsAs('bea'));
    expect(await own.list()).toMatchObject([{ accountId }]);
    expect(await own.status(accountId)).toMatchObject({ ownerId: 'bea' });
    expect((await own.records(accountId, 'spot-trades')).records).toHaveLength(1);
  });
});

test('raw SQL as a client’s role gets nothing of another owner, whatever it joins or calls', async () => {
  const anna = store.ofOwner('anna');
  const attempts = [
    sql`select * from account where owner_id = 'bea'`,
    sql`select r.* from spot_trade r left join account using (account_id)`,
    sql`select * from page where account_id = ${accountId} for update`,
    sql`with gone as (delete from account_problem returning *) select * from gone`,
    sql`with changed as (update account set label = 'x' where true returning *) select * from changed`,
    sql`select account_id from api_key where fingerprint = 'f'`,
    sql`select * from link_session_owner(decode(md5(${randomUUID()}), 'hex'))`,
  ];
  for (const attempt of attempts) {
    const rows = await anna
      .ask((database) => attempt.execute(database.kysely).then((result) => result.rows))
      .catch((error: Error) => error.message);
    // `for update` needs a right that a client has not.
    if (typeof rows === 'string') expect(rows).toContain('permission denied');
    else expect(rows).toEqual([]);
  }
});

async function everything(): Promise<Readonly<Record<string, unknown>>> {
  const found: Record<string, unknown> = {};
  for (const table of [...(await tablesWithAccounts(login)), 'key_attempt']) {
    const { rows } = await sql<{
      row: string;
    }>`select held::text as row from ${sql.id(table)} as held order by 1`.execute(login.kysely);
    found[table] = rows;
  }
  return found;
}
