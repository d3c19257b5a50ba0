import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json } from '../../src/bitmart/clamps.ts';
import { createClient, type LimitReached } from '../../src/client/index.ts';
import { generateKeyRing } from '../../src/credentials/key-ring.ts';
import { createPostgresPace, expirePace, fleetFigures } from '../../src/database/index.ts';
import { notRefused } from '../support/not-refused.ts';
import { candidate, migratedDatabase, type TestDatabase } from './quota-database.ts';

let database: TestDatabase;
let publicKey: string;
beforeAll(async () => {
  database = await migratedDatabase();
  ({ publicKey } = await generateKeyRing());
});
afterAll(() => database.close());

const never = new AbortController().signal;
const client = (quotas = {}) =>
  createClient({
    databaseUrl: database.url,
    databaseSchema: database.schema,
    publicKey,
    quotas,
    temporal: { address: '127.0.0.1:1', connectTimeout: 200 },
  });
const credentials = (n: number) => ({ apiKey: String(n).padStart(40, 'a'), apiSecret: 'b'.repeat(64), memo: 'memo' });
const limitOf = async (attempt: Promise<unknown>): Promise<LimitReached> => {
  const error = await attempt.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'LimitReached', code: 'limit-reached' });
  return error as LimitReached;
};

describe('an owner', () => {
  test('who links one key again and again has a few candidates of it, the newest among them', async () => {
    const owner = client().forOwner('again');
    for (let i = 0; i < 21; i++) await notRefused(owner.link(credentials(1), { wait: false }));
    const { rows } = await sql<{ key_id: string }>`
      select api_key.* from api_key join account using (account_id) where owner_id = 'again'
      order by api_key.created_at`.execute(database.kysely);
    expect(rows).toHaveLength(5);
  });

  test('gets no more unproven keys than the hour allows, learns when to try again, and delays no other owner', async () => {
    const spammer = client({ unprovenKeysPerHour: 3 });
    for (let i = 0; i < 3; i++) await notRefused(spammer.forOwner('spam').link(credentials(100 + i), { wait: false }));
    const refusal = await limitOf(notRefused(spammer.forOwner('spam').link(credentials(200), { wait: false })));
    expect(refusal.limit).toBe('unproven-keys-per-hour');
    expect(refusal.message).toMatch(/3 .*hour/);
    expect(Math.round(((refusal.retryAt?.getTime() ?? 0) - Date.now()) / 60_000)).toBe(60);
    await limitOf(spammer.forOwner('spam').check(credentials(201)));
    await notRefused(spammer.forOwner('quiet').link(credentials(300), { wait: false }));
    await sql`update key_attempt set attempted_at = attempted_at - interval '61 minutes'`.execute(database.kysely);
    await notRefused(spammer.forOwner('spam').link(credentials(202), { wait: false }));
  });

  test('can link a proved key any number of times', async () => {
    const owner = client({ unprovenKeysPerHour: 1 });
    const { accountId } = await notRefused(owner.forOwner('proved').link(credentials(400), { wait: false }));
    await sql`insert into known_key (account_id, fingerprint)
      select account_id, fingerprint from api_key where account_id = ${accountId} limit 1`.execute(database.kysely);
    await notRefused(owner.forOwner('proved').link(credentials(400), { wait: false }));
    await notRefused(owner.forOwner('proved').link(credentials(400), { wait: false }));
  });

  test('has no more accounts than are allowed, even when two are linked at once', async () => {
    const owner = client({ accountsPerOwner: 2 }).forOwner('many');
    await notRefused(owner.link(credentials(500), { wait: false }));
    const both = await Promise.allSettled(
      [501, 502].map((n) => notRefused(owner.link(credentials(n), { wait: false }))),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refusal = await limitOf(notRefused(owner.link(credentials(503), { wait: false })));
    expect(refusal).toMatchObject({ limit: 'accounts', retryAt: null });
  });
});

describe('what comes from a caller', () => {
  test.each(['check:abc', 'a\u0000b', '', ' ', 'x'.repeat(256), 'a\ud800', 'line\nbreak', 7, null])(
    '%j is not an owner id',
    (ownerId) => {
      expect(() => client().forOwner(ownerId as string)).toThrow(expect.objectContaining({ code: 'wrong-usage' }));
    },
  );

  test.each(['x'.repeat(201), 'a\u0000b', 'a\u001b[31m', 'a\ud800', 7])(
    '%j is neither a label nor a sub-account',
    async (text) => {
      const owner = client().forOwner('labels');
      for (const options of [{ label: text as string }, { subAccount: text as string }]) {
        await expect(notRefused(owner.link(credentials(600), { wait: false, ...options }))).rejects.toMatchObject({
          name: 'ClientError',
          code: 'wrong-usage',
        });
      }
      expect(await owner.list()).toEqual([]);
    },
  );

  test('a label of 200 characters is stored, and no longer one, even without the client’s check', async () => {
    await notRefused(
      client()
        .forOwner('long')
        .link(credentials(601), { label: '𝄞'.repeat(200), wait: false }),
    );
    await expect(database.saveCandidate(candidate({ ownerId: 'x', label: 'x'.repeat(201) }))).rejects.toThrow(/label/);
  });

  test.each(['a\u0000b', '\u001b[31m', 'x'.repeat(100_000), '', 7])('no account has the id %j', async (accountId) => {
    await expect(
      client()
        .forOwner('ids')
        .status(accountId as string),
    ).rejects.toMatchObject({ name: 'AccountNotFound' });
  });
});

describe('a forged cursor', () => {
  test.each(['records', 'changes', 'events'] as const)('of %s is reported as one', async (list) => {
    const owner = client().forOwner('cursor');
    const { accountId } = await notRefused(owner.link(credentials(700), { wait: false }));
    const { cursorOf } = await import('../../src/client/cursor.ts');
    const account = await owner.find(accountId);
    const forged = {
      records: [
        cursorOf(['records', accountId, 'spot-trades', '-Infinity', 'Infinity'], ['a\u0000', 'b', 'c', 'd']),
        cursorOf(['records', accountId, 'spot-trades', '-Infinity', 'Infinity'], ['soon', 'b', 'c', 'd']),
      ],
      changes: [
        ['NaN'],
        ['1e400'],
        ['-1'],
        ['0', 'spot-trades', 'a\u0000', 'b', 'c'],
        ['0', 'spot-trades'],
        ['0', 'nothing', 'x'],
      ].map((position) => cursorOf(['changes', accountId, account.createdAt.toISOString()], position)),
      events: [['life', 'x'], ['li\u0000fe', '1'], ['life'], ['life', '1e30'], ['life', '99999999999999999999']].map(
        (position) => cursorOf(['events', 'cursor', ''], position),
      ),
    }[list];
    for (const after of [...forged, 'x'.repeat(1_000_000), 7 as unknown as string]) {
      const read = {
        records: () => owner.records(accountId, 'spot-trades', { after }),
        changes: () => owner.changes(accountId, { after }),
        events: () => owner.events({ after }),
      }[list];
      await expect(read(), String(after).slice(0, 80)).rejects.toMatchObject({
        name: 'ClientError',
        code: 'wrong-cursor',
      });
    }
  });
});

describe('a lease', () => {
  const turn = (fingerprint: string) => ({ fingerprint, endpoint: '/system/time', spacingMs: 10 });
  const reserve = (fingerprint: string, until: string) =>
    sql`insert into lease (fingerprint, endpoint, next_turn_at) values (${fingerprint}, '/system/time', ${until}::timestamptz)`.execute(
      database.kysely,
    );

  test('that reserves a slot further away than any limit lasts is ignored', async () => {
    await reserve('public', '2083-01-01T00:00:00Z');
    const pace = createPostgresPace(database, { egressId: 'a' });
    await pace.waitForSlot(turn('public'), never);
    await pace.waitForSlot(turn('public'), never);
  });

  test('is never believed for longer than a limit lasts', async () => {
    const pace = createPostgresPace(database, { egressId: 'a' });
    await pace.slowDown({ ...turn('key'), untilMs: Date.now() + 1e12 });
    const { rows } = await sql<{ seconds: number }>`
      select extract(epoch from next_turn_at - now())::float8 as seconds from lease where fingerprint = 'key'`.execute(
      database.kysely,
    );
    expect(rows[0]?.seconds).toBeGreaterThan(50);
    expect(rows[0]?.seconds).toBeLessThanOrEqual(60);
  });

  test('of an unknown key expires, and both kinds are counted', async () => {
    await reserve('stranger', '2020-01-01T00:00:00Z');
    await reserve('far', '2083-01-01T00:00:00Z');
    const { leases } = await fleetFigures(database, { timetable: null });
    expect(leases['beyond-clamp']).toBe(1);
    expect(leases['of-unknown-keys']).toBeGreaterThanOrEqual(2);
    await expirePace(database);
    const { rows } = await sql<{ fingerprint: string }>`select fingerprint from lease`.execute(database.kysely);
    expect(rows.map(({ fingerprint }) => fingerprint)).toContain('public');
    expect(rows.map(({ fingerprint }) => fingerprint)).not.toContain('stranger');
    expect(rows.map(({ fingerprint }) => fingerprint)).not.toContain('far');
  });
});

test('a row at the depth limit can be stored with its text', async () => {
  const deepest = `${'['.repeat(json.maxDepth)}${']'.repeat(json.maxDepth)}`;
  await sql`select ${deepest}::json`.execute(database.kysely);
});

test('a pause of an address ends after 15 minutes, whatever was written', async () => {
  await sql`insert into cooldown (egress_id, until, reason, changed_at)
    values ('poisoned', '2083-01-01', 'forged', now() - interval '16 minutes')`.execute(database.kysely);
  await createPostgresPace(database, { egressId: 'poisoned' }).waitForSlot(
    { fingerprint: 'k', endpoint: '/e', spacingMs: 10 },
    never,
  );
  const pace = createPostgresPace(database, { egressId: 'far' });
  await pace.coolDown({ untilMs: Date.now() + 1e12, reason: 'far' });
  const { rows } = await sql<{ minutes: number }>`
    select extract(epoch from until - now())::float8 / 60 as minutes from cooldown where egress_id = 'far'`.execute(
    database.kysely,
  );
  expect(rows[0]?.minutes).toBeLessThanOrEqual(15);
});
