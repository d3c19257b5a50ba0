import { afterAll, beforeAll, expect, test } from 'vitest';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';
import { newestRun, runSchedule } from './schedules.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach, workerEnv: { RETENTION_AUDIT_INTERVAL: '30d' } });
  await system.startWorker();
});
afterAll(() => system.close());

async function marked(): Promise<readonly string[]> {
  const { rows } = await system.database.query<{ account_id: string }>(
    'select account_id from account where risk_told_at is not null order by account_id',
  );
  return rows.map((row) => row.account_id);
}

test('what expires within 14, 3 and 1 days, worst first, with the reason; accounts are marked while they are at risk', async () => {
  await system.database.query(`
    insert into account (account_id, owner_id, status, linked_at, history_at_risk_at, started)
    values ('lost', 'o', 'needs-attention', now(), now() - interval '1 hour', true),
           ('day', 'o', 'paused', now(), now() + interval '20 hours', true),
           ('days', 'o', 'live', now(), now() + interval '50 hours', true),
           ('week', 'o', 'live', now(), now() + interval '7 days', true),
           ('safe', 'o', 'live', now(), now() + interval '60 days', true),
           ('gone', 'o', 'unlinked', now(), now(), true),
           ('forgotten', 'o', 'paused', now(), now() + interval '70 days', true)`);
  await system.database.query(
    "update account set status_since = now() - interval '2 days' where account_id in ('forgotten', 'safe')",
  );
  await system.database.query(`
    insert into account_problem (account_id, stream, code, message, remedy) values ('lost', '', 'wrong-key', '', '')`);
  expect(await runSchedule(system, 'retention-audit')).toMatchObject({
    accounts: 7,
    losing: 1,
    within1Day: 2,
    within3Days: 3,
    within14Days: 4,
    newlyAtRisk: 5,
    pausedForLong: 1,
    paused: [{ accountId: 'forgotten', pausedSince: expect.any(String), atRiskAt: expect.any(String) }],
    worst: [
      { accountId: 'lost', status: 'needs-attention', problems: ['wrong-key'] },
      { accountId: 'day', status: 'paused', problems: [] },
      { accountId: 'days' },
      { accountId: 'week' },
    ],
  });
  expect(await marked()).toEqual(['day', 'days', 'lost', 'week']);
  const { details, summary } = await newestRun(system, 'retention-audit');
  expect(summary).toBe('BitMart · what expires soon, and whether what is claimed is proved');
  expect(details).toContain('**4 accounts lose history within 14 days**, 3 within 3, 2 within 1; 1 lose some already.');
  expect(details).toContain('**1 accounts have been paused for more than a day:**');
  expect(details).toMatch(/\| `forgotten` \| `[-\d]+ [:\d]+` \| `[-\d]+ [:\d]+` \|/);
  expect(details).toMatch(/\| `lost` \| `needs-attention` \| `[-\d]+ [:\d]+` \| `wrong-key` \|/);

  // Read again, or unlinked: no longer at risk. The one that stays so is not new.
  await system.database.query(
    "update account set history_at_risk_at = now() + interval '80 days' where account_id = 'day'",
  );
  await system.database.query("update account set status = 'unlinked' where account_id = 'days'");
  expect(await runSchedule(system, 'retention-audit')).toMatchObject({ within3Days: 1, newlyAtRisk: 0 });
  expect(await marked()).toEqual(['lost', 'week']);
});

test('what is claimed is computed anew from the pages: whole evidence proves all of it, a page that is lost shows', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'proved' });
  exchange.generate('proved', { spotTrades: 900, futuresTrades: 200, withdrawals: 20, deposits: 20, days: 80 });
  const owner = system.client.forOwner('proved');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  await owner.sync(accountId);
  expect(await runSchedule(system, 'retention-audit')).toMatchObject({
    sample: { unprovedAccounts: 0, unproved: [], orphans: [] },
  });

  const { rows } = await system.database.query<{ stream: string; part: string }>(
    `delete from page where account_id = $1 and page_id = (
       select page_id from page where account_id = $1 and stream = 'spot-trades' and not isempty(claim)
       order by lower(claim) limit 1) returning stream, part`,
    [accountId],
  );
  expect(rows).toHaveLength(1);
  const report = await runSchedule(system, 'retention-audit');
  expect(report).toMatchObject({ sample: { unprovedAccounts: 1, unproved: [{ accountId, ...rows[0] }] } });
  expect((await newestRun(system, 'retention-audit')).details).toContain('is not proved by their pages');
});

test('rows of an account that there is not are found; those that are being erased, or outlive it, are none', async () => {
  await system.database.query(`
    insert into account_problem (account_id, stream, code, message, remedy)
    values ('nobody', '', 'wrong-key', '', ''), ('under erasure', '', 'wrong-key', '', '')`);
  await system.database.query(
    "insert into erasure (account_id, owner_id, account_created_at, fingerprints) values ('under erasure', 'o', now(), '{}')",
  );
  const report = await runSchedule(system, 'retention-audit');
  expect(report).toMatchObject({ sample: { orphans: [{ table: 'account_problem', accountId: 'nobody' }] } });
  expect((await newestRun(system, 'retention-audit')).details).toContain('- `nobody` in `account_problem`');
});
