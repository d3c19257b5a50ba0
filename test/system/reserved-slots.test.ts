import { afterAll, beforeAll, expect, test } from 'vitest';
import { notRefused } from '../support/not-refused.ts';
import { type System, startSystem } from '../support/system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ workerEnv: { ACTIVITY_SLOTS: '1', CHUNK_SECONDS: '120', CHUNK_PAGES: '1000' } });
  await system.startWorker();
});
afterAll(() => system.close());

test('a link, a pause and an unlink are answered while backfills take every slot', async () => {
  const { exchange } = system.sandbox;
  const link = (name: string) => {
    const account = exchange.addAccount({ name });
    exchange.generate(name, { spotTrades: 20_000, days: 80 });
    return notRefused(system.client.forOwner(name).link(account));
  };
  const [first, second] = [await link('first'), await link('second')];
  expect([first.outcome, second.outcome]).toEqual(['accepted', 'accepted']);
  exchange.setSwitches({ latencyMs: 300 });
  expect(await link('third')).toMatchObject({ outcome: 'accepted' });
  const owner = system.client.forOwner('second');
  await owner.pause(second.accountId);
  expect((await owner.status(second.accountId)).status).toBe('paused');
  await owner.unlink(second.accountId);
  expect((await owner.status(second.accountId)).status).toBe('unlinked');
  const { streams } = await system.client.forOwner('first').status(first.accountId);
  expect(streams.some(({ rows }) => rows === 20_000)).toBe(false);
});
