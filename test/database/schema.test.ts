import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  compareSchema,
  connectDatabase,
  migrate,
  requireCurrentSchema,
  SchemaBehind,
} from '../../src/database/index.ts';
import { migrations } from '../../src/database/migrations/index.ts';
import { anotherPool, migratedDatabase, type TestDatabase } from './support.ts';

/** As the login that migrates. */
const asLogin = { role: undefined };

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase(asLogin);
});
afterAll(() => database.close());

describe('a schema', () => {
  test('that is current lets programs start, and has nothing left to migrate', async () => {
    await requireCurrentSchema(database);
    expect(await migrate(database)).toEqual([]);
  });

  test('that is older names the command that migrates it', async () => {
    const behind = await migratedDatabase(asLogin);
    await sql`delete from kysely_migration where name = '0004-pace'`.execute(behind.kysely);
    await expect(requireCurrentSchema(behind)).rejects.toThrow(SchemaBehind);
    await expect(requireCurrentSchema(behind)).rejects.toThrow(/0004-pace missing.*bitmart-sync migrate/);
    await behind.close();
  });

  test('that is newer than the program stops neither it nor its `migrate`', async () => {
    const ahead = await migratedDatabase(asLogin);
    await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '')`.execute(ahead.kysely);
    await requireCurrentSchema(ahead);
    expect(await migrate(ahead)).toEqual([]);
    expect(await compareSchema(ahead)).toEqual({ missing: [], unknown: ['9999-later'] });
    await ahead.close();
  });

  test('is migrated once when two programs do it at the same moment', async () => {
    const fresh = await migratedDatabase(asLogin);
    await sql`drop schema ${sql.id(fresh.schema)} cascade`.execute(fresh.kysely);
    const other = anotherPool(fresh, asLogin);
    const applied = await Promise.all([migrate(fresh), migrate(other)]);
    expect(applied.map((names) => names.length).sort((a, b) => a - b)).toEqual([0, Object.keys(migrations).length]);
    await other.close();
    await fresh.close();
  });

  test('holds everything: nothing of ours lies outside it', async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from pg_tables where schemaname = 'public' and tablename in ('account', 'kysely_migration')`.execute(
      database.kysely,
    );
    expect(rows[0]?.count).toBe(0);
  });

  test('that is not a plain name is refused before anything is connected', () => {
    const open = () => connectDatabase({ url: 'postgres://localhost/x', schema: 'a; drop table account' });
    expect(open).toThrow('DATABASE_SCHEMA');
  });
});

test.each(['user:secret@host', 'host secret', 'mysql://user:secret@host/x', ''])(
  'an address that is none of Postgres is refused without showing it: %s',
  (url) => {
    expect(() => connectDatabase({ url })).toThrow(/^DATABASE_URL is not an address like (?!.*secret)/);
  },
);

test('values lose no digit on the way back', async () => {
  const { rows } = await sql<Record<string, unknown>>`
    select 12345678901234567890.123456789012345678900::numeric as amount, 9007199254740991::bigint as count,
           9007199254740993::bigint as large, '{"a" : 1.10,  "a": 2}'::json as raw,
           '2026-08-01T10:00:00.123Z'::timestamptz as at, array['a', null] as texts, true as yes, '\\xff00'::bytea as bytes`.execute(
    database.kysely,
  );
  expect(rows[0]).toEqual({
    amount: '12345678901234567890.123456789012345678900',
    count: 9007199254740991,
    large: '9007199254740993',
    raw: '{"a" : 1.10,  "a": 2}',
    at: new Date('2026-08-01T10:00:00.123Z'),
    texts: ['a', null],
    yes: true,
    bytes: Buffer.from([255, 0]),
  });
});
