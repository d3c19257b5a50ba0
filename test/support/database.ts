import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { prepareDatabase, type RunningPostgres, startPostgres } from '../../dev/postgres.ts';

export interface FreshDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

let ownServer: Promise<RunningPostgres> | null = null;

/** A database of its own for one test file, on the server of the test run, or on one started for it. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const adminUrl = await serverUrl();
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  await prepareDatabase(adminUrl, url.href, name);
  return {
    url: url.href,
    async drop() {
      const admin = new pg.Client({ connectionString: adminUrl });
      await admin.connect();
      await admin.query(`drop database if exists "${name}" with (force)`);
      await admin.end();
    },
  };
}

async function serverUrl(): Promise<string> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return given;
  ownServer ??= startPostgres({ directory: mkdtempSync(join(tmpdir(), 'bitmart-sync-test-')), temporary: true });
  return (await ownServer).url;
}
