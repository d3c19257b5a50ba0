import type { UpdateDefinition } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  crowded,
  linkUpdate,
  mergeUpdate,
  pauseUpdate,
  resumeUpdate,
  type SyncRequest,
  syncRangeUpdate,
  syncUpdate,
  unlinkUpdate,
} from '../../src/workflows/messages.ts';
import { keyCheck, type MockedTemporal, startMockedTemporal } from '../support/mocked-account.ts';

let temporal: MockedTemporal;
beforeAll(async () => {
  temporal = await startMockedTemporal();
});
afterAll(() => temporal.close());

const range = { stream: 'spot-trades', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };

describe('an update as a person sends it from the UI', () => {
  const wrong = [
    [linkUpdate, [undefined, {}, { keyId: '' }, { keyId: 'k', purpose: 'steal' }, 'k']],
    [unlinkUpdate, [undefined, {}, { erase: 'yes' }]],
    [mergeUpdate, [undefined, {}, { into: 7 }, { into: '' }]],
    [syncRangeUpdate, [undefined, {}, { ...range, from: 'yesterday' }, { ...range, stream: 'nothing' }]],
    [syncUpdate, ['now', { request: 'one' }, { waitMs: -1 }]],
  ] as unknown as readonly (readonly [UpdateDefinition<unknown, [unknown]>, readonly unknown[]])[];

  test.each(wrong)('$name is refused with words, and the workflow goes on', async (update, inputs) => {
    const account = await temporal.startLive();
    for (const input of inputs) {
      const args = (input === undefined ? [] : [input]) as [unknown];
      const refusal = await account.handle.executeUpdate(update, { args }).then(
        () => 'accepted',
        (error) => String(error.cause?.message),
      );
      expect(refusal, JSON.stringify(input)).toMatch(/^(Say|A range needs|There is no stream)/);
    }
    await account.handle.executeUpdate(pauseUpdate);
    expect(await account.status()).toBe('paused');
  });

  test('sync needs nothing: neither an input nor one that is null', async () => {
    const account = await temporal.startLive();
    for (const args of [[], [null]] as unknown as readonly [SyncRequest][])
      expect(await account.handle.executeUpdate(syncUpdate, { args })).toMatchObject({ outcome: 'synced' });
  });
});

test('a range that waited for its turn is not read of an account that was paused meanwhile', async () => {
  const account = await temporal.start();
  const syncing = account.hold('syncHistory');
  await syncing;
  const refusal = expect(account.handle.executeUpdate(syncRangeUpdate, { args: [range] })).rejects.toMatchObject({
    cause: { message: expect.stringContaining('paused') },
  });
  await account.view();
  await account.handle.executeUpdate(pauseUpdate);
  await refusal;
  expect(account.requests('readRange')).toEqual([]);
});

test('twelve ranges at once leave room for a pause', async () => {
  const account = await temporal.start();
  const syncing = account.hold('syncHistory');
  await syncing;
  let refused = 0;
  const ranges = Array.from({ length: 12 }, () =>
    account.handle.executeUpdate(syncRangeUpdate, { args: [range] }).catch(({ cause }) => {
      if (cause.type === crowded) refused++;
      return cause;
    }),
  );
  await expect.poll(() => refused).toBe(9);
  const askedMs = Date.now();
  await account.handle.executeUpdate(pauseUpdate);
  expect(Date.now() - askedMs).toBeLessThan(5_000);
  const answers = await Promise.all(ranges);
  expect(answers.filter(({ message }) => message.includes('paused'))).toHaveLength(3);
});

test('a range that waits while a command is carried out is read after it', async () => {
  const account = await temporal.startLive();
  const held = account.hold('mergeAccounts');
  const merging = account.handle.executeUpdate(mergeUpdate, { args: [{ into: 'another' }] });
  const merge = await held;
  const reading = account.handle.executeUpdate(syncRangeUpdate, { args: [range] });
  await account.view();
  expect(account.requests('readRange')).toEqual([]);
  expect((await account.view()).activity).toBe('idle');
  merge.release();
  await Promise.all([merging, reading]);
  expect(account.requests('readRange')).toHaveLength(1);
});

test('an account that is being unlinked says so', async () => {
  const account = await temporal.startLive();
  const held = account.hold('unlinkAccount');
  const unlinking = account.handle.executeUpdate(unlinkUpdate, { args: [{ erase: false }] });
  const unlink = await held;
  expect((await account.view()).activity).toBe('unlinking');
  unlink.release();
  await unlinking;
});

test('every activity has a time limit, because its run, and the version that it is bound to, would stay open', async () => {
  const account = await temporal.startLive();
  await account.handle.executeUpdate(syncUpdate, { args: [{}] });
  await account.handle.executeUpdate(syncRangeUpdate, { args: [range] });
  await account.handle.executeUpdate(mergeUpdate, { args: [{ into: 'another' }] });
  await account.handle.executeUpdate(linkUpdate, { args: [{ keyId: 'k', purpose: 'rotate' }] });
  await account.handle.executeUpdate(pauseUpdate);
  await account.handle.executeUpdate(resumeUpdate);
  await account.handle.executeUpdate(unlinkUpdate, { args: [{ erase: false }] });
  await account.handle.result();
  const { events } = await account.handle.fetchHistory();
  const limits = new Map(
    events?.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled ? [[scheduled.activityType?.name, Number(scheduled.scheduleToCloseTimeout?.seconds ?? 0)]] : [],
    ),
  );
  const hours = (count: number) => count * 3_600;
  expect([...limits.keys()].sort()).toEqual(
    ['checkKey', 'mergeAccounts', 'readRange', 'saveStatus', 'syncHistory', 'unlinkAccount'].sort(),
  );
  for (const [name, seconds] of limits) {
    expect(seconds, name as string).toBeGreaterThan(0);
    expect(seconds, name as string).toBeLessThanOrEqual(hours(6));
  }
  expect(limits.get('mergeAccounts')).toBe(hours(2));
});

test('a key check that no longer concerns the caller is not made twice', async () => {
  const account = await temporal.startLive();
  const held = account.hold('checkKey');
  const link = { args: [{ keyId: 'same', purpose: 'link' }] as [{ keyId: string; purpose: 'link' }] };
  const both = [account.handle.executeUpdate(linkUpdate, link), account.handle.executeUpdate(linkUpdate, link)];
  (await held).release(keyCheck(account.accountId, { keyId: 'same' }));
  expect(await Promise.all(both)).toMatchObject([{ outcome: 'accepted' }, { outcome: 'accepted' }]);
  expect(account.requests('checkKey').filter(({ keyId }) => keyId === 'same')).toHaveLength(1);
});
