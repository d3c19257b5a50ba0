import { sql } from 'kysely';
import type pg from 'pg';
import { expect } from 'vitest';
import { connectDatabase, type Database, type DatabaseRole, migrate } from '../../src/database/index.ts';
import type { AccountStatus } from '../../src/workflows/messages.ts';
import { freshDatabase } from '../support/database.ts';

export interface TestDatabase extends Database {
  readonly url: string;
}

/** A migrated database of its own, as the worker has it, which is gone when it is closed. */
export async function migratedDatabase(
  options: { readonly poolSize?: number; readonly role?: DatabaseRole | undefined } = {},
): Promise<TestDatabase> {
  const fresh = await freshDatabase({ mayBeMigrated: true });
  await migrateAsLogin(fresh.url);
  const database = connectDatabase({ url: fresh.url, role: 'worker', ...options });
  return {
    ...database,
    url: fresh.url,
    async close() {
      await database.close();
      await fresh.drop();
    },
  };
}

export async function migrateAsLogin(url: string): Promise<void> {
  const login = connectDatabase({ url, poolSize: 1 });
  await migrate(login).finally(() => login.close());
}

/** Another pool on the same database: another worker. */
export function anotherPool(
  database: TestDatabase,
  options: { readonly role?: DatabaseRole | undefined } = {},
): Database {
  return connectDatabase({ url: database.url, role: 'worker', ...options });
}

/** An account that is linked, without anything read. Answers with its id. */
export async function linkedAccount(database: Database, accountId: string): Promise<string> {
  await database.kysely
    .insertInto('account')
    .values({ account_id: accountId, owner_id: `owner of ${accountId}`, status: 'live', linked_at: new Date() })
    .execute();
  return accountId;
}

/** Puts an account into a status, by whatever it came there. */
export async function setStatus(
  database: Database,
  accountId: string,
  change: { readonly status: AccountStatus; readonly nextSyncAt?: Date | null; readonly historyAtRiskAt?: Date | null },
): Promise<void> {
  const { status, nextSyncAt, historyAtRiskAt } = change;
  await database.kysely
    .updateTable('account')
    .set({
      status,
      status_since: sql`case when status = ${status} then status_since else now() end`,
      ...(nextSyncAt !== undefined && { next_sync_at: nextSyncAt }),
      ...(historyAtRiskAt !== undefined && { history_at_risk_at: historyAtRiskAt }),
    })
    .where('account_id', '=', accountId)
    .execute();
}

/**
 * Does something while another transaction holds the locks of `held`. Once it waits for one of them, that transaction does `then`
 * and commits.
 */
export async function whileHeld<Result>(
  database: Database,
  held: (holder: pg.PoolClient) => Promise<unknown>,
  act: () => Promise<Result>,
  then: (holder: pg.PoolClient) => Promise<unknown> = async () => undefined,
): Promise<Result> {
  const holder = await database.pool.connect();
  try {
    await holder.query('begin');
    await held(holder);
    const acting = act();
    acting.catch(() => undefined);
    const waiting = 'select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))';
    await expect.poll(async () => (await holder.query(waiting)).rowCount, { interval: 20 }).toBe(1);
    await then(holder);
    await holder.query('commit');
    return await acting;
  } finally {
    await holder.query('rollback');
    holder.release();
  }
}
