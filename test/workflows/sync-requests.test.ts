import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  crowded,
  pauseUpdate,
  type SyncRequest,
  syncNowSignal,
  syncUpdate,
  unlinkUpdate,
} from '../../src/workflows/messages.ts';
import {
  keyCheck,
  type MockedAccount,
  type MockedTemporal,
  startMockedTemporal,
  syncResult,
} from '../support/mocked-account.ts';

let temporal: MockedTemporal;
beforeAll(async () => {
  temporal = await startMockedTemporal();
});
afterAll(() => temporal.close());

const ask = (account: MockedAccount, request: SyncRequest = {}) =>
  account.handle.executeUpdate(syncUpdate, { args: [request] });

const syncsOf = (account: MockedAccount) => account.requests('syncHistory').length;

/** A live account in the middle of a sync. */
async function syncingAccount() {
  const account = await temporal.startLive();
  const held = account.hold('syncHistory');
  await account.handle.signal(syncNowSignal);
  return { account, sync: await held };
}

describe('a request to sync', () => {
  test('that comes by signal while a sync runs is served by another one at once', async () => {
    const { account, sync } = await syncingAccount();
    const before = syncsOf(account);
    await account.handle.signal(syncNowSignal);
    await account.view();
    sync.release();
    await expect.poll(() => syncsOf(account)).toBe(before + 1);
    expect(account.requests('syncHistory').at(-1)).toMatchObject({ everything: true });
  });

  test('that comes by update while a sync runs is answered by one that began after it', async () => {
    const { account, sync } = await syncingAccount();
    const before = syncsOf(account);
    const asked = ask(account);
    await account.view();
    const next = account.hold('syncHistory');
    sync.release();
    const second = await next;
    let isAnswered = false;
    void asked.then(() => {
      isAnswered = true;
    });
    await account.view();
    expect(isAnswered).toBe(false);
    second.release();
    expect(await asked).toMatchObject({ outcome: 'synced', status: 'live', problems: [] });
    expect(syncsOf(account)).toBe(before + 1);
  });

  test('is served once by one sync, however many come before it begins', async () => {
    const { account, sync } = await syncingAccount();
    const before = syncsOf(account);
    const asked = Array.from({ length: 5 }, () => ask(account));
    await account.view();
    sync.release();
    expect((await Promise.all(asked)).every(({ outcome }) => outcome === 'synced')).toBe(true);
    expect(syncsOf(account)).toBe(before + 1);
  });

  test('is not lost when the sync that runs fails altogether', async () => {
    const { account, sync } = await syncingAccount();
    const asked = ask(account);
    await account.view();
    sync.fail();
    expect(await asked).toMatchObject({ outcome: 'synced' });
  });

  test('is answered with the reason why it can not run now, and served later', async () => {
    const account = await temporal.startLive();
    const held = account.hold('syncHistory');
    const asked = ask(account);
    const problems = [{ code: 'exchange-unreachable', stream: 'spot-trades' }] as const;
    const nextSyncAt = new Date(Date.now() + 2_000).toISOString();
    (await held).release(syncResult({ done: false, failed: true, problems, nextSyncAt }));
    const { outcome, request, ...answer } = await asked;
    expect({ outcome, ...answer }).toMatchObject({ outcome: 'not-now', problems: [{ code: 'exchange-unreachable' }] });
    const before = syncsOf(account);
    await expect.poll(() => syncsOf(account)).toBe(before + 1);
    expect(account.requests('syncHistory').at(-1)).toMatchObject({ everything: true });
    await account.view();
    expect(await ask(account, { request })).toMatchObject({ outcome: 'synced' });
    expect(syncsOf(account)).toBe(before + 1);
  });

  test('of an account that is paused, or whose key is refused, or that is unlinked meanwhile gets an answer that says so', async () => {
    const paused = await temporal.startLive();
    await paused.handle.executeUpdate(pauseUpdate);
    expect(await ask(paused)).toMatchObject({ outcome: 'not-now', status: 'paused' });

    const refused = await temporal.startLive();
    const sync = refused.hold('syncHistory');
    const check = refused.hold('checkKey');
    const asked = ask(refused);
    (await sync).release(syncResult({ done: false, key: 'refused' }));
    const verdict = { outcome: 'refused', subject: 'key-in-use', status: 'needs-attention' } as const;
    (await check).release(keyCheck(refused.accountId, { ...verdict, everythingReadThrough: true }));
    expect(await asked).toMatchObject({ outcome: 'not-now', status: 'needs-attention' });

    const { account } = await syncingAccount();
    const waiting = ask(account);
    await account.handle.executeUpdate(unlinkUpdate, { args: [{ erase: false }] });
    expect(await waiting).toMatchObject({ outcome: 'not-now', status: 'unlinked' });
  });

  test('that waits for long gets an interim answer, and can continue to wait', async () => {
    const { account, sync } = await syncingAccount();
    const before = syncsOf(account);
    const { outcome, request } = await ask(account, { waitMs: 100 });
    expect(outcome).toBe('under-way');
    const asked = ask(account, { request });
    await account.view();
    sync.release();
    expect(await asked).toMatchObject({ outcome: 'synced', request });
    expect(syncsOf(account)).toBe(before + 1);
  });

  test('leaves room for a pause, however many callers wait', async () => {
    const { account, sync } = await syncingAccount();
    const callers = Array.from({ length: 12 }, () => syncedIn(account, { pauseMs: 500 }));
    // Temporal has taken ten by then, or as many as are let wait.
    await sleep(2_000);
    const askedMs = Date.now();
    await account.handle.executeUpdate(pauseUpdate);
    expect(Date.now() - askedMs).toBeLessThan(5_000);
    sync.release();
    expect(await Promise.all(callers)).toEqual(callers.map(() => 'not-now'));
  });

  test('that waits beside enough others is refused, which stores no update, and answered once there is an answer', async () => {
    const { account, sync } = await syncingAccount();
    const waiting = Array.from({ length: 5 }, () => ask(account));
    await sleep(500);
    const { outcome, request } = await ask(account);
    expect(outcome).toBe('under-way');
    const stored = async () => {
      const { events } = await account.handle.fetchHistory();
      return events?.filter(({ workflowExecutionUpdateAcceptedEventAttributes: update }) => update).length;
    };
    const before = await stored();
    for (let i = 0; i < 5; i++)
      await expect(ask(account, { request })).rejects.toMatchObject({ cause: { type: 'Crowded' } });
    expect(await stored()).toBe(before);
    sync.release();
    await Promise.all(waiting);
    expect(await ask(account, { request })).toMatchObject({ outcome: 'synced' });
  });

  test('survives every new run: many in a row, one at a time and several at once', async () => {
    const account = await temporal.startLive();
    const first = (await account.handle.describe()).runId;
    for (let round = 0; round < 20; round++) {
      const before = syncsOf(account);
      const asked = Array.from({ length: 1 + (round % 3) }, () => syncedIn(account));
      expect(await Promise.all(asked)).toEqual(asked.map(() => 'synced'));
      expect(syncsOf(account)).toBeGreaterThan(before);
    }
    expect((await account.handle.describe()).runId).not.toBe(first);
  });
});

/** As a client waits: it asks again where a new run takes over. */
async function syncedIn(account: MockedAccount, { pauseMs = 0 } = {}): Promise<string> {
  const handle = temporal.client.workflow.getHandle(account.handle.workflowId);
  for (let request: number | undefined; ; ) {
    const args: [SyncRequest] = [request === undefined ? {} : { request }];
    try {
      const answer = await handle.executeUpdate(syncUpdate, { args });
      if (answer.outcome !== 'under-way') return answer.outcome;
      request = answer.request;
      await sleep(pauseMs);
    } catch (error) {
      if (isCrowded(error)) await sleep(pauseMs);
      else if (!/completed|not found/i.test(String(error))) throw error;
    }
  }
}

function isCrowded(error: unknown): boolean {
  return error instanceof WorkflowUpdateFailedError && (error.cause as ApplicationFailure).type === crowded;
}
