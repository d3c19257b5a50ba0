import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createPostgresReplays,
  createPostgresStore,
  type Database,
  loadParts,
  type StoreOptions,
} from '../../src/database/index.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import { judgePage } from '../../src/history/judge-page.ts';
import { Counts } from '../../src/history/part-reading.ts';
import type { Exchange, PartReference, StoredAnswer } from '../../src/history/ports.ts';
import type { Range } from '../../src/history/range-set.ts';
import { replayAnswers } from '../../src/history/replay.ts';
import type { MappedRow, Page, ServedRow, Stream } from '../../src/history/stream.ts';
import { hour, pageOf, spotTrades, trade, unreadable } from './records.ts';
import { linkedAccount, migratedDatabase } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const settings = { rereadWindowMs: 60_000, settleLagMs: 0 };
const dayMs = 86_400_000;

const broken = unreadable('{"broken":1}', 'tradeId is no id', trade(7).at);

/** What a release reads: the first knows no order of mode "new", the second does. */
const stream = (mappingVersion: number): Stream => ({ ...spotTrades, mappingVersion });

/** A trade that no release reads before the second, with its time unless `timeless`. */
function novel(number: number, options: { timeless?: boolean } = {}) {
  const row = trade(number, { order_mode: 'new' });
  return { row, aside: unreadable(row.raw, 'order_mode has an unknown value', options.timeless ? null : row.at) };
}

function part(name: string, mappingVersion: number): PartReference {
  return { accountId: name, stream: stream(mappingVersion), part: 'all' };
}

/** Reads one page as the engine does. */
async function readPage(reference: PartReference, page: Page) {
  const store = createPostgresStore(database, { gapsOf: (state, { stream }) => gapsOf(state, stream, page.clockMs) });
  const { fence } = await store.openPart(reference);
  await store.changePart(reference, fence, (state) => ({
    ...state,
    claimedFromMs: state.claimedFromMs ?? hour.from,
    lastReadEndMs: hour.to,
    settledThroughMs: hour.to,
    boundsHonoured: true,
  }));
  return store.commitPage(reference, fence, page, (state, held) =>
    judgePage(page, state, held, { stream: reference.stream, settings }),
  );
}

/** What a worker of the second release does before it asks anything. */
async function replay(reference: PartReference, read: readonly MappedRow[], nowMs: number) {
  const options: StoreOptions = { gapsOf: (state, { stream }) => gapsOf(state, stream, nowMs) };
  const store = createPostgresStore(database, options);
  const replays = createPostgresReplays(database, {
    ...options,
    pageOf: async (_, answer) => pageAgain(answer, read),
  });
  const opened = await store.openPart(reference);
  const counts = new Counts(reference.part);
  if (opened.hasReplays) {
    const exchange = { clockMs: () => nowMs } as Exchange;
    const reading = { exchange, keyId: 'key', store, reference, fence: opened.fence, counts, settings };
    const context = {
      ...reading,
      signal: new AbortController().signal,
      budget: { spend() {}, spent: () => false, left: () => 50 },
    };
    await replayAnswers({ ...context, reader: {} as never }, replays);
  }
  return { hasReplays: opened.hasReplays, ...counts.result({ done: true }) };
}

/** Rows of the stored bytes; those that `read` holds are readable by now. */
function pageAgain(answer: StoredAnswer, read: readonly MappedRow[]): Page {
  const raws = JSON.parse(new TextDecoder().decode(answer.bytes)) as string[];
  const known = new Map<string, ServedRow>([...read, trade(1), trade(2)].map((row) => [row.raw, row]));
  const rows = raws.map((raw) => known.get(raw) ?? stillUnread(raw));
  return { ...pageOf(rows), ...answer, ageSeconds: 0, rows };
}

function stillUnread(raw: string): ServedRow {
  return raw === broken.raw ? broken : unreadable(raw, 'order_mode has an unknown value', null);
}

const coverage = async (accountId: string) => {
  const [stored] = await loadParts(database, accountId);
  const gaps = await database.kysely.selectFrom('gap').selectAll().where('account_id', '=', accountId).execute();
  return { covered: stored?.state.covered, gaps: gaps.map((gap) => gap.reason), state: stored?.state };
};

const asideOf = (accountId: string) =>
  database.kysely
    .selectFrom('quarantined_row')
    .select(['reason', 'mapping_version', 'resolved_at'])
    .where('account_id', '=', accountId)
    .orderBy('reason')
    .execute();

const unit = (row: MappedRow): Range => ({ from: row.at, to: row.at + 1 });

describe('a row that a later mapping can read', () => {
  test('is stored from the answer that brought it, and closes its gap on that answer’s evidence, long out of reach', async () => {
    const accountId = await linkedAccount(database, 'healed');
    const { row, aside } = novel(7);
    const page = pageOf([trade(1), aside, trade(2)], { clockMs: hour.to + dayMs });
    const first = await readPage(part(accountId, 1), page);
    expect((await coverage(accountId)).gaps).toContain('quarantined');

    const result = await replay(part(accountId, 2), [row], hour.to + 200 * dayMs);

    expect(result).toMatchObject({ hasReplays: true, inserted: 1, unchanged: 2, quarantined: 0 });
    expect(await coverage(accountId)).toMatchObject({
      covered: [hour],
      gaps: expect.not.arrayContaining(['quarantined']),
      state: { rowCount: 3, marks: [] },
    });
    const [stored] = (
      await sql<{ raw: string; page_id: string }>`
        select raw, page_id from spot_trade where account_id = ${accountId} and order_mode = 'new'`.execute(
        database.kysely,
      )
    ).rows;
    expect(stored?.raw).toBe(row.raw);
    const kept = await database.kysely
      .selectFrom('page')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('page_id', '=', stored?.page_id as string)
      .executeTakeFirst();
    expect(kept).toMatchObject({
      replay_of: first.pageId,
      served: 3,
      inserted: 1,
      exchange_clock: new Date(page.clockMs),
    });
    expect(await asideOf(accountId)).toMatchObject([{ reason: aside.reason, resolved_at: expect.any(Date) }]);
    expect(await replay(part(accountId, 2), [row], hour.to)).toMatchObject({ hasReplays: false });
  });

  test('in an answer from a cache, leaves a row alone that an answer made later has changed', async () => {
    const accountId = await linkedAccount(database, 'cached');
    const { row, aside } = novel(7);
    await readPage(part(accountId, 1), pageOf([trade(1, { fee: '0.2' })], { clockMs: hour.to + 600_000 }));
    const cached = pageOf([trade(1), aside], { clockMs: hour.to + 700_000, ageSeconds: 600 });
    await readPage(part(accountId, 1), cached);
    expect(await replay(part(accountId, 2), [row], hour.to + 200 * dayMs)).toMatchObject({ inserted: 1, changed: 0 });
  });

  test('that had no readable time gives back the whole window', async () => {
    const accountId = await linkedAccount(database, 'timeless');
    const { row, aside } = novel(7, { timeless: true });
    await readPage(part(accountId, 1), pageOf([trade(1), aside], { clockMs: hour.to + dayMs }));
    expect((await coverage(accountId)).covered).toEqual([]);
    await replay(part(accountId, 2), [row], hour.to + 200 * dayMs);
    expect((await coverage(accountId)).covered).toEqual([hour]);
  });

  test('is asked for again where the exchange still serves it and the answer was no proof', async () => {
    const accountId = await linkedAccount(database, 'asked-again');
    const { row, aside } = novel(7);
    // Fifty rows: whether others are missing is unknown.
    const others = Array.from({ length: 49 }, (_, i) => trade(100 + i));
    const page = pageOf([aside, ...others], { clockMs: hour.to + dayMs });
    await readPage(part(accountId, 1), page);
    const store = createPostgresStore(database, { gapsOf: () => [] });
    const marked = part(accountId, 1);
    const { fence } = await store.openPart(marked);
    await store.changePart(marked, fence, (state) => {
      const requested = [unit(row)];
      return { ...state, marks: [{ ...unit(row), reason: 'quarantined' }], requested, lastReadEndMs: hour.to };
    });
    await replay(part(accountId, 2), [row, ...others], hour.to + dayMs);
    expect(await coverage(accountId)).toMatchObject({ covered: [], gaps: ['not-yet-read', 'not-yet-read'] });
    expect((await coverage(accountId)).state?.marks).toEqual([]);
  });

  test('closes nothing out of reach where the answer was no proof: the gap stays, and is said', async () => {
    const accountId = await linkedAccount(database, 'no-proof');
    const { row, aside } = novel(7);
    const others = Array.from({ length: 49 }, (_, i) => trade(100 + i));
    await readPage(part(accountId, 1), pageOf([aside, ...others], { clockMs: hour.to + dayMs }));
    const store = createPostgresStore(database, { gapsOf: () => [] });
    const marked = part(accountId, 1);
    const { fence } = await store.openPart(marked);
    await store.changePart(marked, fence, (state) => ({ ...state, marks: [{ ...unit(row), reason: 'quarantined' }] }));
    const result = await replay(part(accountId, 2), [row, ...others], hour.to + 200 * dayMs);
    expect(result.inserted).toBe(1);
    expect((await coverage(accountId)).gaps).toContain('quarantined');
  });

  test('closes nothing where another row is quarantined', async () => {
    const accountId = await linkedAccount(database, 'another');
    const [first, second] = [novel(7), novel(7)];
    await readPage(part(accountId, 1), pageOf([trade(1), first.aside], { clockMs: hour.to + dayMs }));
    await readPage(part(accountId, 1), pageOf([trade(1), broken], { clockMs: hour.to + dayMs }));
    await replay(part(accountId, 2), [second.row], hour.to + 200 * dayMs);
    expect((await coverage(accountId)).covered).not.toContainEqual(hour);
    expect((await asideOf(accountId)).map(({ resolved_at }) => resolved_at !== null)).toEqual([true, false]);
  });

  test.each([
    ['closes nothing in the window of another quarantined row whose time is unreadable', 'kept'],
    ['closes nothing where the page of such another row is gone', 'deleted'],
  ])('%s', async (_, pages) => {
    const accountId = await linkedAccount(database, `another-timeless-${pages}`);
    const [{ row, aside }, other] = [novel(7), novel(8, { timeless: true }).aside];
    await readPage(part(accountId, 1), pageOf([trade(1), aside], { clockMs: hour.to + dayMs }));
    const second = await readPage(part(accountId, 1), pageOf([trade(1), other], { clockMs: hour.to + dayMs }));
    if (pages === 'deleted') {
      const pageId = second.pageId as string;
      await database.kysely.deleteFrom('page').where('page_id', '=', pageId).execute();
    }
    await replay(part(accountId, 2), [row], hour.to + 200 * dayMs);
    expect((await coverage(accountId)).covered).toEqual([]);
    expect((await asideOf(accountId)).filter(({ resolved_at }) => resolved_at === null)).toHaveLength(1);
  });

  test('that contradicts a record stays aside, for that reason', async () => {
    const accountId = await linkedAccount(database, 'contradicts');
    const { row, aside } = novel(7);
    await readPage(part(accountId, 1), pageOf([aside, trade(7)], { clockMs: hour.to + dayMs }));
    await replay(part(accountId, 2), [{ ...row, fixedDigest: 'another price' }, trade(7)], hour.to + 2 * dayMs);
    expect(await asideOf(accountId)).toEqual([
      { reason: 'identity-conflict', mapping_version: 2, resolved_at: null },
      { reason: aside.reason, mapping_version: 2, resolved_at: expect.any(Date) },
    ]);
    expect((await coverage(accountId)).gaps).toContain('quarantined');
  });
});

test('a row that the later mapping can’t read either stays aside, and is not tried again by the same version', async () => {
  const accountId = await linkedAccount(database, 'still');
  const { aside } = novel(7);
  await readPage(part(accountId, 1), pageOf([trade(1), { ...aside, at: null }], { clockMs: hour.to + dayMs }));
  const before = await coverage(accountId);
  expect(await replay(part(accountId, 2), [], hour.to + dayMs)).toMatchObject({ inserted: 0, quarantined: 1 });
  expect(await coverage(accountId)).toEqual(before);
  expect(await asideOf(accountId)).toEqual([{ reason: aside.reason, mapping_version: 2, resolved_at: null }]);
  expect(await replay(part(accountId, 2), [], hour.to)).toMatchObject({ hasReplays: false });
});

test('a row whose time another answer proves is settled, and is quarantined again when it is served again', async () => {
  const accountId = await linkedAccount(database, 'proved-elsewhere');
  const { aside } = novel(7);
  const clock = { clockMs: hour.to + dayMs };
  await readPage(part(accountId, 1), pageOf([trade(1), aside], clock));
  await readPage(part(accountId, 1), pageOf([trade(1)], clock));
  expect((await coverage(accountId)).covered).toEqual([hour]);
  expect(await asideOf(accountId)).toMatchObject([{ resolved_at: expect.any(Date) }]);
  await readPage(part(accountId, 1), pageOf([trade(1), aside], clock));
  expect(await asideOf(accountId)).toMatchObject([{ resolved_at: null }]);
  expect((await coverage(accountId)).gaps).toContain('quarantined');
});

test('a row whose time is unreadable is settled where another answer proves its whole window', async () => {
  const accountId = await linkedAccount(database, 'window-proved-elsewhere');
  const { aside } = novel(7, { timeless: true });
  const clock = { clockMs: hour.to + dayMs };
  await readPage(part(accountId, 1), pageOf([trade(1), aside], clock));
  await readPage(part(accountId, 1), pageOf([trade(1)], clock));
  expect((await coverage(accountId)).covered).toEqual([hour]);
  expect(await asideOf(accountId)).toMatchObject([{ resolved_at: expect.any(Date) }]);
});

test('a record that a later mapping reads otherwise is mapped anew from the answer that brought it, once', async () => {
  const accountId = await linkedAccount(database, 'mapped-otherwise');
  const earlier = trade(1, { order_mode: 'once' });
  const page = pageOf([earlier, trade(2)], { clockMs: hour.to + dayMs });
  const first = await readPage(part(accountId, 1), page);
  await database.kysely.updateTable('page').set({ is_outdated: true }).where('account_id', '=', accountId).execute();
  const today = { ...trade(1, { order_mode: 'spot' }), raw: earlier.raw };

  const result = await replay(part(accountId, 2), [today], hour.to + 200 * dayMs);

  expect(result).toMatchObject({ hasReplays: true, inserted: 0, changed: 1, unchanged: 1 });
  const { rows } = await sql<object>`
    select order_mode, version, replay_of from spot_trade
    join page using (account_id, page_id) where account_id = ${accountId} order by version desc`.execute(
    database.kysely,
  );
  expect(rows[0]).toEqual({ order_mode: 'spot', version: 2, replay_of: first.pageId });
  expect(await replay(part(accountId, 2), [today], hour.to)).toMatchObject({ hasReplays: false });
});
