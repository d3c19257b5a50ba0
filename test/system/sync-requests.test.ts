import { afterAll, beforeAll, expect, test } from 'vitest';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
  await system.startWorker();
});
afterAll(() => system.close());

test('what happens before `sync` is called is stored when it returns, even while another sync runs', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'busy' });
  exchange.generate('busy', { spotTrades: 20, futuresTrades: 20, withdrawals: 2, deposits: 2, days: 60 });
  const owner = system.client.forOwner('busy');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  const requests = () => exchange.log.filter((entry) => entry.account === 'busy').length;
  for (let round = 0; round < 4; round++) {
    exchange.setSwitches({ latencyMs: 200 });
    const before = requests();
    await owner.sync(accountId, { wait: false });
    // At another request of the running sync each time.
    await expect.poll(requests, { interval: 20 }).toBeGreaterThan(before + round * 2);
    exchange.add('busy', 'spot-trades', [{ createTime: Date.now() - 5_000 }]);
    await owner.sync(accountId);
    exchange.setSwitches({ latencyMs: 0 });
    expect((await owner.status(accountId)).streams[0]?.rows).toBe(21 + round);
  }
});

test('more concurrent callers than Temporal lets wait are all answered, and a pause is accepted meanwhile', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'crowded' });
  exchange.generate('crowded', { spotTrades: 20, days: 60 });
  const owner = system.client.forOwner('crowded');
  const { accountId } = await notRefused(owner.link(account));
  await owner.waitForLive(accountId);
  exchange.setSwitches({ latencyMs: 300 });
  const callers = Array.from({ length: 15 }, () => owner.sync(accountId));
  await owner.pause(accountId);
  await Promise.all(callers);
  exchange.setSwitches({ latencyMs: 0 });
  await owner.resume(accountId);
});
