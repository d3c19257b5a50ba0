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
