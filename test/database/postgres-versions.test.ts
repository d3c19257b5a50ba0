import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPostgres } from '../../dev/postgres.ts';
import { dumpSchema, schemaFile } from '../../dev/schema-dump.ts';
import {
  connectDatabase,
  createPostgresStore,
  type Database,
  type DatabaseRole,
  listAccounts,
  migrate,
  ofOwner,
  serverVersion,
} from '../../src/database/index.ts';
import { claiming, pageOf, partOf, spotTrades, trade } from './records.ts';
import { linkedAccount } from './support.ts';

const handOver = readFileSync(new URL('../../docs/hand-over.sql', import.meta.url), 'utf8');

/** Where Debian installs it. Every other file tests the version of the test run. */
const folderOf = (version: string) => `/usr/lib/postgresql/${version}/bin`;

for (const version of ['15', '16', '17']) {
  const binaries = folderOf(version);
  const isInstalled = existsSync(join(binaries, 'initdb'));
  const reason = isInstalled ? '' : ` (there is no ${binaries})`;

  test.skipIf(!isInstalled)(
    `Postgres ${version} takes over a superuser's schema and stores a page${reason}`,
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'bitmart-sync-test-'));
      const postgres = await startPostgres({ directory, temporary: true, binaries });
      const opened: Database[] = [];
      const connect = (role?: DatabaseRole, url = postgres.url) => {
        const database = connectDatabase({ url, role, poolSize: 2 });
        opened.push(database);
        return database;
      };
      try {
        const superuser = connect(undefined, postgres.superuserUrl);
        expect(await serverVersion(superuser)).toMatch(new RegExp(`^${version}\\.`));
        await superuser.pool.query('drop schema bitmart_sync');
        await migrate(superuser);
        await superuser.pool.query(handOver);

        const login = connect();
        expect(await migrate(login)).toEqual([]);
        expect(await dumpSchema(login.pool, login.schema)).toBe(readFileSync(schemaFile, 'utf8'));

        const [worker, client] = [connect('worker'), connect('client')];
        await linkedAccount(worker, 'one');
        const store = createPostgresStore(worker, { gapsOf: () => [] });
        const page = pageOf([trade(1), trade(2)]);
        const { fence } = await store.openPart(partOf('one', spotTrades));
        await store.commitPage(partOf('one', spotTrades), fence, page, claiming(page));
        expect(await listAccounts(ofOwner(client, 'owner of one'), 'owner of one')).toMatchObject([
          { accountId: 'one' },
        ]);
        expect(await listAccounts(client, 'owner of one')).toEqual([]);
      } finally {
        await Promise.all(opened.map((database) => database.close()));
        await postgres.stop();
      }
    },
  );
}
