import { randomBytes } from 'node:crypto';
import { connectDatabase, type Database, migrate } from '../../src/database/index.ts';

/** A migrated database of its own. */
export async function migratedDatabase(options: { poolSize?: number } = {}): Promise<Database> {
  const database = connectDatabase({
    url: process.env.DATABASE_URL as string,
    schema: `test_${randomBytes(6).toString('hex')}`,
    ...options,
  });
  await migrate(database);
  return database;
}

/** Another pool on the same schema: another worker. */
export function anotherPool(database: Database): Database {
  return connectDatabase({ url: process.env.DATABASE_URL as string, schema: database.schema });
}
