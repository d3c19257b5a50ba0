import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresStore, type Database, unprovedCoverage, verifyCoverage } from '../../src/database/index.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import { judgePage } from '../../src/history/judge-page.ts';
import type { PartReference } from '../../src/history/ports.ts';
import { rangeSet } from '../../src/history/range-set.ts';
import type { Page, Stream } from '../../src/history/stream.ts';
import { hour, pageOf, spotTrades, trade, unreadable, withdrawals } from './records.ts';
import { migratedDatabase } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const settings = { rereadWindowMs: 60_000, settleLagMs: 0 };
const dayMs = 86_400_000;
const minute = (n: number) => ({ from: hour.from + n * 60_000, to: hour.from + (n + 1) * 60_000 });
const clockMs = hour.to + dayMs;

function reading(accountId: string, stream: Stream = spotTrades): PartReference {
  return { accountId, stream, part: 'all' };
}

async function readPage(part: PartReference, page: Page) {
  const store = createPostgresStore(database, { gapsOf: (state, { stream }) => gapsOf(state, stream, page.clockMs) });
  const { fence } = await store.openPart(part);
  await store.changePart(part, fence, (state) => ({ ...state, claimedFromMs: hour.from, lastReadEndMs: hour.to }));
  return store.commitPage(part, fence, page, (state, held) =>
    judgePage(page, state, held, { stream: part.stream, settings }),
  );
}

const window = (core: { from: number; to: number }, rows: Page['rows'] = [], more: Partial<Page> = {}) =>
  pageOf(rows, {
    question: { part: 'all', core },
    askedFromMs: core.from - 1,
    askedToMs: core.to,
    clockMs,
    ...more,
  });

test('coverage that pages prove agrees with them, also where a row that can’t be read took some back', async () => {
  const part = reading('agrees');
  await readPage(part, window(hour, [trade(1), trade(2)]));
  await readPage(part, window(minute(5), [unreadable('{}', 'has no id', minute(5).from)]));
  expect(await verifyCoverage(database, 'agrees')).toEqual([
    { stream: 'spot-trades', part: 'all', agrees: true, onlyInCoverage: [], onlyInPages: [] },
  ]);
});

test('what is claimed and no page proves is found, to the millisecond', async () => {
  await readPage(reading('overclaimed'), window(minute(1)));
  await sql`update coverage set covered = covered + ${`{[${iso(minute(2).from)},${iso(minute(2).to)})}`}::tstzmultirange
    where account_id = 'overclaimed'`.execute(database.kysely);
  expect(await verifyCoverage(database, 'overclaimed')).toMatchObject([
    { agrees: false, onlyInCoverage: [minute(2)], onlyInPages: [] },
  ]);
  expect(await unprovedCoverage(database, 'overclaimed')).toEqual([
    { stream: 'spot-trades', part: 'all', from: iso(minute(2).from), to: iso(minute(2).to) },
  ]);
});

test('a page that was deleted leaves its claim unproved', async () => {
  await readPage(reading('page-gone'), window(minute(1), [trade(61)]));
  await readPage(reading('page-gone'), window(minute(3), [trade(181)]));
  await sql`delete from page where account_id = 'page-gone' and lower(core) = ${iso(minute(3).from)}`.execute(
    database.kysely,
  );
  expect(await verifyCoverage(database, 'page-gone')).toMatchObject([{ onlyInCoverage: [minute(3)] }]);
});

test('what is proved and neither claimed nor a gap is found', async () => {
  const part = reading('unclaimed');
  await readPage(part, window(minute(1), [trade(61)]));
  await sql`update coverage set covered = '{}' where account_id = 'unclaimed'`.execute(database.kysely);
  await sql`delete from gap where account_id = 'unclaimed'`.execute(database.kysely);
  expect(await verifyCoverage(database, 'unclaimed')).toMatchObject([
    { agrees: false, onlyInCoverage: [], onlyInPages: [minute(1)] },
  ]);
});

test('an empty answer from beyond the reach is kept, and proves its window once an older record shows the reach', async () => {
  const stream: Stream = { ...withdrawals, originMs: 0, reachIsDocumented: false };
  const part = reading('walked-back', stream);
  const long = { clockMs: hour.to + 300 * dayMs };
  const withdrawal = {
    ...trade(0),
    values: ['1', 'BTC', '1', 'success', null, new Date(minute(1).from).toISOString()],
    at: minute(1).from,
    key: '1',
    final: true,
  };
  await readPage(part, window(minute(3), [], long));
  expect((await readPage(part, window(minute(3), [], long))).pageId).toBeNull();
  await readPage(part, window(minute(1), [withdrawal], long));
  const [verdict] = await verifyCoverage(database, 'walked-back');
  expect(verdict).toMatchObject({ agrees: true });
  const { rows } = await sql<{ covered: boolean }>`
    select covered @> ${iso(minute(3).from)}::timestamptz as covered from coverage where account_id = 'walked-back'`.execute(
    database.kysely,
  );
  expect(rows).toEqual([{ covered: true }]);
});

test('what 0.1.0 covered is not held against the pages that it did not keep', async () => {
  await readPage(reading('inherited'), window(minute(1), [trade(61)]));
  await sql`update coverage set covered = ${`{[${iso(hour.from)},${iso(hour.to)})}`}::tstzmultirange,
    evidence_from = ${iso(hour.to)} where account_id = 'inherited'`.execute(database.kysely);
  expect(await verifyCoverage(database, 'inherited')).toMatchObject([{ agrees: true }]);
  await sql`update coverage set covered = covered + ${`{[${iso(hour.to)},${iso(hour.to + 1)})}`}::tstzmultirange
    where account_id = 'inherited'`.execute(database.kysely);
  expect(await verifyCoverage(database, 'inherited')).toMatchObject([
    { onlyInCoverage: rangeSet([{ from: hour.to, to: hour.to + 1 }]) },
  ]);
});

function iso(instantMs: number): string {
  return new Date(instantMs).toISOString();
}
