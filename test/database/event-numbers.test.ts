import { Kysely, PostgresDialect, sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  adoptCandidate,
  closeAccount,
  createPostgresStore,
  type Database,
  doubtKey,
  dropCandidate,
  noteAccountsAtRisk,
  noteProgress,
  noteRefusal,
  noteRisk,
  readEvents,
  replaceProblems,
  saveCandidate,
  setPaused,
  unlinkAccount,
} from '../../src/database/index.ts';
import type { Gap } from '../../src/history/gap.ts';
import { FenceLost } from '../../src/history/ports.ts';
import { claiming, pageOf, partOf, spotTrades, trade } from './records.ts';
import { anotherPool, migratedDatabase, type TestDatabase } from './support.ts';

let database: TestDatabase;
let another: Database;
beforeAll(async () => {
  database = await migratedDatabase({ poolSize: 20 });
  another = anotherPool(database);
});
afterAll(async () => {
  await another.close();
  await database.close();
});

/** What one activity writes of an account. A worker that dies in it leaves it to be done again from its beginning. */
type Write = (database: Database, accountId: string) => Promise<unknown>;

const dayMs = 86_400_000;
const report = { readOnly: true, permissions: [], keyExpiresAtMs: Date.UTC(2027, 0, 1), exchangeAccountId: null };
const refusedGap: readonly Gap[] = [{ from: 2000, to: 3000, reason: 'refused' }];
const soon = () => new Date(Date.now() + dayMs);

const candidate =
  (keyId: string): Write =>
  (_, accountId) =>
    saveCandidate(database, { accountId, ownerId: accountId, keyId, fingerprint: accountId, sealed: 's' }).catch(
      (error) => {
        // The client that links is not a worker: it does not do it again.
        if (error.constraint !== 'api_key_pkey') throw error;
      },
    );
const adopt =
  (keyId: string): Write =>
  async (store, accountId) => {
    await adoptCandidate(store, accountId, keyId, report);
  };
const page =
  (gaps: readonly Gap[], number: number): Write =>
  async (store, accountId) => {
    const history = createPostgresStore(store, { gapsOf: () => gaps });
    const part = partOf(accountId, spotTrades);
    const { fence } = await history.openPart(part);
    const answer = pageOf([trade(number)]);
    await history.commitPage(part, fence, answer, claiming(answer)).catch((error) => {
      if (!(error instanceof FenceLost)) throw error;
    });
  };
const progress =
  (status: 'backfilling' | 'live'): Write =>
  (store, accountId) =>
    noteProgress(
      store,
      { accountId, streams: [], goesOn: false },
      { status, nextSyncAt: null, historyAtRiskAt: soon() },
    );
const expiresSoon: Write = (store, accountId) =>
  replaceProblems(store, accountId, null, [{ code: 'key-expires-soon', message: 'm', remedy: 'r' }]);
const refuse: Write = async (store, accountId) => {
  await doubtKey(store, accountId, 'k1');
  await noteRefusal(store, { accountId, keyId: 'k1', problems: [{ code: 'key-expired', message: 'm', remedy: 'r' }] });
};
const pause =
  (command: number, status: 'paused' | 'live' | 'needs-attention' = 'paused'): Write =>
  (store, accountId) =>
    setPaused(store, accountId, { paused: status === 'paused', status, nextSyncAt: null, command });
const audit: Write = async (store, accountId) => {
  await noteRisk(store, accountId, soon());
  await noteAccountsAtRisk(store, null);
};

const life: readonly Write[] = [
  candidate('k1'),
  adopt('k1'),
  page([], 1),
  page(refusedGap, 2),
  progress('live'),
  expiresSoon,
  pause(1),
  progress('live'),
  pause(2, 'live'),
  pause(1),
  progress('live'),
  refuse,
  pause(3),
  refuse,
  pause(4, 'needs-attention'),
  audit,
  pause(5, 'live'),
  audit,
  progress('live'),
  page([], 3),
  (store, accountId) => unlinkAccount(store, accountId, { command: 6 }),
  pause(4, 'live'),
  candidate('k2'),
  adopt('k2'),
  progress('live'),
  (store, accountId) => closeAccount(store, accountId),
];
const reported = [
  'linked',
  'gap-opened',
  'records-changed',
  'backfilled',
  'key-expires-soon',
  'needs-attention',
  'at-risk',
  'recovered',
  'gap-closed',
  'unlinked',
  'linked',
  'records-changed',
  'backfilled',
  'closed',
];

let accounts = 0;

/** Runs a new account through its events, or the first of them, and follows its events meanwhile as a platform does. */
async function live(
  write: (write: Write, accountId: string, place: number) => Promise<unknown>,
  writes: readonly Write[] = life,
): Promise<readonly string[]> {
  const accountId = `numbered-${accounts++}`;
  const seen = new Map<string, number>();
  const kinds: string[] = [];
  for (const [place, each] of writes.entries()) {
    await write(each, accountId, place);
    const found = await readEvents(another, { ownerId: accountId, accountId, after: seen, limit: 100 });
    for (const { eventId, kind, life: of } of found) {
      expect(eventId, `${kinds.join()} then ${kind}`).toBe((seen.get(of) ?? 0) + 1);
      seen.set(of, eventId);
      kinds.push(kind);
    }
  }
  const { rows } = await database.pool.query(
    'select event_count, (select count(*) from account_event e where e.account_id = a.account_id) as events from account a where account_id = $1',
    [accountId],
  );
  expect(rows).toEqual([{ event_count: kinds.length, events: kinds.length }]);
  return kinds;
}

class Dead extends Error {}

/** More than any write has statements. */
const most = 100;

/** A database whose process dies before or after one of its statements: its connections break, whatever they were at. */
function dying(
  statement: number,
  when: 'before' | 'after',
): { readonly store: Database; readonly hasDied: () => boolean } {
  let sent = 0;
  let isDead = false;
  const around = async (send: () => Promise<unknown>) => {
    if (isDead) throw new Dead();
    const dies = ++sent === statement;
    isDead ||= dies;
    if (dies && when === 'before') throw new Dead();
    const answer = await send();
    if (dies) throw new Dead();
    return answer;
  };
  const clientOf = (client: pg.PoolClient) => ({
    query: (...query: [string]) => around(() => client.query(...query)),
    release: (broken?: boolean) => client.release(isDead || broken),
  });
  const pool = {
    connect: async () => clientOf(await database.pool.connect()),
    query: (...query: [string]) => around(() => database.pool.query(...query)),
    end: async () => undefined,
  } as unknown as pg.Pool;
  const kysely: Database['kysely'] = new Kysely({ dialect: new PostgresDialect({ pool }) });
  return { store: { ...database, pool, kysely }, hasDied: () => isDead };
}

test('the life of an account always yields the same events', async () => {
  expect(await live((write, accountId) => write(database, accountId))).toEqual(reported);
});

test('a worker that dies before or after any statement, and one that does it again, leave no hole and report nothing twice', async () => {
  let deaths = 0;
  for (let place = 0; place < life.length; place++) {
    // What comes later tells whether the death has left something behind; two writes are enough.
    const writes = life.slice(0, place + 3);
    const undisturbed = await live((write, accountId) => write(database, accountId), writes);
    // To die after a statement and before the next one leaves the same behind.
    const moments = [['before', 1] as const, ...Array.from({ length: most }, (_, i) => ['after', i + 1] as const)];
    for (const [when, statement] of moments) {
      let hasDied = false;
      const kinds = await live(async (write, accountId, now) => {
        const dyingOne = dying(now === place ? statement : 0, when);
        const error = await write(dyingOne.store, accountId).then(
          () => null,
          (reason: unknown) => reason,
        );
        hasDied ||= dyingOne.hasDied();
        if (error === null) return;
        expect(error, `${place} ${when} ${statement}`).toBeInstanceOf(Dead);
        deaths++;
        await write(database, accountId);
      }, writes);
      expect(kinds, `a death ${when} statement ${statement} of write ${place}`).toEqual(undisturbed);
      if (!hasDied) break;
    }
  }
  expect(deaths).toBeGreaterThan(100);
});

test('an attempt that was given up and goes on beside the next one reports nothing twice', async () => {
  for (let run = 0; run < 20; run++) {
    const both = (write: Write, accountId: string) =>
      Promise.all([write(database, accountId), write(another, accountId)]);
    expect(await live(both)).toEqual(reported);
  }
});

test('a write that comes late, behind the next one, leaves no hole', async () => {
  for (let late = 1; late < life.length; late++) {
    await live(async (write, accountId, place) => {
      await write(database, accountId);
      if (place === late) await life[late - 1]?.(another, accountId);
    });
  }
});

test('an account whose first key is refused after a long pause leaves no event behind, and can be linked again', async () => {
  const accountId = 'never-linked';
  await candidate('k1')(database, accountId);
  await pause(1)(database, accountId);
  await sql`update account set status_since = now() - interval '2 days' where account_id = ${accountId}`.execute(
    database.kysely,
  );
  await noteAccountsAtRisk(database, null);
  expect(await dropCandidate(database, accountId, 'k1')).toBe('account-deleted');
  await candidate('k1')(database, accountId);
  await adopt('k1')(database, accountId);
  const events = await readEvents(database, { ownerId: accountId, accountId, after: new Map(), limit: 100 });
  expect(events.map(({ kind }) => kind)).toEqual(['linked']);
});
