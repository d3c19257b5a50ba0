import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OwnerClient } from '../../src/client/index.ts';
import { storeSpotTrades } from './stored-rows.ts';
import { freshPlatform, type Platform, saveAccount, unreachable } from './surroundings.ts';

let platform: Platform;
let accountId: string;
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
  accountId = await saveAccount(platform.database, 'aborted');
  await storeSpotTrades(platform.database, accountId, { from: 0, count: 1 });
});
afterAll(() => platform.close());

/** Prepares a call, and returns what then hangs. */
type Begin = (owner: OwnerClient, signal: AbortSignal) => Promise<() => Promise<unknown>>;

const exporting: Begin = async (owner, signal) => () => owner.export(accountId, 'spot-trades', { signal });
const exportAtItsEnd: Begin = async (owner, signal) => {
  const { chunks } = await owner.export(accountId, 'spot-trades', { signal });
  const reading = chunks[Symbol.asyncIterator]();
  for (const piece of ['header', 'records']) expect(await reading.next(), piece).toMatchObject({ done: false });
  return () => reading.next();
};
const archiving: Begin = async (owner, signal) => () => owner.archive(accountId, { signal }).toArray();

test.each([
  ['an export that reads its header', 'coverage', exporting],
  ['an export that looks for its account at its end', 'account', exportAtItsEnd],
  ['an archive that looks for its account', 'account', archiving],
  ['an archive that reads', 'coverage', archiving],
])('%s is aborted at once while a query of %s hangs, and leaves no connection', async (_, table, begin) => {
  const { client, database } = platform;
  const controller = new AbortController();
  const call = await begin(client.forOwner('anna'), controller.signal);
  const other = await database.pool.connect();
  await other.query(`begin; lock table ${table}`);
  const called = call().catch((error: unknown) => error);
  try {
    await expect.poll(() => count('pg_locks', 'not granted')).toBeGreaterThan(0);
    const late = new Promise((resolve) => setTimeout(resolve, 2_000, 'still waiting'));
    controller.abort(new Error('enough'));
    expect(await Promise.race([called, late])).toMatchObject({ code: 'aborted', cause: { message: 'enough' } });
  } finally {
    await other.query('rollback');
    other.release();
  }
  await expect.poll(() => count('pg_stat_activity', `application_name = 'bitmart-sync archive'`)).toBe(0);
});

test('a client whose calls were aborted closes', async () => {
  await platform.client.close();
  await expect.poll(() => count('pg_stat_activity', `application_name = 'bitmart-sync client'`)).toBe(0);
});

/** Rows of a view of Postgres about this database. */
async function count(view: 'pg_locks' | 'pg_stat_activity', condition: string): Promise<number> {
  const { rows } = await platform.database.pool.query<{ count: number }>(
    `select count(*) as count from ${view}, pg_database
     where pg_database.oid = ${view === 'pg_locks' ? 'database' : 'datid'} and pg_database.datname = current_database()
       and ${condition}`,
  );
  return rows[0]?.count ?? 0;
}
