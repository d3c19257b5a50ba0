import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { linkedSince, unlinkUpdate } from '../../src/workflows/messages.ts';
import { keyCheck, type MockedTemporal, startMockedTemporal } from '../support/mocked-account.ts';

let temporal: MockedTemporal;
beforeAll(async () => {
  temporal = await startMockedTemporal();
});
afterAll(() => temporal.close());

const seen = '2026-11-01T00:00:00.000Z';
const known = '2026-11-02T00:00:00.000Z';

test('an unlink names its account: the one that its caller saw, else the one that the workflow reads', async () => {
  const start = () =>
    temporal.start({
      activities: { checkKey: ({ accountId }) => Promise.resolve(keyCheck(accountId, { accountCreatedAt: known })) },
    });
  for (const [request, accountCreatedAt] of [
    [{ erase: true, accountCreatedAt: seen }, seen],
    [{ erase: true }, known],
  ] as const) {
    const account = await start();
    await expect.poll(() => account.status()).toBe('live');
    await account.handle.executeUpdate(unlinkUpdate, { args: [request] });
    expect(account.requests('unlinkAccount')).toMatchObject([{ erase: true, accountCreatedAt }]);
  }
});

test('an unlink that finds another account under the id fails, and that account is still read', async () => {
  const account = await temporal.start({
    activities: {
      unlinkAccount: () => Promise.reject(ApplicationFailure.create({ type: linkedSince, nonRetryable: true })),
    },
  });
  await expect.poll(() => account.status()).toBe('live');
  const before = account.requests('checkKey').length;
  const unlinking = account.handle.executeUpdate(unlinkUpdate, { args: [{ erase: true, accountCreatedAt: seen }] });
  await expect(unlinking).rejects.toThrow();
  await expect.poll(() => account.requests('checkKey').length).toBeGreaterThan(before);
  await expect.poll(() => account.status()).toBe('live');
  expect((await account.handle.describe()).status.name).toBe('RUNNING');
});
