import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { steerFleet } from '../../src/client/fleet.ts';
import { syncNow } from '../../src/client/sync.ts';

/** A caller's function that throws is the caller's failure: it ends the call, and neither the process nor anything else. */
const broken = () => {
  throw new Error('the caller’s own');
};

test('a fleet’s progress that can not be shown ends the call', async () => {
  const accounts = ['one', 'two', 'three'].map((accountId) => ({ accountId, ownerId: 'owner', status: 'live' }));
  const fleet = {
    listEveryOwner: async () => accounts,
    forOwner: () => ({ pause: async () => undefined }),
  } as unknown as Parameters<typeof steerFleet>[0];
  const options = { filter: 'all', perSecond: 1_000, onProgress: broken } as const;
  await expect(steerFleet(fleet, 'pause', options)).rejects.toThrow('the caller’s own');
});

test.each([
  ['throws', broken],
  ['rejects', async () => broken()],
])('a sync whose status callback %s ends the call', async (_, onStatus) => {
  const workflows = { assertServed: async () => undefined, update: () => new Promise(() => {}) };
  const [of, account] = [workflows, { accountId: 'account' }] as unknown as Parameters<typeof syncNow>;
  const synced = { status: async () => ({}), isKeySuspect: async () => false } as unknown as Parameters<
    typeof syncNow
  >[2];
  await expect(syncNow(of, account, synced, { onStatus, everyMs: 10 })).rejects.toThrow('the caller’s own');
});

test('a status that can not be read for a moment ends no sync', async () => {
  const answer = { request: 1, outcome: 'synced' };
  const workflows = { assertServed: async () => undefined, update: () => sleep(100, answer) };
  const [of, account] = [workflows, { accountId: 'account' }] as unknown as Parameters<typeof syncNow>;
  let asked = 0;
  const synced = {
    status: async () => {
      if (asked++ < 3) throw new Error('away');
      return { accountId: 'account', status: 'live', problems: [] };
    },
    isKeySuspect: async () => false,
  } as unknown as Parameters<typeof syncNow>[2];
  const seen: unknown[] = [];
  const result = await syncNow(of, account, synced, { onStatus: (status) => seen.push(status), everyMs: 10 });
  expect(result).toMatchObject({ outcome: 'synced', status: 'live' });
  expect(seen.length).toBeGreaterThan(0);
});
