import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
});
afterAll(() => system.close());

test('after a restore from a copy every account reads again what it missed, and loses nothing', async () => {
  const { exchange } = system.sandbox;
  const before = await system.startWorker();
  const account = exchange.addAccount({ name: 'kept' });
  exchange.generate('kept', { spotTrades: 400, futuresTrades: 200, withdrawals: 20, deposits: 20, days: 80 });
  const owner = system.client.forOwner('kept');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  await before.stop();
  await copyDatabase('backup');

  // Life goes on after the backup: more records, one more account, all of it read.
  const between = await system.startWorker();
  exchange.generate('kept', { spotTrades: 150, futuresTrades: 60, withdrawals: 5, deposits: 5, days: 2 });
  await owner.sync(accountId);
  const lost = exchange.addAccount({ name: 'linked-after-the-backup' });
  const late = await notRefused(system.client.forOwner('late').link(lost));
  await system.client.forOwner('late').waitForLive(late.accountId);
  expect(await difference(accountId)).toMatchObject({ lost: {}, surplus: {} });
  await between.stop();

  // The disk is gone; Temporal, which knows of all this, is not.
  await restoreDatabase('backup');
  expect((await difference(accountId)).lost).not.toEqual({});
  await system.startWorker();
  await owner.sync(accountId);
  expect(await difference(accountId)).toMatchObject({ lost: {}, surplus: {} });
  const coverage = await owner.coverage(accountId);
  const readable = coverage.streams.filter(({ unreadable }) => unreadable === undefined);
  const holes = readable.flatMap((stream) =>
    stream.gaps.filter((gap) => !['expired-before-link', 'reach-unknown'].includes(gap.reason)),
  );
  expect(holes).toEqual([]);

  // An account that the backup does not know has to be linked again, and is whole then.
  const again = await notRefused(system.client.forOwner('late').link(lost));
  expect(again).toMatchObject({ outcome: 'accepted' });
  await system.client.forOwner('late').waitForLive(again.accountId);
});

function difference(accountId: string) {
  return compareWithTruth(system.sandbox, system.database, { exchangeAccount: 'kept', accountId });
}

/** A copy of the data directory's files of this database, as Postgres itself makes it. */
async function copyDatabase(suffix: string): Promise<void> {
  const { name, owner, admin } = await asAdmin();
  await disconnectAll(admin, name);
  await admin.query(`create database "${name}_${suffix}" template "${name}" owner ${owner}`);
  await admin.end();
}

async function restoreDatabase(suffix: string): Promise<void> {
  const { name, admin } = await asAdmin();
  await admin.query(`drop database "${name}" with (force)`);
  await admin.query(`alter database "${name}_${suffix}" rename to "${name}"`);
  await admin.end();
}

async function asAdmin() {
  const url = new URL(system.env.DATABASE_URL as string);
  // Who ends every connection ends autovacuum's too, which is the superuser's.
  const { TEST_SUPERUSER_URL, TEST_DATABASE_URL } = process.env;
  const admin = new pg.Client({ connectionString: TEST_SUPERUSER_URL || TEST_DATABASE_URL });
  await admin.connect();
  return { name: url.pathname.slice(1), owner: url.username, admin };
}

/** Postgres copies a database only while it has no connections. */
async function disconnectAll(admin: pg.Client, name: string): Promise<void> {
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
}
