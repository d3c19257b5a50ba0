import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  linkUpdate,
  mergeUpdate,
  pauseUpdate,
  resumeUpdate,
  syncNowSignal,
  unlinkUpdate,
} from '../../src/workflows/messages.ts';
import { keyCheck, type MockedTemporal, startMockedTemporal } from '../support/mocked-account.ts';

let temporal: MockedTemporal;
beforeAll(async () => {
  temporal = await startMockedTemporal();
});
afterAll(() => temporal.close());

const paused = { paused: true, status: 'paused' };
const resumed = { paused: false, status: 'live' };

describe('commands run one at a time', () => {
  test('a resume waits for the pause before it, and takes effect last', async () => {
    const account = await temporal.startLive();
    const held = account.hold('saveStatus');
    const pausing = account.handle.executeUpdate(pauseUpdate);
    const pause = await held;
    const resuming = account.handle.executeUpdate(resumeUpdate);
    await account.view();
    expect(account.requests('saveStatus')).toHaveLength(1);
    pause.release();
    await Promise.all([pausing, resuming]);
    const requests = account.requests('saveStatus');
    expect(requests).toMatchObject([paused, resumed]);
    const [first, second] = requests.map(({ command }) => command as number) as [number, number];
    expect(second).toBeGreaterThan(first);
    expect(await account.status()).toBe('live');
  });

  test('a pause that fails does not affect the resume that follows', async () => {
    const account = await temporal.startLive();
    const held = account.hold('saveStatus');
    const refusal = expect(account.handle.executeUpdate(pauseUpdate)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('Postgres is away.') },
    });
    const pause = await held;
    const resuming = account.handle.executeUpdate(resumeUpdate);
    const before = account.requests('syncHistory').length;
    pause.fail('Postgres is away.');
    await Promise.all([refusal, resuming]);
    await expect.poll(() => account.requests('syncHistory').length).toBeGreaterThan(before);
    await expect.poll(() => account.status()).toBe('live');
  });

  test('after a pause that failed the database says whether it was written', async () => {
    const account = await temporal.startLive();
    const held = account.hold('saveStatus');
    const checked = account.hold('checkKey');
    const refusal = expect(account.handle.executeUpdate(pauseUpdate)).rejects.toThrow();
    (await held).fail();
    await refusal;
    (await checked).release(keyCheck(account.accountId, { subject: 'key-in-use', paused: true }));
    await expect.poll(() => account.status()).toBe('paused');
  });

  test('a pause during a key check comes after it, and the check does not undo it', async () => {
    const account = await temporal.startLive();
    const held = account.hold('checkKey');
    const linking = account.handle.executeUpdate(linkUpdate, { args: [{ keyId: 'new', purpose: 'rotate' }] });
    const check = await held;
    const pausing = account.handle.executeUpdate(pauseUpdate);
    await account.view();
    expect(account.requests('saveStatus')).toEqual([]);
    check.release(keyCheck(account.accountId, { keyId: 'new', everythingReadThrough: true }));
    await Promise.all([linking, pausing]);
    expect(account.requests('saveStatus')).toMatchObject([paused]);
    expect(await account.status()).toBe('paused');
  });

  test('an account that is linked again in the run that was just unlinked is read', async () => {
    const account = await temporal.startLive();
    const held = account.hold('unlinkAccount');
    const unlinking = account.handle.executeUpdate(unlinkUpdate, { args: [{ erase: false }] });
    const unlink = await held;
    const linking = account.handle.executeUpdate(linkUpdate, { args: [{ keyId: 'again', purpose: 'link' }] });
    await account.view();
    const before = account.requests('syncHistory').length;
    unlink.release();
    await unlinking;
    expect(await linking).toMatchObject({ outcome: 'accepted' });
    await expect.poll(() => account.requests('syncHistory').length).toBeGreaterThan(before);
    await expect.poll(() => account.status()).toBe('live');
  });

  test('a merge that is refused leaves a paused account paused and a reading one reading', async () => {
    for (const isPaused of [true, false]) {
      const account = await temporal.startLive();
      if (isPaused) await account.handle.executeUpdate(pauseUpdate);
      const held = account.hold('mergeAccounts');
      const merging = account.handle.executeUpdate(mergeUpdate, { args: [{ into: 'another' }] });
      const merge = await held;
      merge.release();
      expect(await merging).toMatchObject({ outcome: 'refused' });
      if (isPaused) {
        expect(await account.status()).toBe('paused');
        await account.handle.executeUpdate(resumeUpdate);
      }
      const before = account.requests('syncHistory').length;
      await account.handle.signal(syncNowSignal);
      await expect.poll(() => account.requests('syncHistory').length).toBeGreaterThan(before);
      expect(await account.status()).toBe('live');
    }
  });

  test('a command that waited behind an unlink is refused', async () => {
    const account = await temporal.startLive();
    const held = account.hold('unlinkAccount');
    const unlinking = account.handle.executeUpdate(unlinkUpdate, { args: [{ erase: false }] });
    const unlink = await held;
    const refusal = expect(account.handle.executeUpdate(pauseUpdate)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('no longer linked') },
    });
    await account.view();
    unlink.release();
    await unlinking;
    await refusal;
    expect(account.requests('saveStatus')).toEqual([]);
  });

  test('nothing is read while a command waits', async () => {
    const account = await temporal.start();
    const syncing = account.hold('syncHistory');
    await syncing;
    const held = account.hold('checkKey');
    const linking = account.handle.executeUpdate(linkUpdate, { args: [{ keyId: 'new', purpose: 'rotate' }] });
    const check = await held;
    const unlinking = account.handle.executeUpdate(unlinkUpdate, { args: [{ erase: false }] });
    await account.view();
    const before = account.requests('syncHistory').length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(account.requests('syncHistory')).toHaveLength(before);
    check.release(keyCheck(account.accountId, { keyId: 'new' }));
    await Promise.all([linking, unlinking]);
    await account.handle.result();
    expect(account.requests('syncHistory')).toHaveLength(before);
  });
});
