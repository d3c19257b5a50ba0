import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createUndeliveredLook } from '../../src/worker/webhook-dispatcher.ts';
import { linkedAccount, migratedDatabase, type TestDatabase } from '../database/support.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

async function anEvent(accountId: string, age: string): Promise<void> {
  await linkedAccount(database, accountId);
  await sql`select note_event(${accountId}, 'linked', '{}'::json)`.execute(database.kysely);
  await sql`update account_event set at = now() - ${age}::interval where account_id = ${accountId}`.execute(
    database.kysely,
  );
}

test('accounts whose events are refused keep no other account from its turn', async () => {
  const refused = Array.from({ length: 350 }, (_, i) => `refused-${i}`);
  for (const accountId of refused) await anEvent(accountId, '1 hour');
  let nowMs = 0;
  const started: string[] = [];
  const look = createUndeliveredLook({
    database,
    start: async (subject) => {
      started.push(subject);
    },
    now: () => nowMs,
  });
  const looks = async (times: number) => {
    started.length = 0;
    for (let i = 0; i < times; i++) {
      await look();
      nowMs += 2_000;
    }
    return new Set(started);
  };
  expect([...(await looks(60))].sort()).toEqual([...refused].sort());
  await anEvent('healthy', '0 seconds');
  expect(await looks(1)).toContain('healthy');
  // Its workflow was ending when it was started, so it has to be started again.
  expect(await looks(6)).toContain('healthy');
  // Later events of other accounts, refused as well, come before it.
  for (let i = 0; i < 200; i++) await anEvent(`later-${i}`, '-1 second');
  await looks(6);
  expect(await looks(25)).toContain('healthy');
  expect((await looks(25)).size).toBe(551);
});
