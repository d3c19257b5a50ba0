import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, databaseTrouble } from '../../src/database/index.ts';
import { inTransaction } from '../../src/database/transaction.ts';
import { migratedDatabase } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase({ role: undefined });
});
afterAll(() => database.close());

/** As Postgres reports it, over a connection. */
async function reported(sqlState: string): Promise<unknown> {
  const statement = `do $$ begin raise exception 'said' using errcode = '${sqlState}'; end $$`;
  return database.pool.query(statement).catch((error: unknown) => error);
}

test.each([
  ['53100', 'disk-full'],
  ['53200', 'out-of-resources'],
  ['53300', 'connections-taken'],
  ['25006', 'read-only'],
  ['40001', 'conflict'],
  ['40P01', 'conflict'],
  ['57014', 'interrupted'],
  ['57P01', 'restarting'],
  ['57P03', 'restarting'],
  ['58030', 'storage-failing'],
  ['08000', 'unreachable'],
  ['08001', 'unreachable'],
  ['08003', 'unreachable'],
  ['08004', 'login-refused'],
  ['08006', 'unreachable'],
  // Over a connection that holds: how another server ended its part of a transaction, a statement that can't be planned or read.
  ['08007', null],
  ['08P01', null],
  ['0A000', null],
  ['42883', null],
  ['28P01', 'login-refused'],
  ['3D000', 'login-refused'],
  ['23505', null],
  ['42P01', null],
  ['XX000', null],
])('%s is %s', async (sqlState, condition) => {
  expect(databaseTrouble(await reported(sqlState))?.condition ?? null).toBe(condition);
});

const failure = (fields: object, message = 'said') => Object.assign(new Error(message), fields);

test.each([
  ['a quota that does not let a file grow', failure({ code: 'XX000', routine: 'mdextend' }), 'disk-full'],
  ['nothing listens', failure({ code: 'ECONNREFUSED' }), 'unreachable'],
  ['nothing listens at any address', new AggregateError([failure({ code: 'ECONNREFUSED' })]), 'unreachable'],
  ['a pooler that has no server for us', failure({ code: '08P01', severity: 'FATAL' }), 'pooler-refused'],
  ['no socket', failure({ code: 'ENOENT', syscall: 'connect' }), 'unreachable'],
  ['a file that is not there is no database', failure({ code: 'ENOENT', syscall: 'open' }), null],
  ['a certificate of another server', failure({ code: 'SELF_SIGNED_CERT_IN_CHAIN' }), 'not-trusted'],
  ['a certificate for another name', failure({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), 'not-trusted'],
  ['a server without TLS', new Error('The server does not support SSL connections'), 'not-trusted'],
  ['a session that was cut', new Error('Connection terminated unexpectedly'), 'unreachable'],
  ['the pool has none free', new Error('timeout exceeded when trying to connect'), 'pool-exhausted'],
  ["the exchange's connection", failure({ name: 'ExchangeFailure' }, 'connection terminated'), null],
  ['a bug', new TypeError('x is not a function'), null],
  ['no error', 'a string', null],
] as const)('%s', (_, error, condition) => {
  expect(databaseTrouble(error)?.condition ?? null).toBe(condition);
});

const endThisSession = 'select pg_terminate_backend(pg_backend_pid())';

test('a session that ends in the middle of a transaction ends that alone, and not the process', async () => {
  for (let times = 0; times < 5; times++) {
    const ended = await Promise.allSettled([
      database.kysely.transaction().execute((transaction) => sql.raw(endThisSession).execute(transaction)),
      sql.raw(endThisSession).execute(database.kysely),
      inTransaction(database, (client) => client.query(endThisSession)),
      database.pool.query(endThisSession),
    ]);
    for (const each of ended) {
      expect(each.status).toBe('rejected');
      expect(databaseTrouble((each as PromiseRejectedResult).reason)?.condition).toMatch(/restarting|unreachable/);
    }
    // One that is about to end, but is not cut yet, may serve once more, in vain.
    await expect.poll(() => sql`select 1 as one`.execute(database.kysely)).toMatchObject({ rows: [{ one: 1 }] });
  }
});
