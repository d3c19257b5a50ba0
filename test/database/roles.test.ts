import { randomUUID } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/streams/index.ts';
import {
  connectDatabase,
  type Database,
  databaseRoles,
  listAccountsOfEveryOwner,
  migrate,
  ofOwner,
  RolesMissing,
  RoleUnavailable,
  roleName,
  saveCandidate,
} from '../../src/database/index.ts';
import { freshDatabase } from '../support/database.ts';
import { migratedDatabase, type TestDatabase } from './support.ts';
import { insertAnything, tablesWithAccounts } from './tables.ts';

let worker: TestDatabase;
let login: Database;
let client: Database;
let reader: Database;
beforeAll(async () => {
  worker = await migratedDatabase();
  login = connectDatabase({ url: worker.url });
  client = connectDatabase({ url: worker.url, role: 'client', poolSize: 2 });
  reader = connectDatabase({ url: worker.url, role: 'reader' });
});
afterAll(async () => {
  await Promise.all([login.close(), client.close(), reader.close()]);
  await worker.close();
});

/** r: select, a: insert, w: update, d: delete; a lower-case word in brackets: some columns. */
const records = { worker: 'rawd', client: 'r', reader: 'r' };
const expected: Readonly<Record<string, { worker: string; client: string; reader: string }>> = {
  ...Object.fromEntries(streams.map(({ table }) => [table.name, records])),
  account: { worker: 'rawd', client: 'rd (aw)', reader: 'r' },
  account_event: { worker: 'rawd', client: 'r (w)', reader: 'r' },
  account_label: { worker: 'rawd', client: 'ra (w)', reader: 'r' },
  account_problem: { worker: 'rawd', client: 'rd', reader: 'r' },
  api_key: { worker: 'rawd', client: 'd (ra)', reader: '' },
  balance_snapshot: records,
  cooldown: { worker: 'rawd', client: '', reader: 'r' },
  coverage: { worker: 'rawd', client: 'r (w)', reader: 'r' },
  erasure: { worker: 'rawd', client: 'r (w)', reader: 'r' },
  fleet_report: { worker: 'rawd', client: '', reader: 'r' },
  gap: records,
  key_attempt: { worker: 'rawd', client: 'ra', reader: '' },
  key_verdict: { worker: 'rawd', client: '', reader: '' },
  known_key: { worker: 'rawd', client: 'r', reader: '' },
  kysely_migration: { worker: 'r', client: 'r', reader: 'r' },
  kysely_migration_lock: { worker: '', client: '', reader: '' },
  lease: { worker: 'rawd', client: '', reader: '' },
  link_session: { worker: 'rawd', client: 'a (rw)', reader: '' },
  merged_account: records,
  page: records,
  quarantined_row: records,
  record_version: records,
  stream_reach: { worker: 'rawd', client: '', reader: 'r' },
};

describe('the roles', () => {
  test('may do what this table says, and nothing else: a new table needs `grantTable` or `grantNewTables`', async () => {
    const role = sql<string>`(${login.schema} || '_' || role)`;
    const { rows } = await sql<{ name: string; role: string; whole: string | null; columns: string | null }>`
      select relname as name, role, string_agg(letter, '' order by place) filter (where whole) as whole,
             string_agg(letter, '' order by place) filter (where columns and not whole) as columns
      from pg_class
      cross join unnest(${[...databaseRoles]}::text[]) as role
      cross join (values (1, 'r', 'select'), (2, 'a', 'insert'), (3, 'w', 'update'), (4, 'd', 'delete')) as p (place, letter, word)
      cross join lateral (
        select has_table_privilege(${role}, pg_class.oid, word) as whole,
               word <> 'delete' and has_any_column_privilege(${role}, pg_class.oid, case word when 'delete' then 'select' else word end) as columns
      ) as privilege
      where relnamespace = ${login.schema}::regnamespace and relkind in ('r', 'p')
      group by relname, role order by relname`.execute(login.kysely);
    const found: Record<string, Record<string, string>> = {};
    for (const { name, role, whole, columns } of rows) {
      found[name] ??= {};
      (found[name] as Record<string, string>)[role] = `${whole ?? ''}${columns === null ? '' : ` (${columns})`}`.trim();
    }
    expect(found).toEqual(expected);
  });

  test('see rows through policies that bind the tables’ owner too, on every table that knows accounts or owners', async () => {
    const { rows } = await sql<{ name: string; forced: boolean; policies: string }>`
      select relname as name, relrowsecurity and relforcerowsecurity as forced,
             (select coalesce(string_agg(polname, ' ' order by polname), '') from pg_policy where polrelid = pg_class.oid) as policies
      from pg_class
      where relnamespace = ${login.schema}::regnamespace and relkind in ('r', 'p')
        and exists (select from pg_attribute where attrelid = pg_class.oid and attname in ('account_id', 'owner_id')
                    and not attisdropped)`.execute(login.kysely);
    expect(rows.length).toBeGreaterThan(15);
    for (const { name, ...security } of rows) {
      expect(security, name).toEqual({
        forced: true,
        policies: 'client client_deletes client_inserts client_updates reader worker',
      });
    }
  });

  test('log in nowhere, are not superusers, and may not step around the policies', async () => {
    const { rows } = await sql`
      select rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole from pg_roles
      where rolname = any(${databaseRoles.map((role) => roleName(login.schema, role))})
         or rolname = session_user order by rolname`.execute(login.kysely);
    const plain = { rolcanlogin: false, rolsuper: false, rolbypassrls: false, rolcreaterole: false };
    expect(rows).toEqual([
      { ...plain, rolname: 'bitmart_sync', rolcanlogin: true, rolcreaterole: true },
      ...['client', 'reader', 'worker'].map((role) => ({ ...plain, rolname: `bitmart_sync_${role}` })),
    ]);
  });

  test('call the functions that run as the worker only where they are meant to', async () => {
    const { rows } = await sql<{ name: string; owner: string; path: string[] | null; callers: string[] }>`
      select proname as name, pg_get_userbyid(proowner) as owner, proconfig as path,
             array(select role from unnest(${[...databaseRoles, 'public']}::text[]) as role
                   where case role when 'public' then has_function_privilege('pg_monitor', pg_proc.oid, 'execute')
                         else has_function_privilege(${login.schema} || '_' || role, pg_proc.oid, 'execute') end) as callers
      from pg_proc where pronamespace = ${login.schema}::regnamespace and prosecdef order by proname`.execute(
      login.kysely,
    );
    const asWorker = { owner: 'bitmart_sync_worker', path: ['search_path=bitmart_sync, pg_temp'] };
    expect(rows).toEqual([
      { name: 'begin_erasure', ...asWorker, callers: ['worker', 'client'] },
      { name: 'fleet_streams', ...asWorker, callers: ['worker', 'client', 'reader'] },
      { name: 'link_session_owner', ...asWorker, callers: ['worker', 'client'] },
      // A trigger's: no role calls it. The worker owns it.
      { name: 'note_account_change', ...asWorker, callers: ['worker'] },
      { name: 'owners_of_due_link_sessions', ...asWorker, callers: ['worker', 'client'] },
    ]);
  });
});

describe.each(['client', 'reader'] as const)('a %s takes no right of the worker', (role) => {
  let thief: pg.PoolClient;
  beforeEach(async () => {
    thief = await (role === 'client' ? client : reader).pool.connect();
  });
  afterEach(() => thief.release(true));

  test('by temporary tables and views named as ours, which the worker’s functions would work on', async () => {
    await candidateOf(ofOwner(client, 'ida'), 'ida');
    await thief.query(`create function pg_temp.steal() returns text language sql as $$
      select 'stolen ' || string_agg(sealed, ' ') from bitmart_sync.api_key $$`);
    await thief.query(`create temporary view coverage as
      select pg_temp.steal() as stream, now() as newest_row_at, 0::bigint as proved_reach_ms`);
    await thief.query(`create temporary table account_event (account_id text, event_id bigint, kind text,
      at timestamptz, details json, loot text default pg_temp.steal())`);
    await thief.query('grant all on pg_temp.coverage, pg_temp.account_event to bitmart_sync_worker');
    const { rows } = await thief.query('select * from bitmart_sync.fleet_streams()');
    expect(JSON.stringify(rows)).not.toContain('stolen');
    if (role === 'client') {
      await thief.query(`select set_config('bitmart_sync.owner', 'ida', false)`);
      await thief.query(`update bitmart_sync.account set status = 'needs-attention'`);
      const events = await thief.query('select kind from bitmart_sync.account_event');
      expect(events.rows).toEqual([{ kind: 'needs-attention' }]);
    }
    expect((await thief.query('select loot from pg_temp.account_event')).rows).toEqual([]);
  });

  test('by attaching a trigger of ours to a table of its own', async () => {
    await thief.query('create temporary table own_account as select * from bitmart_sync.account');
    const attach = `create trigger attached before update on pg_temp.own_account for each row
      execute function bitmart_sync.note_account_change()`;
    await expect(thief.query(attach)).rejects.toThrow('permission denied');
  });
});

describe('a client', () => {
  test('stores a sealed key and never reads one', async () => {
    const anna = ofOwner(client, 'anna');
    const accountId = await candidateOf(anna, 'anna');
    await expect(sql`select sealed from api_key`.execute(anna.kysely)).rejects.toThrow('permission denied');
    await expect(sql`select * from api_key`.execute(anna.kysely)).rejects.toThrow('permission denied');
    await expect(sql`delete from api_key returning sealed`.execute(anna.kysely)).rejects.toThrow('permission denied');
    const { rows } = await sql`select account_id, state from api_key`.execute(anna.kysely);
    expect(rows).toEqual([{ account_id: accountId, state: 'candidate' }]);
    const active = sql`
      insert into api_key (account_id, key_id, fingerprint, sealed, state) values (${accountId}, 'k', 'f', 's', 'active')`;
    await expect(active.execute(anna.kysely)).rejects.toThrow('row-level security');
  });

  test('sees and changes nothing of another owner’s, nor anything while it names none', async () => {
    const accountId = await candidateOf(ofOwner(client, 'bea'), 'bea');
    for (const table of await tablesWithAccounts(login)) {
      if (!['account', 'api_key'].includes(table)) await insertAnything(login, table, accountId, 'bea');
    }
    const isReadable = (table: string) => expected[table]?.client !== '';
    const tables = [...(await tablesWithAccounts(login)).filter(isReadable), 'key_attempt'];
    for (const [who, database] of Object.entries({ carl: ofOwner(client, 'carl'), unreachable: client })) {
      for (const table of tables) {
        expect(await countOf(database, table), `${who} in ${table}`).toBe(0);
      }
      const written = await sql`update account set label = 'mine' where account_id = ${accountId} returning 1`.execute(
        database.kysely,
      );
      expect(written.rows).toEqual([]);
      await sql`delete from api_key`.execute(database.kysely);
      const foreign = sql`
        insert into account (account_id, owner_id, status) values (${randomUUID()}, 'bea', 'checking')`;
      await expect(foreign.execute(database.kysely)).rejects.toThrow('row-level security');
      const key = sql`
        insert into api_key (account_id, key_id, fingerprint, sealed, state) values (${accountId}, ${randomUUID()}, 'f', 's', 'candidate')`;
      await expect(key.execute(database.kysely)).rejects.toThrow('row-level security');
    }
    for (const table of tables) {
      const bea = await countOf(ofOwner(client, 'bea'), table);
      expect(bea, table).toBe(1);
    }
  });

  test('deletes an account that was never linked, and no other', async () => {
    const own = ofOwner(client, 'dora');
    const accountId = await candidateOf(own, 'dora');
    await sql`update account set linked_at = now() where account_id = ${accountId}`.execute(worker.kysely);
    const remove = sql`delete from account where account_id = ${accountId} returning 1`;
    expect((await remove.execute(own.kysely)).rows).toEqual([]);
    await sql`update account set linked_at = null where account_id = ${accountId}`.execute(worker.kysely);
    expect((await remove.execute(own.kysely)).rows).toHaveLength(1);
  });

  test('leaves no owner behind on a connection, whether its transaction ended, failed, or was given back in the middle', async () => {
    const pool = connectDatabase({ url: worker.url, role: 'client', poolSize: 1 });
    const owner = ofOwner(pool, 'emil');
    const named = async () => {
      const { rows } = await pool.pool.query(
        `select coalesce(current_setting('bitmart_sync.owner', true), '') as owner`,
      );
      return rows[0].owner;
    };
    const seen = async (kysely: Database['kysely']) =>
      (await sql<{ owner: string }>`select current_setting('bitmart_sync.owner', true) as owner`.execute(kysely))
        .rows[0]?.owner;
    expect(await seen(owner.kysely)).toBe('emil');
    expect(await named()).toBe('');
    await expect(sql`select 1 / 0`.execute(owner.kysely)).rejects.toThrow('division by zero');
    expect(await named()).toBe('');
    await owner.kysely.transaction().execute(async (transaction) => {
      expect(await seen(transaction)).toBe('emil');
      expect(await seen(transaction)).toBe('emil');
    });
    expect(await named()).toBe('');
    const failing = owner.kysely.transaction().execute(async (transaction) => {
      await sql`select 1 / 0`.execute(transaction);
    });
    await expect(failing).rejects.toThrow('division by zero');
    expect(await named()).toBe('');
    const abandoned = await owner.pool.connect();
    await abandoned.query('begin');
    abandoned.release();
    expect(await named()).toBe('');
    // Two owners by turns on the one connection.
    const other = ofOwner(pool, 'fritz');
    const turns = await Promise.all(Array.from({ length: 20 }, (_, i) => seen((i % 2 ? owner : other).kysely)));
    expect(turns).toEqual(Array.from({ length: 20 }, (_, i) => (i % 2 ? 'emil' : 'fritz')));
    await pool.close();
  });

  test('is a client still after everything was reset', async () => {
    const connection = await client.pool.connect();
    for (const reset of ['reset role', 'reset all', 'discard all']) {
      await connection.query(reset);
      const { rows } = await connection.query('select current_user as name');
      expect(rows, reset).toEqual([{ name: 'bitmart_sync_client' }]);
    }
    connection.release(true);
  });
});

test('the reader sees every owner’s accounts, no key, and changes nothing', async () => {
  await candidateOf(ofOwner(client, 'gina'), 'gina');
  await candidateOf(ofOwner(client, 'hans'), 'hans');
  const owners = (await listAccountsOfEveryOwner(reader)).map(({ ownerId }) => ownerId);
  expect(owners).toEqual(expect.arrayContaining(['gina', 'hans']));
  for (const table of ['api_key', 'known_key', 'link_session']) {
    await expect(countOf(reader, table)).rejects.toThrow('permission denied');
  }
  await expect(sql`delete from page`.execute(reader.kysely)).rejects.toThrow('permission denied');
});

describe('a login', () => {
  test('that may make no roles is shown what to run once, and then migrates', async () => {
    const fresh = await freshDatabase();
    const name = `plain_${randomUUID().slice(0, 8)}`;
    const schema = `own_${randomUUID().slice(0, 8)}`;
    const admin = new pg.Client({ connectionString: fresh.url });
    await admin.connect();
    await admin.query(`create role ${name} login password 'plain'`);
    await admin.query(
      `create schema ${schema}; grant ${name} to current_user; alter schema ${schema} owner to ${name}`,
    );
    const url = new URL(fresh.url);
    url.username = name;
    url.password = 'plain';
    const plain = connectDatabase({ url: url.href, schema });
    const asWorker = connectDatabase({ url: url.href, schema, role: 'worker' });
    await expect(asWorker.pool.query('select 1')).rejects.toThrow(RoleUnavailable);
    await expect(asWorker.pool.query('select 1')).rejects.toThrow(/does not exist.*bitmart-sync migrate/);
    const refused = await migrate(plain).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RolesMissing);
    const { statements, message } = refused as RolesMissing;
    expect(message).toContain(statements);
    await admin.query(statements);
    expect((await migrate(plain)).length).toBeGreaterThan(20);
    expect((await asWorker.pool.query('select current_user as name')).rows).toEqual([{ name: `${schema}_worker` }]);
    await admin.query(`revoke ${schema}_worker from ${name}`);
    const revoked = connectDatabase({ url: url.href, schema, role: 'worker' });
    await expect(revoked.pool.query('select 1')).rejects.toThrow(/may not act as the role/);
    await Promise.all([plain.close(), asWorker.close(), revoked.close()]);
    const sessions = async () =>
      (await admin.query('select from pg_stat_activity where usename = $1', [name])).rowCount;
    await expect.poll(sessions, { interval: 20 }).toBe(0);
    await admin.query(`drop schema ${schema} cascade`);
    for (const role of databaseRoles) await admin.query(`drop role ${schema}_${role}`);
    await admin.query(`drop role ${name}`);
    await admin.end();
    await fresh.drop();
  });

  test('behind a pooler that drops its role does nothing, instead of seeing everything', async () => {
    const pooler = await droppingOptions(new URL(worker.url));
    const url = new URL(worker.url);
    url.port = String((pooler.address() as AddressInfo).port);
    const asClient = connectDatabase({ url: url.href, role: 'client' });
    await expect(asClient.pool.query('select 1')).rejects.toThrow(/did not take the role bitmart_sync_client/);
    await expect(asClient.pool.query('select 1')).rejects.toThrow(RoleUnavailable);
    await asClient.close();
    pooler.close();
  });

  test('migrates databases of one schema name at the same moment, which share their roles', async () => {
    const several = await Promise.all([1, 2, 3, 4].map(() => freshDatabase()));
    const schema = `same_${randomUUID().slice(0, 8)}`;
    const logins = several.map(({ url }) => connectDatabase({ url, schema }));
    const applied = await Promise.all(logins.map((database) => migrate(database)));
    expect(new Set(applied.map((names) => names.length)).size).toBe(1);
    for (const { url } of several) {
      const asClient = connectDatabase({ url, schema, role: 'client' });
      expect((await sql`select from account`.execute(asClient.kysely)).rows).toEqual([]);
      await asClient.close();
    }
    for (const database of logins) {
      await sql`drop schema ${sql.id(schema)} cascade`.execute(database.kysely);
      await database.close();
    }
    for (const each of several) await each.drop();
    const admin = connectDatabase({ url: worker.url });
    for (const role of databaseRoles) await sql`drop role ${sql.id(roleName(schema, role))}`.execute(admin.kysely);
    await admin.close();
  });
});

/** As PgBouncer with `ignore_startup_parameters = options`: Postgres never hears of the settings of a connection's start. */
async function droppingOptions({ hostname, port }: URL): Promise<Server> {
  const pooler = createServer((socket) => {
    const server = connect(Number(port), hostname);
    for (const end of [socket, server]) end.on('error', () => undefined);
    socket.once('data', (start) => {
      const words = start.subarray(8).toString('latin1').split('\0');
      words.splice(words.indexOf('options'), 2);
      const body = Buffer.from(words.join('\0'), 'latin1');
      const head = Buffer.from(start.subarray(0, 8));
      head.writeInt32BE(head.length + body.length);
      server.write(Buffer.concat([head, body]));
      socket.pipe(server).pipe(socket);
    });
  });
  return new Promise((resolve) => pooler.listen(0, '127.0.0.1', () => resolve(pooler)));
}

async function candidateOf(database: Database, ownerId: string): Promise<string> {
  const accountId = randomUUID();
  await saveCandidate(database, {
    accountId,
    ownerId,
    keyId: randomUUID(),
    fingerprint: randomUUID(),
    sealed: 'sealed',
  });
  return accountId;
}

async function countOf({ kysely }: Database, table: string): Promise<number | undefined> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${sql.id(table)}`.execute(kysely);
  return rows[0]?.count;
}
