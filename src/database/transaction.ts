import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import type { Database } from './database.ts';
import type { Tables } from './schema.ts';

/** Runs `work` in one transaction on one connection. The first statement of `work` is sent together with `begin`. */
export async function inTransaction<Result>(
  database: Database,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await database.pool.connect();
  let broken: Error | undefined;
  try {
    const [begun, worked] = await Promise.allSettled([client.query('begin'), work(client)]);
    if (begun.status === 'rejected') throw begun.reason;
    if (worked.status === 'rejected') throw worked.reason;
    await client.query('commit');
    return worked.value;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Kysely on a connection of the caller, for a transaction that also sends its own statements. */
export function kyselyOn(client: pg.PoolClient): Kysely<Tables> {
  const shared = { query: client.query.bind(client), release: () => undefined };
  const pool = { connect: async () => shared, end: async () => undefined };
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool as unknown as pg.Pool }) });
}

/**
 * The database as of this moment: what is stored later is not seen. Takes over the given
 * database, which is closed with it. Nothing is locked, but Postgres keeps what is deleted meanwhile: close it soon.
 */
export async function snapshotOf(database: Database): Promise<Database> {
  const client = await database.pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    // The reader of the answers may be slow, such as a user's download.
    await client.query(`set local idle_in_transaction_session_timeout = ${idleTimeoutMs}`);
  } catch (error) {
    client.release(true);
    throw error;
  }
  // With a callback, as the pool does it: with promises a long read takes twice the memory (measured).
  const query = (config: pg.QueryConfig | string, values?: unknown[]) =>
    new Promise((resolve, reject) => {
      // A nested transaction would end this one, and is not needed: the view is consistent already.
      if (transactionControl.test(typeof config === 'string' ? config : config.text))
        resolve({ rows: [], rowCount: 0 });
      else
        client.query(config as unknown as string, values as unknown[], (error, result) =>
          error ? reject(error) : resolve(result),
        );
    });
  const asked = { query } as unknown as pg.PoolClient & pg.Pool;
  return {
    kysely: kyselyOn(asked),
    pool: asked,
    schema: database.schema,
    close: async () => {
      client.release(true);
      await database.close();
    },
  };
}

const idleTimeoutMs = 600_000;

const transactionControl = /^\s*(begin|start transaction|set transaction|commit|rollback)\b/i;
