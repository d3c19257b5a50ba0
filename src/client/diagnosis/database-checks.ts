import { placeOf } from '../database-failure.ts';
import { StoredAccounts } from '../stored-accounts.ts';
import { type CheckResult, inTurn } from './check.ts';

/** Whether Postgres can be used, and has the tables of this version. */
export async function databaseChecks(url: string, schema: string): Promise<readonly CheckResult[]> {
  const accounts = new StoredAccounts(url, schema);
  try {
    return await inTurn([
      { name: 'database', look: async () => `${placeOf(url)}, Postgres ${await accounts.serverVersion()}` },
      {
        name: 'schema',
        look: async () => {
          await accounts.assertCurrent();
          return `${schema} is up to date`;
        },
      },
    ]);
  } finally {
    await accounts.close();
  }
}
