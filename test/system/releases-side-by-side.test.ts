import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { previousRelease, previousSources } from '../support/previous-release.ts';
import { type System, startSystem } from '../support/system.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-previous-'));
let system: System | null = null;
afterAll(async () => {
  await system?.close();
  rmSync(folder, { recursive: true });
});

const accounts = 4;

test('the previous release’s worker and this one work side by side on the same accounts', async (context) => {
  // Streams that the previous release does not know leave a lane undone each time that its worker takes it: how long that takes is chance.
  if (process.env.SIDE_BY_SIDE === undefined)
    return context.skip('it takes longer than a test may: SIDE_BY_SIDE=1 runs it');
  const sources = previousSources(folder);
  if (sources === null) return context.skip(`the sources of ${previousRelease.version} are not in this checkout`);
  system = await startSystem();
  const { sandbox, client, database } = system;
  const [previous] = await Promise.all([
    system.startWorker({}, join(sources, 'src/worker.ts')),
    system.startWorker({ HEALTH_ADDRESS: '' }),
  ]);
  const names = Array.from({ length: accounts }, (_, number) => `side ${number}`);
  const linked = await Promise.all(
    names.map(async (name) => {
      const account = sandbox.exchange.addAccount({ name });
      sandbox.exchange.generate(name, { spotTrades: 300, futuresTrades: 100, withdrawals: 5, deposits: 5, days: 60 });
      const owner = client.forOwner(name);
      const { accountId, outcome } = await notRefused(owner.link(account));
      expect(outcome).toBe('accepted');
      return { name, owner, accountId };
    }),
  );
  for (const { owner, accountId } of linked) await owner.waitForLive(accountId);

  // Each is read by whichever worker takes it, again and again, and commanded meanwhile.
  for (let round = 1; round <= 5; round++) {
    const moment = Date.now() - 15_000;
    for (const { name } of linked) sandbox.exchange.add(name, 'spot-trades', [{ createTime: moment }]);
    await Promise.all(
      linked.map(async ({ owner, accountId }, place) => {
        if (place % 2 === 0) await owner.pause(accountId);
        if (place % 2 === 0) await owner.resume(accountId);
        // A run that the previous release began forgets a request that comes while a sync is under way.
        const rows = async () => {
          await owner.sync(accountId, { wait: false });
          return (await owner.status(accountId)).streams[0]?.rows;
        };
        await expect.poll(rows, { interval: 3_000 }).toBe(300 + round);
      }),
    );
  }

  // The one before is taken away; what it began goes on.
  expect(await previous.stop()).toBe(0);
  for (const { name, owner, accountId } of linked) {
    await owner.sync(accountId);
    expect(await owner.status(accountId)).toMatchObject({ status: 'live', problems: [] });
    expect(await compareWithTruth(sandbox, database, { exchangeAccount: name, accountId })).toMatchObject({
      lost: {},
      surplus: {},
    });
    const { events } = await owner.events({ accountId });
    expect(events.map(({ eventId }) => eventId)).toEqual(events.map((_, place) => place + 1));
  }
});
