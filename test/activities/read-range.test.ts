import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RangeChunk } from '../../src/activities/contract.ts';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { createReadRange } from '../../src/activities/read-range.ts';
import { adoptCandidate, saveCandidate } from '../../src/database/index.ts';
import { isoTime } from '../../src/history/iso-time.ts';
import type { Reader } from '../../src/history/ports.ts';
import { linkedAccount, migratedDatabase, type TestDatabase } from '../database/support.ts';
import { CountingExchange } from '../history/counting-exchange.ts';
import { dayMs, hourMs, nowMs, settings, spot } from '../history/pages.ts';
import { MemoryStore } from '../simulation/memory-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

/** Three full pages, of which each is on its way when the test says what happens next. */
async function reading(accountId: string) {
  await linkedAccount(database, accountId);
  const key = { accountId, ownerId: `owner of ${accountId}`, keyId: 'k', fingerprint: 'f', sealed: 's' };
  await saveCandidate(database, { ...key, attemptOf: null });
  const report = { readOnly: true, permissions: [], keyExpiresAtMs: null, exchangeAccountId: null };
  await adoptCandidate(database, accountId, key.keyId, report);
  const times = Array.from({ length: 600 }, (_, i) => nowMs - 10 * dayMs + i * 60_000);
  const exchange = new CountingExchange(spot, 'newest-first', times);
  const asked: PromiseWithResolvers<void>[] = [];
  const arrived: PromiseWithResolvers<void>[] = [];
  const ask: Reader['ask'] = async (stream, question, signal) => {
    const answer = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => answer.reject(signal.reason));
    asked.push(answer);
    arrived.shift()?.resolve();
    await answer.promise;
    return exchange.open().ask(stream, question, signal);
  };
  const dependencies = {
    database,
    exchange: Object.assign(Object.create(exchange), { ...exchange, open: () => ({ ...exchange.open(), ask }) }),
    store: new MemoryStore(),
    opener: { open: async () => ({}) },
    settings: { ...settings, timetable: null, chunkPages: 100, chunkMs: 60_000 },
  } as unknown as Dependencies;
  const cancelling = new AbortController();
  const context = {
    heartbeat: () => undefined,
    cancellationSignal: cancelling.signal,
    cancellationDetails: undefined as object | undefined,
  };
  const range = { stream: spot.name, from: isoTime(nowMs - 10 * dayMs), to: isoTime(nowMs - 9 * dayMs + hourMs) };
  const run = () => createReadRange(dependencies)({ accountId, ...range, next: null });
  return {
    /** The request that is on its way next. */
    async next(): Promise<PromiseWithResolvers<void>> {
      if (asked.length === 0) {
        const arrival = Promise.withResolvers<void>();
        arrived.push(arrival);
        await arrival.promise;
      }
      return asked.shift() as PromiseWithResolvers<void>;
    },
    chunk: asyncLocalStorage.run(context as unknown as Context, run),
    cancel(details: object) {
      context.cancellationDetails = details;
      cancelling.abort(new CancelledFailure('cancelled'));
    },
  };
}

test('a worker that stops finishes the page on its way, and reports what the chunk has brought by then', async () => {
  const account = await reading('stopping');
  (await account.next()).resolve();
  const last = await account.next();
  account.cancel({ workerShutdown: true });
  last.resolve();
  const chunk: RangeChunk = await account.chunk;
  expect(chunk.requests).toBe(2);
  expect(chunk.inserted).toBeGreaterThan(spot.cap);
  expect(chunk.next).toMatchObject({ part: spot.parts[0] });
});

test('a read that is interrupted for another reason ends at once', async () => {
  const account = await reading('interrupted');
  await account.next();
  account.cancel({ cancelRequested: true });
  await expect(account.chunk).rejects.toThrow(CancelledFailure);
});
