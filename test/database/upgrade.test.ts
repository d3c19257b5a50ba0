import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { dumpSchema, schemaFile } from '../../dev/schema-dump.ts';
import { streams } from '../../src/bitmart/streams/index.ts';
import {
  compareSchema,
  connectDatabase,
  createPostgresStore,
  type Database,
  listAccounts,
  loadParts,
  loadProblems,
  migrate,
  ofOwner,
  readChanges,
  readEvents,
  readRecords,
  requireCurrentSchema,
} from '../../src/database/index.ts';
import type { Stream } from '../../src/history/stream.ts';
import { freshDatabase } from '../support/database.ts';
import { setStatus } from './support.ts';
import { insertAnything, tablesWithAccounts } from './tables.ts';

/** Every released version, and the last of its migrations: an upgrade from each must keep working. */
const releases = { '0.1.0': '0004-pace' };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function emptyDatabase(): Promise<Database> {
  const fresh = await freshDatabase();
  closing.push(() => fresh.drop());
  const database = connectDatabase({ url: fresh.url });
  closing.push(() => database.close());
  return database;
}

async function releasedDatabase(version: keyof typeof releases): Promise<Database> {
  const database = await emptyDatabase();
  await migrate(database, { through: releases[version] });
  await database.pool.query(readFileSync(new URL(`./releases/${version}.sql`, import.meta.url), 'utf8'));
  return database;
}

async function everything(database: Database): Promise<Record<string, readonly Record<string, unknown>[]>> {
  const tables = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = ${database.schema} and tablename not like 'kysely%'`.execute(
    database.kysely,
  );
  const rows: Record<string, readonly Record<string, unknown>[]> = {};
  for (const { name } of tables.rows) {
    // As text, because that is what was stored, to the digit and the blank.
    const found = await sql<{ row: string }>`
      select to_json(held)::text as row from ${sql.id(name)} as held order by 1`.execute(database.kysely);
    rows[name] = found.rows.map(({ row }) => JSON.parse(row));
  }
  return rows;
}

describe.each(Object.keys(releases) as (keyof typeof releases)[])('an upgrade from %s', (version) => {
  test('only adds: every row and every column that was there is unchanged', async () => {
    const database = await releasedDatabase(version);
    const before = await everything(database);
    expect(Object.entries(before).filter(([, rows]) => rows.length === 0)).toEqual([]);
    await migrate(database);
    await requireCurrentSchema(database);
    const after = await everything(database);
    for (const [table, rows] of Object.entries(before)) {
      expect(after[table], table).toEqual(rows.map((row) => expect.objectContaining(row)));
    }
  });

  test('gives an account that goes on: its history is read, followed and added to', async () => {
    const database = await releasedDatabase(version);
    await migrate(database);
    const accountId = 'old';
    expect(await listAccounts(database, 'anna')).toMatchObject([{ accountId, label: 'Mine', status: 'live' }]);
    expect(await loadProblems(database, accountId)).toMatchObject([{ code: 'no-permission', stream: 'withdrawals' }]);
    const [spotTrades] = streams as unknown as [Stream];
    const range = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    const trades = await readRecords(database, { accountId, stream: spotTrades, range, after: null, limit: 10 });
    expect(trades).toMatchObject([
      { price: '26910.40000000000000000001', raw: '{"price":"26910.40000000000000000001",  "size":"0.10"}' },
      { price: '26911' },
    ]);
    const changes = await readChanges(database, { accountId, streams, after: null, limit: 100 });
    expect(changes?.changes.map((change) => change.stream.name).toSorted()).toEqual([
      'deposits',
      'futures-trades',
      'spot-trades',
      'spot-trades',
      'withdrawals',
    ]);

    const store = createPostgresStore(database, { gapsOf: () => [] });
    const part = { accountId, stream: spotTrades, part: 'all' };
    const { fence, state } = await store.openPart(part);
    expect(state).toEqual((await loadParts(database, accountId))[0]?.state);
    await store.changePart(part, fence, (known) => ({ ...known, readThrough: false }));
    await setStatus(database, accountId, { status: 'needs-attention' });
    await setStatus(database, accountId, { status: 'live' });
    const events = await readEvents(database, { ownerId: 'anna', accountId, after: new Map(), limit: 10 });
    expect(events.map((event) => event.kind)).toEqual(['gap-closed', 'needs-attention', 'recovered']);
  });
});

describe('a database of 0.2.0 that belongs to a superuser', () => {
  const handOver = readFileSync(new URL('../../docs/hand-over.sql', import.meta.url), 'utf8');

  test.each([
    ['migrates as before, and is handed over then', undefined],
    ['is handed over first, and migrated by its new owner', '0011-tail'],
  ])('%s: afterwards nothing needs the superuser', async (_, through) => {
    const fresh = await freshDatabase();
    closing.push(() => fresh.drop());
    const superuser = connectDatabase({ url: fresh.superuserUrl, poolSize: 2 });
    await sql`drop schema ${sql.id(superuser.schema)}`.execute(superuser.kysely);
    await migrate(superuser, { through: '0011-tail' });
    for (const table of await tablesWithAccounts(superuser)) await insertAnything(superuser, table, 'old', 'anna');
    await migrate(superuser, { through });
    await superuser.pool.query(handOver);
    const own = sql`
      select relname as name from pg_class where relnamespace = ${superuser.schema}::regnamespace
        and pg_get_userbyid(relowner) <> 'bitmart_sync'
      union all
      select proname from pg_proc where pronamespace = ${superuser.schema}::regnamespace
        and pg_get_userbyid(proowner) not in ('bitmart_sync', 'bitmart_sync_worker')`;
    expect((await own.execute(superuser.kysely)).rows).toEqual([]);
    await superuser.close();

    const login = connectDatabase({ url: fresh.url });
    const worker = connectDatabase({ url: fresh.url, role: 'worker' });
    const client = connectDatabase({ url: fresh.url, role: 'client' });
    closing.push(async () => void (await Promise.all([login.close(), worker.close(), client.close()])));
    await migrate(login);
    await requireCurrentSchema(login);
    expect((await sql`select rolsuper from pg_roles where rolname = session_user`.execute(login.kysely)).rows).toEqual([
      { rolsuper: false },
    ]);
    // Migrations to come see every row, as the worker does; a client sees its owner's.
    for (const database of [login, worker, ofOwner(client, 'anna')]) {
      expect(await listAccounts(database, 'anna')).toMatchObject([{ accountId: 'old' }]);
    }
    expect(await listAccounts(client, 'anna')).toEqual([]);
    await setStatus(worker, 'old', { status: 'needs-attention' });
    await sql`alter table spot_trade add column later int`.execute(login.kysely);
  });
});

describe('a migration', () => {
  test('gives way when a table is in use, changes nothing, and goes through once it is free', async () => {
    const database = await releasedDatabase('0.1.0');
    const reader = await database.pool.connect();
    await reader.query('begin');
    await reader.query('select * from account');
    const refused = migrate(database, { lockTimeoutMs: 100, attempts: 1 });
    await expect(refused).rejects.toThrow(/in use by a transaction.*Nothing was changed/);
    expect((await compareSchema(database)).missing.length).toBeGreaterThan(0);
    // No statement waits behind it: workers continue while it tries again.
    const migrating = migrate(database, { lockTimeoutMs: 100, attempts: 20 });
    await database.pool.query(`update account set next_sync_at = now() where account_id = 'old'`);
    await reader.query('commit');
    reader.release();
    expect((await migrating).length).toBeGreaterThan(0);
    await requireCurrentSchema(database);
  });
});

test('the schema that is written down is the one that the migrations make', async () => {
  const database = await emptyDatabase();
  await migrate(database);
  const made = await dumpSchema(database.pool, database.schema);
  expect(made, 'write it anew with `npm run schema`').toBe(readFileSync(schemaFile, 'utf8'));
});

test('marks the answers whose deposits and withdrawals a later mapping reads otherwise, and no others', async () => {
  const database = await emptyDatabase();
  await migrate(database, { through: '0017-link-sessions' });
  const codes = { 'USDT-TRC20': 'TRC20', 'AVAX-C': 'C', LIGHTNING_BTC: null, BMX: null, 'APE-NFT': 'NFT' };
  for (const [code, network] of Object.entries(codes)) {
    await sql`
      with kept as (
        insert into page (account_id, page_id, stream, part, asked_from, asked_to, core, served, inserted, changed, unchanged,
                          quarantined, verdict, claim, hash, bytes, exchange_clock)
        values ('anna', gen_random_uuid(), ${code}, 'all', now(), now(), 'empty', 1, 1, 0, 0, 0, 'proves', '{}', '', '', now())
        returning page_id
      )
      insert into deposit (account_id, deposit_id, currency, network, amount, status, requested_at, page_id, digest,
                           fixed_digest, raw)
      select 'anna', ${code}, ${code}, ${network}, 1, 'success', now(), page_id, '', '', '{}' from kept`.execute(
      database.kysely,
    );
  }
  await migrate(database);
  const { rows } = await sql<{ stream: string }>`select stream from page where is_outdated order by 1`.execute(
    database.kysely,
  );
  expect(rows.map(({ stream }) => stream)).toEqual(['APE-NFT', 'AVAX-C', 'LIGHTNING_BTC']);
});
