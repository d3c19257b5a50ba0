import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reportDifferences } from '../../src/activities/balance-alarms.ts';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { streams } from '../../src/bitmart/streams/index.ts';
import { readEvents } from '../../src/database/index.ts';
import { linkedAccount, migratedDatabase, type TestDatabase } from '../database/support.ts';
import { type SimulatedAccount, simulatedAccount } from './simulated-books.ts';

let database: TestDatabase;
let account: SimulatedAccount;

beforeAll(async () => {
  database = await migratedDatabase();
  for (let seed = 1; !account || account.losses.length === 0; seed += 2)
    account = await simulatedAccount(database, seed);
  await linkedAccount(database, account.accountId);
});
afterAll(() => database.close());

test('a difference is reported once, and only when the records of its interval are settled', async () => {
  const settings = { timetable: null };
  const dependencies = { database, exchange: { streams }, settings } as unknown as Dependencies;
  const report = () => reportDifferences(dependencies, account.accountId);
  await cover(null);
  await report();
  expect(await alarms()).toEqual([]);
  await cover(new Date());
  await report();
  await report();
  const found = await alarms();
  expect(found.map(({ wallet, asset }) => `${wallet}/${asset}`).sort()).toEqual(
    account.losses.map(({ wallet, asset }) => `${wallet}/${asset}`).sort(),
  );
  for (const { from, to } of found) {
    const [loss] = account.losses;
    expect(Date.parse(from)).toBeLessThanOrEqual(loss?.atMs ?? 0);
    expect(Date.parse(to)).toBeGreaterThanOrEqual(loss?.atMs ?? 0);
  }
});

interface Alarm {
  readonly wallet: string;
  readonly asset: string;
  readonly from: string;
  readonly to: string;
}

async function alarms(): Promise<readonly Alarm[]> {
  const { accountId } = account;
  const events = await readEvents(database, {
    ownerId: `owner of ${accountId}`,
    accountId,
    after: new Map(),
    limit: 100,
  });
  return events.filter(({ kind }) => kind === 'balance-unexplained').map(({ details }) => details as unknown as Alarm);
}

/** Every part is covered, and settled through an instant; of savings, which most keys may not read, all are refused. */
async function cover(settledThrough: Date | null): Promise<void> {
  const refused = [{ from: '2017-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z', reason: 'refused' }];
  for (const { name, parts } of streams) {
    const isRefused = name === 'earn-records';
    const settled = isRefused ? null : settledThrough;
    for (const part of parts) {
      await sql`
        insert into coverage (account_id, stream, part, claimed_from, covered, settled_through, marks)
        values (${account.accountId}, ${name}, ${part}, '2017-01-01',
                ${isRefused ? '{}' : '{[2017-01-01,2100-01-01)}'}::tstzmultirange, ${settled},
                ${JSON.stringify(isRefused ? refused : [])}::jsonb)
        on conflict (account_id, stream, part) do update set settled_through = excluded.settled_through`.execute(
        database.kysely,
      );
    }
  }
}
