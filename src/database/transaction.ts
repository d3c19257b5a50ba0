import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import type { Database } from './database.ts';
import type { Tables } from './schema.ts';

/**
 * Runs `work` in one transaction on one connection: all of it happens, or nothing. What `work` sends first travels
 * together with `begin`.
 */
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

/** Kysely over a connection that the caller holds: for a transaction that also sends statements of its own. */
export function kyselyOn(client: pg.PoolClient): Kysely<Tables> {
  const shared = { query: client.query.bind(client), release: () => undefined };
  const pool = { connect: async () => shared, end: async () => undefined };
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool as unknown as pg.Pool }) });
}
