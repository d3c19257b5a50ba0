import { databaseFailure } from '../../client/database-failure.ts';
import { connectDatabase, type Database } from '../../database/index.ts';
import { surroundingsOf } from '../surroundings.ts';

/** Does something with the stored boxes, as the worker, which alone may read them; the connection is closed afterwards. */
export async function withKeyDatabase<Result>(
  env: NodeJS.ProcessEnv,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const { databaseUrl: url, databaseSchema: schema } = surroundingsOf(env).client.reveal();
  const database = connectDatabase({ url, schema, role: 'worker', poolSize: 2, applicationName: 'bitmart-sync keys' });
  try {
    return await work(database);
  } catch (error) {
    throw databaseFailure(error, url);
  } finally {
    await database.close();
  }
}
