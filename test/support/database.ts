import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { prepareDatabase, type RunningPostgres, startPostgres } from '../../dev/postgres.ts';

export interface FreshDatabase {
  readonly url: string;
  /** The same as the server's superuser. */
  readonly superuserUrl: string;
  drop(): Promise<void>;
}

let ownServer: Promise<RunningPostgres> | null = null;

/**
 * A database of its own for one test file, on the server of the test run, or on one started for it. Who migrates it anyway
 * may get a copy of one that is: the migrations take Postgres ten times as long, and most files need them.
 */
export async function freshDatabase({ mayBeMigrated = false } = {}): Promise<FreshDatabase> {
  const [adminUrl, superuserUrl] = await serverUrls();
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  await prepareDatabase(adminUrl, url.href, { name, template: mayBeMigrated && process.env.TEST_DATABASE_TEMPLATE });
  const asSuperuser = new URL(superuserUrl);
  asSuperuser.pathname = url.pathname;
  return {
    url: url.href,
    superuserUrl: asSuperuser.href,
    async drop() {
      // With force it ends autovacuum too, which is the superuser's.
      const admin = new pg.Client({ connectionString: superuserUrl });
      await admin.connect();
      await admin.query(`drop database if exists "${name}" with (force)`);
      await admin.end();
    },
  };
}

/** As a login that is not a superuser, and as the superuser. */
async function serverUrls(): Promise<readonly [string, string]> {
  const { TEST_DATABASE_URL: given, TEST_SUPERUSER_URL: superuser } = process.env;
  if (given) return [given, superuser || given];
  ownServer ??= startPostgres({ directory: mkdtempSync(join(tmpdir(), 'bitmart-sync-test-')), temporary: true });
  const { url, superuserUrl } = await ownServer;
  return [url, superuserUrl];
}
