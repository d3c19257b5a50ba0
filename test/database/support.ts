import { connectDatabase, type Database, migrate } from '../../src/database/index.ts';
import { freshDatabase } from '../support/database.ts';

export interface TestDatabase extends Database {
  readonly url: string;
}

/** A migrated database of its own, which is gone when it is closed. */
export async function migratedDatabase(options: { poolSize?: number } = {}): Promise<TestDatabase> {
  const fresh = await freshDatabase();
  const database = connectDatabase({ url: fresh.url, ...options });
  await migrate(database);
  return {
    ...database,
    url: fresh.url,
    async close() {
      await database.close();
      await fresh.drop();
    },
  };
}

/** Another pool on the same database: another worker. */
export function anotherPool(database: TestDatabase): Database {
  return connectDatabase({ url: database.url });
}

/** An account that is linked, without anything read. Answers with its id. */
export async function linkedAccount(database: Database, accountId: string): Promise<string> {
  await database.kysely
    .insertInto('account')
    .values({ account_id: accountId, owner_id: `owner of ${accountId}`, status: 'live', linked_at: new Date() })
    .execute();
  return accountId;
}
