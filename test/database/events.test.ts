import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  adoptCandidate,
  createPostgresStore,
  dropCandidate,
  eraseAccount,
  markDelivered,
  nextUndelivered,
  noteAccountsAtRisk,
  noteBalanceAlarms,
  noteProgress,
  readEvents,
  replaceProblems,
  saveCandidate,
  setPaused,
  subjectsWithUndelivered,
  type UndeliveredEvent,
  type UndeliveredSubject,
  unlinkAccount,
} from '../../src/database/index.ts';
import type { Gap } from '../../src/history/gap.ts';
import { unknownTimetable } from '../../src/history/timetable.ts';
import { claiming, pageOf, partOf, spotTrades, trade } from './records.ts';
import { anotherPool, migratedDatabase, setStatus, type TestDatabase, whileHeld } from './support.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const report = { readOnly: true, permissions: [], keyExpiresAtMs: Date.UTC(2027, 0, 1), exchangeAccountId: null };
const dayMs = 86_400_000;
const problem = (code: 'key-expired' | 'key-expires-soon') => ({ code, message: 'm', remedy: 'r' });

let accountId: string;
let accounts = 0;
beforeEach(() => {
  accounts += 1;
  accountId = `account-${accounts}`;
});

async function candidate(keyId: string): Promise<void> {
  await saveCandidate(database, { accountId, ownerId: 'anna', keyId, fingerprint: accountId, sealed: 's' });
}

async function link(keyId = 'k1'): Promise<void> {
  await candidate(keyId);
  await adoptCandidate(database, accountId, keyId, report);
}

async function reachLive(): Promise<void> {
  await noteProgress(
    database,
    { accountId, streams: [], goesOn: false },
    { status: 'live', nextSyncAt: null, historyAtRiskAt: null },
  );
}

async function kinds(): Promise<readonly string[]> {
  return (await events()).map((event) => event.kind);
}

function events() {
  return readEvents(database, { ownerId: 'anna', accountId, after: new Map(), limit: 1000 });
}

describe('events of an account', () => {
  test('tell its life once each, and are numbered without a hole', async () => {
    await link();
    await adoptCandidate(database, accountId, 'k1', report);
    await noteProgress(
      database,
      { accountId, streams: [], goesOn: false },
      { status: 'backfilling', nextSyncAt: null, historyAtRiskAt: null },
    );
    await reachLive();
    await reachLive();
    await unlinkAccount(database, accountId);
    await unlinkAccount(database, accountId);
    const found = await events();
    expect(found.map((event) => [event.eventId, event.kind])).toEqual([
      [1, 'linked'],
      [2, 'backfilled'],
      [3, 'unlinked'],
    ]);
    expect(found.every((event) => event.accountId === accountId && event.at instanceof Date)).toBe(true);
    await link('k2');
    await reachLive();
    expect(await kinds()).toEqual(['linked', 'backfilled', 'unlinked', 'linked', 'backfilled']);
  });

  test('say once that attention is needed, with the problems, and once that it is over, pauses or not', async () => {
    await link();
    await replaceProblems(database, accountId, null, [problem('key-expired')]);
    await setStatus(database, accountId, { status: 'needs-attention' });
    await setStatus(database, accountId, { status: 'needs-attention' });
    await setPaused(database, accountId, { paused: true, status: 'paused', nextSyncAt: null });
    await setStatus(database, accountId, { status: 'needs-attention' });
    await setPaused(database, accountId, { paused: false, status: 'backfilling', nextSyncAt: null });
    await reachLive();
    const found = await events();
    expect(found.map((event) => event.kind)).toEqual(['linked', 'needs-attention', 'recovered', 'backfilled']);
    expect(found[1]?.details).toEqual({ problems: ['key-expired'] });
  });

  test('say nothing of a key that was refused, of pausing and of going on', async () => {
    await candidate('k1');
    expect(await kinds()).toEqual([]);
    await adoptCandidate(database, accountId, 'k1', report);
    await candidate('k2');
    await dropCandidate(database, accountId, 'k2');
    await setStatus(database, accountId, { status: 'paused' });
    await setStatus(database, accountId, { status: 'backfilling' });
    expect(await kinds()).toEqual(['linked']);
  });

  test('say that a key expires soon, once for as long as it does, and when', async () => {
    await link();
    await replaceProblems(database, accountId, null, [problem('key-expires-soon')]);
    await replaceProblems(database, accountId, null, [{ ...problem('key-expires-soon'), message: 'tomorrow' }]);
    const found = await events();
    expect(found.map((event) => event.kind)).toEqual(['linked', 'key-expires-soon']);
    expect(found[1]?.details).toEqual({ keyExpiresAt: '2027-01-01T00:00:00.000Z' });
  });

  test('say that the exchange has closed', async () => {
    await link();
    await setStatus(database, accountId, { status: 'closed' });
    await setStatus(database, accountId, { status: 'closed' });
    expect(await kinds()).toEqual(['linked', 'closed']);
  });

  test('say once in each episode that history is about to be lost, but not during the first read', async () => {
    const risk = async (days: number) => {
      const historyAtRiskAt = new Date(Date.now() + days * dayMs);
      await setStatus(database, accountId, { status: 'needs-attention', historyAtRiskAt });
      await noteAccountsAtRisk(database, null);
    };
    await link();
    await setStatus(database, accountId, { status: 'backfilling', historyAtRiskAt: new Date() });
    await noteAccountsAtRisk(database, null);
    expect(await kinds()).toEqual(['linked']);
    await risk(15);
    await risk(13);
    await Promise.all([risk(12), noteAccountsAtRisk(database, null)]);
    expect(await kinds()).toEqual(['linked', 'needs-attention', 'at-risk']);
    await risk(60);
    await risk(10);
    expect(await kinds()).toEqual(['linked', 'needs-attention', 'at-risk', 'at-risk']);
    expect((await events())[2]?.details).toEqual({ historyAtRiskAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) });
  });

  test('do not say it of an account that is read while the audit waits for its row', async () => {
    await link();
    const soon = new Date(Date.now() + dayMs);
    await setStatus(database, accountId, { status: 'needs-attention', historyAtRiskAt: soon });
    const isRead = `update account set status = 'live', history_at_risk_at = now() + interval '60 days' where account_id = $1`;
    await whileHeld(
      database,
      (holder) => holder.query(isRead, [accountId]),
      () => noteAccountsAtRisk(database, null),
    );
    expect(await kinds()).not.toContain('at-risk');
  });

  test('say it no second time of an account that is paused and resumed meanwhile', async () => {
    await link();
    await reachLive();
    const soon = { nextSyncAt: null, historyAtRiskAt: new Date(Date.now() + dayMs) };
    await setStatus(database, accountId, { status: 'live', ...soon });
    await noteAccountsAtRisk(database, null);
    await setPaused(database, accountId, { paused: true, status: 'paused', nextSyncAt: null });
    await noteAccountsAtRisk(database, null);
    await setPaused(database, accountId, { paused: false, status: 'backfilling', nextSyncAt: null });
    await noteAccountsAtRisk(database, null);
    await noteProgress(database, { accountId, streams: [], goesOn: false }, { status: 'live', ...soon });
    await noteAccountsAtRisk(database, null);
    expect(await kinds()).toEqual(['linked', 'backfilled', 'at-risk']);
  });

  test('say once that an account has been paused for more than a day, and since when', async () => {
    await link();
    await reachLive();
    const hoursAgo = async (hours: number) => {
      await database.pool.query(
        'update account set status_since = now() - make_interval(hours => $2) where account_id = $1',
        [accountId, hours],
      );
      await noteAccountsAtRisk(database, null);
    };
    await hoursAgo(48);
    await setPaused(database, accountId, { paused: true, status: 'paused', nextSyncAt: null });
    await hoursAgo(23);
    expect(await kinds()).toEqual(['linked', 'backfilled']);
    await hoursAgo(25);
    await hoursAgo(50);
    expect(await kinds()).toEqual(['linked', 'backfilled', 'at-risk']);
    const instant = expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/);
    expect((await events())[2]?.details).toEqual({ historyAtRiskAt: null, pausedSince: instant });
    await setPaused(database, accountId, { paused: false, status: 'live', nextSyncAt: null });
    await hoursAgo(50);
    await setPaused(database, accountId, { paused: true, status: 'paused', nextSyncAt: null });
    await hoursAgo(25);
    expect(await kinds()).toEqual(['linked', 'backfilled', 'at-risk', 'at-risk']);
    await unlinkAccount(database, accountId);
    await hoursAgo(50);
    expect(await kinds()).toHaveLength(5);
  });

  test('report a difference of balances once, also when two attempts of a sync find it', async () => {
    await link();
    const alarm = { wallet: 'spot', asset: 'BTC', from: 'yesterday', to: 'today' };
    await whileHeld(
      database,
      (holder) => holder.query(`select note_event($1, 'balance-unexplained', $2)`, [accountId, JSON.stringify(alarm)]),
      () => noteBalanceAlarms(database, accountId, [alarm, { ...alarm, asset: 'ETH' }]),
    );
    expect(await kinds()).toEqual(['linked', 'balance-unexplained', 'balance-unexplained']);
  });

  test('do not call it a risk that the exchange itself will end', async () => {
    await link();
    const endMs = Date.now() + dayMs;
    await setStatus(database, accountId, { status: 'live', nextSyncAt: new Date(), historyAtRiskAt: new Date(endMs) });
    await noteAccountsAtRisk(database, { ...unknownTimetable, platformEndMs: endMs });
    expect(await kinds()).toEqual(['linked', 'backfilled']);
  });

  test('say which gaps opened and closed, in the transaction of the page that did it', async () => {
    await link();
    let gaps: readonly Gap[] = [];
    const store = createPostgresStore(database, { gapsOf: () => gaps });
    const part = partOf(accountId, spotTrades);
    const { fence } = await store.openPart(part);
    const commit = (number: number) => {
      const page = pageOf([trade(number)]);
      return store.commitPage(part, fence, page, claiming(page));
    };
    gaps = [{ from: 0, to: 1000, reason: 'expired-before-link' }];
    await commit(1);
    gaps = [...gaps, { from: 2000, to: 3000, reason: 'refused' }];
    await commit(2);
    gaps = [{ from: 2000, to: 9000, reason: 'refused' }];
    await commit(3);
    gaps = [{ from: 2000, to: 9000, reason: 'not-yet-read' }];
    await store.changePart(part, fence, (state) => ({ ...state, readThrough: true }));
    const found = await events();
    expect(found.map((event) => event.kind)).toEqual(['linked', 'gap-opened', 'gap-closed']);
    expect(found[1]?.details).toEqual({
      stream: 'spot-trades',
      part: 'all',
      reason: 'refused',
      from: '1970-01-01T00:00:02.000Z',
      to: '1970-01-01T00:00:03.000Z',
    });
    gaps = [{ from: 2000, to: 9000, reason: 'refused' }];
    const page = pageOf([trade(4)]);
    const broken = store.commitPage(part, fence, page, (state, held) => {
      const decision = claiming(page)(state, held);
      return { ...decision, change: decision.insert, insert: [] };
    });
    await expect(broken).rejects.toThrow('nothing of the page was stored');
    expect(await kinds()).toHaveLength(3);
  });

  test('are handed to the webhook again as soon as one was taken, and not while the oldest is being posted', async () => {
    await link();
    await reachLive();
    const ours = async (except: readonly UndeliveredSubject[]) =>
      (await subjectsWithUndelivered(database, { except, limit: 100 })).filter(({ subject }) => subject === accountId);
    const [begun] = await ours([]);
    if (begun === undefined) throw new Error('Nothing is handed to the webhook.');
    expect(await ours([begun])).toEqual([]);
    await markDelivered(database, (await nextUndelivered(database, accountId)) as UndeliveredEvent);
    expect(await ours([begun])).toEqual([{ subject: accountId, oldest: expect.not.stringMatching(begun.oldest) }]);
    await markDelivered(database, (await nextUndelivered(database, accountId)) as UndeliveredEvent);
    expect(await ours([begun])).toEqual([]);
  });

  test('are gone with everything else when it is erased', async () => {
    await link();
    await eraseAccount(database, accountId);
    expect(await kinds()).toEqual([]);
    await link();
    expect((await events()).map((event) => event.eventId)).toEqual([1]);
  });
});

test('a reader that follows while many write at once gets every event, in order, without a hole', async () => {
  const owned = ['one', 'two', 'three'];
  for (accountId of owned) await link();
  const writers = [database, anotherPool(database)];
  let writing = true;
  const changes = owned.flatMap((id) =>
    writers.map(async (writer) => {
      for (let i = 0; i < 30; i++) {
        await setStatus(writer, id, { status: i % 2 === 0 ? 'needs-attention' : 'live' });
      }
    }),
  );
  const done = Promise.all(changes).then(() => {
    writing = false;
  });
  const after = new Map<string, number>();
  const seen: string[] = [];
  const readOn = async () => {
    const found = await readEvents(database, { ownerId: 'anna', accountId: null, after, limit: 7 });
    for (const event of found) {
      if (event.accountId === null || !owned.includes(event.accountId)) continue;
      seen.push(`${event.accountId} ${event.eventId}`);
    }
    for (const event of found) after.set(event.life, event.eventId);
    return found.length;
  };
  while (writing || (await readOn()) > 0) await readOn();
  await done;
  for (const id of owned) {
    const own = seen.filter((name) => name.startsWith(`${id} `));
    const { rows } = await database.pool.query<{ count: number }>(
      'select event_count as count from account where account_id = $1',
      [id],
    );
    expect(own).toEqual(Array.from({ length: rows[0]?.count as number }, (_, i) => `${id} ${i + 1}`));
    expect(own.length).toBeGreaterThan(5);
  }
  await (writers[1] as TestDatabase).close();
});
