import { connectDatabase, type Database, type DatabaseRole, migrate } from '../../src/database/index.ts';
import { freshDatabase } from '../support/database.ts';

export interface TestDatabase extends Database {
  readonly url: string;
}

/** A migrated database of its own, as the worker has it, which is gone when it is closed. */
export async function migratedDatabase(
  options: { readonly poolSize?: number; readonly role?: DatabaseRole | undefined } = {},
): Promise<TestDatabase> {
  const fresh = await freshDatabase();
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
