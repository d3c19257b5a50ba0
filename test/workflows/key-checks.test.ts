import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linkUpdate, pauseUpdate, resumeUpdate, syncNowSignal } from '../../src/workflows/messages.ts';
import { keyCheck, type MockedTemporal, startMockedTemporal, syncResult } from '../support/mocked-account.ts';

let temporal: MockedTemporal;
beforeAll(async () => {
  temporal = await startMockedTemporal();
});
afterAll(() => temporal.close());

const link = (keyId: string) => ({ args: [{ keyId, purpose: 'link' }] as [{ keyId: string; purpose: 'link' }] });

describe('a workflow does not end while its account is linked', () => {
  test('a link whose key no longer exists is refused, and the account is still read', async () => {
    const account = await temporal.startLive();
    const held = account.hold('checkKey');
    const refusal = expect(account.handle.executeUpdate(linkUpdate, link('replaced'))).rejects.toMatchObject({
      cause: { message: expect.stringContaining('no longer waits') },
    });
    (await held).release(keyCheck(account.accountId, { outcome: 'nothing', keyId: null, linked: true }));
    await refusal;
    await account.handle.executeUpdate(pauseUpdate);
    const before = account.requests('syncHistory').length;
    await account.handle.executeUpdate(resumeUpdate);
    await expect.poll(() => account.requests('syncHistory').length).toBeGreaterThan(before);
    expect((await account.handle.describe()).status.name).toBe('RUNNING');
  });

  test('it ends when there is no key and the account is not linked', async () => {
    const account = await temporal.start({
      activities: { checkKey: async ({ accountId }) => keyCheck(accountId, { outcome: 'nothing', linked: false }) },
    });
    await account.handle.result();
  });
});

test('a request to sync that comes while a key is checked has a refused one checked again', async () => {
  const account = await temporal.startLive();
  const sync = account.hold('syncHistory');
  const check = account.hold('checkKey');
  await account.handle.signal(syncNowSignal);
  (await sync).release(syncResult({ done: false, key: 'refused' }));
  const refusal = await check;
  await account.handle.signal(syncNowSignal);
  await account.view();
  const before = account.requests('checkKey').length;
  const verdict = { outcome: 'refused', subject: 'key-in-use', status: 'needs-attention' } as const;
  refusal.release(keyCheck(account.accountId, verdict));
  await expect.poll(() => account.requests('checkKey').length, { timeout: 10_000 }).toBe(before + 1);
  await expect.poll(() => account.status()).toBe('live');
});
