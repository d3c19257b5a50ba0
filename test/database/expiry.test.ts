import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { createNoteExpiry } from '../../src/activities/note-expiry.ts';
import { streams } from '../../src/bitmart/index.ts';
import {
  createPostgresStore,
  type Database,
  loadAccount,
  loadGaps,
  loadProblems,
  replaceProblems,
  replaceSingleProblem,
  unlinkAccount,
} from '../../src/database/index.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import type { Stream } from '../../src/history/stream.ts';
import { unknownTimetable } from '../../src/history/timetable.ts';
import { linkedAccount, migratedDatabase, setStatus } from './support.ts';

/** What time alone does to an account that is not read. */
let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const dayMs = 86_400_000;
const readMs = Date.UTC(2026, 0, 1);
const [spotTrades] = streams as readonly [Stream, ...Stream[]];

function worker(timetable: Dependencies['settings']['timetable'] = null) {
  let nowMs = readMs;
  const store = createPostgresStore(database, { gapsOf: (state, part) => gapsOf(state, part.stream, nowMs) });
  const exchange = { streams, clockMs: () => nowMs };
  const settings = { timetable };
  const noteExpiry = createNoteExpiry({ database, exchange, store, settings } as unknown as Dependencies);
  return {
    store,
    async lookAt(accountId: string, atMs: number) {
      nowMs = atMs;
      return noteExpiry({ accountId });
    },
  };
}

async function readAccount(accountId: string, { store }: ReturnType<typeof worker>): Promise<string> {
  await linkedAccount(database, accountId);
  await setStatus(database, accountId, { status: 'paused' });
  for (const stream of streams) {
    for (const part of stream.parts) {
      const reference = { accountId, stream, part };
      const { fence } = await store.openPart(reference);
      const from = readMs - 80 * dayMs;
      await store.changePart(reference, fence, (state) => ({
        ...state,
        claimedFromMs: from,
        covered: [{ from, to: readMs }],
        lastReadEndMs: readMs,
        readThrough: true,
      }));
    }
  }
  return accountId;
}

test('what leaves the reach unread becomes a gap row, and the next risk is reported, although nothing is read', async () => {
  const { lookAt, store } = worker();
  const accountId = await readAccount('paused', { lookAt, store });
  const early = await lookAt(accountId, readMs + 10 * dayMs);
  expect(early.historyAtRiskAt).toBe(new Date(readMs + 89 * dayMs).toISOString());
  expect((await loadAccount(database, accountId))?.historyAtRiskAt?.toISOString()).toBe(early.historyAtRiskAt);
  expect((await loadGaps(database, accountId)).filter((gap) => gap.reason === 'expired-unread')).toEqual([]);

  const lateMs = readMs + 100 * dayMs;
  await lookAt(accountId, lateMs);
  const expired = (await loadGaps(database, accountId)).filter((gap) => gap.reason === 'expired-unread');
  const parts = streams.reduce((count, stream) => count + stream.parts.length, 0);
  expect(expired).toHaveLength(parts);
  for (const gap of expired) {
    expect(gap).toMatchObject({ from: readMs, to: lateMs - spotTrades.reachMs + 3_600_000 });
  }
  // The fence is not taken: an attempt that holds it goes on.
  const { fence } = await store.openPart({ accountId, stream: spotTrades, part: 'all' });
  await lookAt(accountId, lateMs + dayMs);
  const held = { accountId, stream: spotTrades, part: 'all' };
  await expect(store.changePart(held, fence, (state) => ({ ...state }))).resolves.toBeDefined();
});

test('what was found out of an account that is read again by then says nothing of its risk', async () => {
  const late = worker();
  const accountId = await readAccount('resumed', late);
  await setStatus(database, accountId, { status: 'live' });
  await late.lookAt(accountId, readMs + 10 * dayMs);
  expect(await loadAccount(database, accountId)).toMatchObject({ status: 'live', historyAtRiskAt: null });
});

test('an account whose exchange has closed is closed although it is paused', async () => {
  const platformEndMs = readMs + 20 * dayMs;
  const ending = worker({ ...unknownTimetable, depositsEndMs: readMs, spotTradingEndMs: readMs, platformEndMs });
  const accountId = await readAccount('closing', ending);
  expect(await ending.lookAt(accountId, platformEndMs - dayMs)).toMatchObject({
    historyAtRiskAt: new Date(platformEndMs).toISOString(),
  });
  expect(await ending.lookAt(accountId, platformEndMs + 2 * dayMs)).toEqual({ historyAtRiskAt: null, closed: true });
  expect(await loadAccount(database, accountId)).toMatchObject({ status: 'closed', historyAtRiskAt: null });
});

test('a closed account keeps only the problems that stay true of what is stored', async () => {
  const platformEndMs = readMs + 20 * dayMs;
  const ending = worker({ ...unknownTimetable, depositsEndMs: readMs, spotTradingEndMs: readMs, platformEndMs });
  const accountId = await readAccount('closing with problems', ending);
  const text = { message: 'm', remedy: 'r' };
  await replaceProblems(database, accountId, null, [{ code: 'key-expired', ...text }]);
  await replaceProblems(database, accountId, 'deposits', [{ code: 'exchange-unreachable', ...text }]);
  for (const code of ['same-account', 'fills-missing'] as const)
    await replaceSingleProblem(database, accountId, code, { code, ...text });
  await ending.lookAt(accountId, platformEndMs + 2 * dayMs);
  const left = await loadProblems(database, accountId);
  expect(left.map(({ code }) => code)).toEqual(['fills-missing', 'same-account']);
});

test('an account that is gone or unlinked is left alone', async () => {
  const { lookAt, store } = worker();
  expect(await lookAt('nobody', readMs)).toEqual({ historyAtRiskAt: null });
  const accountId = await readAccount('unlinked', { lookAt, store });
  await unlinkAccount(database, accountId);
  expect(await lookAt(accountId, readMs + 100 * dayMs)).toEqual({ historyAtRiskAt: null });
  const gaps = await loadGaps(database, accountId);
  expect(gaps.map(({ reason }) => reason)).not.toContain('expired-unread');
});
