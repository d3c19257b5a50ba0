import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** The stream whose records have no id that can be trusted, from the exchange's socket to the tables. */
let system: System;

beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
  await system.startWorker();
});
afterAll(() => system.close());

const hourMs = 3_600_000;

test('equal records are stored as many times as they happened, however often they are read', async () => {
  const { exchange } = system.sandbox;
  exchange.setSwitches({ order: 'shuffled', caps: { 'futures-flows': 50 } });
  const account = exchange.addAccount({ name: 'equal' });
  const atMs = Date.now() - 30 * 24 * hourMs;
  const flow = { time: atMs, flow_type: 3, symbol: 'BTCUSDT', amount: '-0.0001' };
  exchange.add('equal', 'futures-flows', [
    ...Array.from({ length: 3 }, () => flow),
    { ...flow, amount: '-0.0002' },
    ...Array.from({ length: 2 }, () => ({ ...flow, part: 'copy_trading' })),
    ...Array.from({ length: 2 }, () => ({ ...flow, time: Date.now() - hourMs })),
    // Around them so many others that answers are cut.
    ...Array.from({ length: 200 }, (_, i) => ({ time: atMs - 100 * hourMs + i * hourMs })),
  ]);
  const owner = system.client.forOwner('equal');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  for (let i = 0; i < 3; i++) await owner.sync(accountId);

  const names = { exchangeAccount: 'equal', accountId };
  expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual({
    lost: {},
    surplus: {},
    stored: 208,
  });
  const { rows } = await system.database.query(
    `select part, array_agg(occurrence order by occurrence) as occurrences from futures_flow
     where account_id = $1 and amount = -0.0001 and occurred_at < now() - interval '1 day' group by part order by part`,
    [accountId],
  );
  expect(rows).toEqual([
    { part: 'copy_trading', occurrences: [1, 2] },
    { part: 'futures', occurrences: [1, 2, 3] },
  ]);
  const coverage = (await owner.coverage(accountId)).streams.find(({ stream }) => stream === 'futures-flows');
  expect(coverage).toMatchObject({ rows: 208, complete: true });
});

test('a key that may not read futures flows reads the rest, and reports it', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'refused', streamsRefused: ['futures-flows'] });
  exchange.add('refused', 'spot-trades', [{ createTime: Date.now() - hourMs }]);
  const owner = system.client.forOwner('refused');
  const { accountId } = await notRefused(owner.link(account));
  const { problems } = await owner.waitForLive(accountId);
  expect(problems).toMatchObject([{ code: 'no-permission', stream: 'futures-flows' }]);
  const coverage = (await owner.coverage(accountId)).streams.find(({ stream }) => stream === 'futures-flows');
  expect(coverage?.gaps.map(({ reason }) => reason)).toContain('refused');
  const names = { exchangeAccount: 'refused', accountId };
  expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual({ lost: {}, surplus: {}, stored: 1 });
});
