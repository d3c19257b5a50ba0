import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import type pg from 'pg';
import type { Database } from './database.ts';
import type { Tables } from './schema.ts';

/** Names the owner to the policies of row-level security, until the end of the transaction and no longer. */
const setOwner = `select set_config('bitmart_sync.owner', $1, true)`;

/** Runs a part of a transaction as another owner, and then continues as the former owner. */
export async function asOwner<Result>(
  transaction: Kysely<Tables>,
  ownerId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const name = (owner: string) => transaction.executeQuery(CompiledQuery.raw(setOwner, [owner]));
  const { rows } = await sql<{ before: string }>`
    select coalesce(current_setting('bitmart_sync.owner', true), '') as before`.execute(transaction);
  await name(ownerId);
  const result = await work();
  await name(rows[0]?.before ?? '');
  return result;
}

/**
 * The database as one owner may see it: every transaction, and every statement outside of one, begins by naming the owner.
 * Nothing stays on the connection, so its next user begins without an owner. The extra statements are sent together with the
 * statement itself.
 */
export function ofOwner(database: Database, ownerId: string): Database {
  const pool = {
    connect: async () => scoped(await database.pool.connect(), ownerId),
    query: async (...args: Parameters<pg.PoolClient['query']>) => {
      const client = scoped(await database.pool.connect(), ownerId);
      try {
        return await client.query(...args);
      } finally {
        client.release();
      }
    },
    end: async () => undefined,
  } as unknown as pg.Pool;
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { kysely, pool, schema: database.schema, close: database.close };
}

type Query = (...args: readonly unknown[]) => Promise<unknown>;

function scoped(client: pg.PoolClient, ownerId: string): pg.PoolClient {
  let inTransaction = false;
  const send = client.query.bind(client) as unknown as Query;
  const enter = () => send(setOwner, [ownerId]);

  const query: Query = (...args) => {
    const text = textOf(args[0]);
    if (begins.test(text)) {
      inTransaction = true;
      return allOf([send(...args), enter()], 0);
    }
    if (ends.test(text)) inTransaction = false;
    else if (!inTransaction) return allOf([send('begin'), enter(), send(...args), send('commit')], 2);
    return send(...args);
  };
  const release = (broken?: Error | boolean) => {
    // A connection that is returned within a transaction would serve the next caller as this owner.
    client.release(broken || inTransaction);
  };
  return { query, release } as unknown as pg.PoolClient;
}

/** The answer of one of several statements, once all of them are done. Fails as that one, or else as the first that fails. */
async function allOf(statements: readonly Promise<unknown>[], which: number): Promise<unknown> {
  const answers = await Promise.allSettled(statements);
  const failed = [answers[which], ...answers].find((answer) => answer?.status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return (answers[which] as PromiseFulfilledResult<unknown>).value;
}

const begins = /^\s*(begin|start\s+transaction)\b/i;
const ends = /^\s*(commit|end|abort|rollback(?!\s+to\b))\b/i;

function textOf(config: unknown): string {
  return typeof config === 'string' ? config : String((config as { text?: unknown } | null)?.text ?? '');
}
