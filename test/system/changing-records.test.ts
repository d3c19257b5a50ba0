import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { type System, startSystem } from '../support/system.ts';

/** Records that go on changing, and records that the exchange stops to serve. */
let system: System;

beforeAll(async () => {
  system = await startSystem();
  await system.startWorker();
});
afterAll(() => system.close());

const dayMs = 86_400_000;

test('a withdrawal is read again until it is final, whatever its age, and its earlier versions are kept', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'pending' });
  const at = (daysAgo: number) => Math.floor((Date.now() - daysAgo * dayMs) / 1_000) * 1_000;
  const added = exchange.add('pending', 'withdrawals', [
    // Older than the documented reach, months ago, and of today.
    { apply_time: at(200), status: 1, tx_id: '' },
    { apply_time: at(60), status: 2, tx_id: '' },
    { apply_time: at(0.1), status: 0, tx_id: '' },
    { apply_time: at(150), status: 3 },
  ]);
  const owner = system.client.forOwner('pending');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  const { next } = await owner.changes(accountId);

  for (const { id } of added.slice(0, 3))
    exchange.change('pending', 'withdrawals', id, { status: 3, tx_id: `tx ${id}` });
  await owner.sync(accountId);

  const names = { exchangeAccount: 'pending', accountId };
  expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual({ lost: {}, surplus: {}, stored: 4 });
  const { changes } = await owner.changes(accountId, { after: next });
  expect(changes.map(({ kind, version }) => [kind, version])).toEqual(Array(3).fill(['changed', 2]));
  const { rows } = await system.database.query<{ raw: string; record_key: string }>(
    'select record_key, raw::text as raw from record_version where account_id = $1 order by record_key',
    [accountId],
  );
  const earlier = added.slice(0, 3).map(({ id, servedText }) => ({ record_key: id, raw: servedText }));
  expect(rows).toEqual(earlier.sort((a, b) => (a.record_key < b.record_key ? -1 : 1)));
  // Final now: the next sync changes nothing.
  await owner.sync(accountId);
  expect((await system.database.query('select from record_version where account_id = $1', [accountId])).rowCount).toBe(
    3,
  );
});

test('a record that the exchange no longer serves stays stored', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'expiring' });
  exchange.add(
    'expiring',
    'spot-trades',
    [80, 40, 1].map((daysAgo) => ({ createTime: Date.now() - daysAgo * dayMs })),
  );
  exchange.add('expiring', 'futures-flows', [{ time: Date.now() - 70 * dayMs }]);
  const owner = system.client.forOwner('expiring');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  exchange.setSwitches({ tradesReachMs: 30 * dayMs });
  for (let i = 0; i < 2; i++) await owner.sync(accountId);
  const names = { exchangeAccount: 'expiring', accountId };
  expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual({ lost: {}, surplus: {}, stored: 4 });
});
