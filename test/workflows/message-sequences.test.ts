import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  linkUpdate,
  mergeUpdate,
  pauseUpdate,
  resumeUpdate,
  syncNowSignal,
  syncRangeUpdate,
  syncUpdate,
} from '../../src/workflows/messages.ts';
import { syncStatus } from '../../src/workflows/search-attribute-keys.ts';
import { keyCheck, type MockedAccount, type MockedTemporal, startMockedTemporal } from '../support/mocked-account.ts';

let temporal: MockedTemporal;
beforeAll(async () => {
  temporal = await startMockedTemporal();
});
afterAll(() => temporal.close());

const messages = ['pause', 'resume', 'link', 'merge', 'range', 'sync', 'signal', 'breathe'] as const;
const range = { stream: 'spot-trades', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };

/** The account as the database holds it, written by the same rules. */
class Row {
  paused = false;
  #command = 0;

  save({ paused, command = 0 }: { readonly paused: boolean; readonly command?: number }): void {
    if (command < this.#command) return;
    this.#command = command;
    this.paused = paused;
  }
}

function send(account: MockedAccount, message: (typeof messages)[number], key: number): Promise<unknown> {
  const { handle } = account;
  const moment = new Promise((resolve) => setTimeout(resolve, 15));
  const sent = {
    pause: () => handle.executeUpdate(pauseUpdate),
    resume: () => handle.executeUpdate(resumeUpdate),
    link: () => handle.executeUpdate(linkUpdate, { args: [{ keyId: `key-${key}`, purpose: 'rotate' }] }),
    merge: () => handle.executeUpdate(mergeUpdate, { args: [{ into: 'another' }] }),
    range: () => handle.executeUpdate(syncRangeUpdate, { args: [range] }),
    sync: () => handle.executeUpdate(syncUpdate, { args: [{}] }),
    signal: () => handle.signal(syncNowSignal),
    breathe: () => moment,
  };
  return sent[message]().then(
    () => true,
    () => false,
  );
}

test('whatever comes at once, the workflow, the database and the search attributes agree afterwards, and it is read', async () => {
  const sequence = fc.array(fc.constantFrom(...messages), { minLength: 3, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(sequence, async (sent) => {
      const row = new Row();
      const account = await temporal.start({
        activities: {
          saveStatus: async (request) => row.save(request),
          checkKey: async ({ accountId, keyId }) =>
            keyCheck(accountId, { keyId: keyId ?? 'key', paused: row.paused, everythingReadThrough: true }),
        },
      });
      await Promise.all(sent.map((message, place) => send(account, message, place)));
      const status = row.paused ? 'paused' : 'live';
      await expect.poll(() => account.status(), { message: sent.join(), timeout: 10_000 }).toBe(status);
      const shown = async () => (await account.handle.describe()).typedSearchAttributes.get(syncStatus);
      await expect.poll(shown, { message: sent.join(), timeout: 10_000 }).toBe(status);

      if (row.paused) await account.handle.executeUpdate(resumeUpdate);
      expect(await account.handle.executeUpdate(syncUpdate, { args: [{}] }), sent.join()).toMatchObject({
        outcome: 'synced',
        status: 'live',
      });
      await account.handle.terminate();
    }),
    { numRuns: Number(process.env.SEQUENCES ?? 40) },
  );
});
