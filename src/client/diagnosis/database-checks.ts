import { placeOf } from '../database-failure.ts';
import { StoredAccounts } from '../stored-accounts.ts';
import { type CheckResult, inTurn } from './check.ts';

/** Whether Postgres can be used, has the tables of this version, and stores what it is given. */
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
      {
        name: 'space',
        look: async () =>
          (await accounts.tryStoring())
            ? 'Postgres takes changes, and has room for them'
            : 'not looked at: this role may make no temporary table',
      },
    ]);
  } finally {
    await accounts.close();
  }
}
