import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** The published limits hold here on both sides: the sandbox refuses what passes them, in windows that slide. */
let system: System;

beforeAll(async () => {
  system = await startSystem({
    switches: { ...refusedBeyondReach, limits: 'sliding' },
    workerEnv: { BITMART_LIMITS: 'published' },
  });
  await system.startWorker();
});
afterAll(() => system.close());

test('two owners of one key have separate accounts and rows, and together stay within the key’s limit', async () => {
  const { exchange } = system.sandbox;
  const account = exchange.addAccount({ name: 'shared' });
  // No movements: walking back to 2017 for them takes a minute at the published pace, and shows nothing more.
  exchange.generate('shared', { spotTrades: 1_500, futuresTrades: 700, days: 80 });
  const owners = ['anna', 'ben'].map((name) => system.client.forOwner(name));
  const links = await Promise.all(owners.map((owner) => notRefused(owner.link(account))));
  const ids = links.map((link) => link.accountId);
  expect(new Set(ids).size).toBe(2);
  for (const [place, owner] of owners.entries()) {
    const trades = async () => {
      const { streams } = await owner.coverage(ids[place] as string);
      return streams.filter((stream) => stream.stream.endsWith('-trades')).map((stream) => stream.complete);
    };
    await expect.poll(trades).toEqual([true, true]);
  }

  for (const accountId of ids) {
    const names = { exchangeAccount: 'shared', accountId };
    const everything = { lost: {}, surplus: {}, stored: 2_200 };
    expect(await compareWithTruth(system.sandbox, system.database, names)).toEqual(everything);
  }
  await expect(owners[0]?.status(ids[1] as string)).rejects.toMatchObject({ code: 'account-not-found' });
  // One owner's accounts are compared with each other, never with those of another owner.
  for (const [place, owner] of owners.entries()) {
    expect((await owner.status(ids[place] as string)).problems).toEqual([]);
  }
  const refused = exchange.log.filter((entry) => entry.code === 30013);
  expect(refused).toEqual([]);
  const { rows } = await system.database.query<{ fingerprint: string; endpoint: string }>(
    `select fingerprint, endpoint from lease where fingerprint not in ('public', 'unproven')`,
  );
  expect(new Set(rows.map((row) => row.fingerprint)).size).toBe(1);
});
