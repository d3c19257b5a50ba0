import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { marginLoans } from '../../src/bitmart/streams/margin-loans.ts';
import {
  createPostgresStore,
  type Database,
  loadGaps,
  loadParts,
  openNamedPairs,
  openPairs,
  pagesBehind,
} from '../../src/database/index.ts';
import type { Gap, GapReason } from '../../src/history/gap.ts';
import { newPartState, type PartState } from '../../src/history/part-state.ts';
import { FenceLost, type PartReference } from '../../src/history/ports.ts';
import { rangeSet } from '../../src/history/range-set.ts';
import { claiming, hour, pageOf, partOf, row, spotTrades, startMs, trade, withdrawals } from './records.ts';
import { migratedDatabase } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const storeWith = (gapsOf: (state: PartState) => readonly Gap[]) => createPostgresStore(database, { gapsOf });
const store = () => storeWith((state) => state.marks);

const instant = fc.integer({ min: Date.UTC(2017, 0, 1), max: Date.UTC(2040, 0, 1) });
const optionalInstant = fc.option(instant);
const set = fc
  .array(fc.tuple(instant, fc.integer({ min: 1, max: 10 ** 10 })), { maxLength: 5 })
  .map((ranges) => rangeSet(ranges.map(([from, length]) => ({ from, to: from + length }))));
const reason = fc.constantFrom<GapReason>('too-dense', 'refused', 'not-opened', 'quarantined', 'reach-unknown');
const mark = fc
  .tuple(instant, fc.integer({ min: 1, max: 10 ** 10 }), reason)
  .map(([from, length, why]) => ({ from, to: from + length, reason: why }));
const failing = fc.record({
  from: fc.constant(Date.UTC(2016, 0, 1)),
  to: instant,
  reason: fc.constantFrom<GapReason>('unexpected-answer', 'unanswered'),
  askAgainMs: instant,
  rounds: fc.nat(20),
});
const anyState: fc.Arbitrary<PartState> = fc.record({
  claimedFromMs: optionalInstant,
  covered: set,
  answered: set,
  requested: set,
  walkedWith: fc.option(fc.string({ unit: 'grapheme-ascii' })),
  walkedAtMs: optionalInstant,
  pending: set,
  suspect: set,
  readEndMs: optionalInstant,
  lastReadEndMs: optionalInstant,
  lastReadAtMs: optionalInstant,
  settledThroughMs: optionalInstant,
  rowCount: fc.nat(),
  oldestRowMs: optionalInstant,
  newestRowMs: optionalInstant,
  provedReachMs: fc.option(fc.nat(10 ** 12)),
  marks: fc.array(fc.oneof(mark, failing), { maxLength: 3 }),
  fittingWindowMs: fc.option(fc.nat()),
  confirmed: set,
  boundsHonoured: fc.boolean(),
  readThrough: fc.boolean(),
  longestLateMs: fc.option(fc.nat()),
  sweptMs: optionalInstant,
});

describe('the state of a part', () => {
  test('comes back as written, to the millisecond', async () => {
    const part = partOf('round-trip', spotTrades);
    await fc.assert(
      fc.asyncProperty(anyState, async (state) => {
        const { fence } = await store().openPart(part);
        await store().changePart(part, fence, () => state);
        expect((await store().openPart(part)).state).toEqual(state);
        expect((await loadParts(database, 'round-trip'))[0]?.state).toEqual(state);
      }),
      { numRuns: 60 },
    );
  });

  test('is that of a new part where nothing was ever read', async () => {
    expect(await store().openPart(partOf('new-part', spotTrades))).toEqual({
      fence: 1,
      hasReplays: false,
      state: newPartState,
    });
  });

  test('refuses fractions of a millisecond rather than rounding a claim', async () => {
    const part = partOf('fraction', spotTrades);
    const { fence } = await store().openPart(part);
    const change = store().changePart(part, fence, (state) => ({ ...state, covered: [{ from: 0.5, to: 1 }] }));
    await expect(change).rejects.toThrow('whole number of milliseconds');
  });
});

describe('a part that another attempt has taken over', () => {
  test('refuses pages and changes of the earlier attempt, and stores nothing of them', async () => {
    const part = partOf('fence', spotTrades);
    const earlier = await store().openPart(part);
    const later = await store().openPart(part);
    const page = pageOf([trade(1)]);

    await expect(store().commitPage(part, earlier.fence, page, claiming(page))).rejects.toThrow(FenceLost);
    await expect(store().changePart(part, earlier.fence, (state) => ({ ...state, rowCount: 9 }))).rejects.toThrow(
      FenceLost,
    );
    expect((await loadParts(database, 'fence'))[0]?.state).toEqual(newPartState);
    await store().commitPage(part, later.fence, page, claiming(page));
  });

  test('waits for the page under way, so that no page is judged by a state that is about to change', async () => {
    const part = partOf('fence-wait', spotTrades);
    const { fence } = await store().openPart(part);
    const pages = Array.from({ length: 8 }, (_, i) => pageOf([trade(i)]));
    await Promise.all(pages.map((page) => store().commitPage(part, fence, page, claiming(page))));
    expect((await loadParts(database, 'fence-wait'))[0]?.state.rowCount).toBe(8);
  });

  test('refuses everything when the part does not exist', async () => {
    await expect(store().changePart(partOf('nobody', spotTrades), 1, (state) => state)).rejects.toThrow(FenceLost);
  });
});

describe('gaps', () => {
  const gap = (from: number, to: number, why: GapReason = 'not-yet-read'): Gap => ({
    from: startMs + from,
    to: startMs + to,
    reason: why,
  });
  const versions = async (accountId: string) => {
    const { rows } = await sql<{ version: string; from_at: Date }>`
      select xmin::text as version, from_at from gap where account_id = ${accountId} order by from_at`.execute(
      database.kysely,
    );
    return rows;
  };

  async function write(part: PartReference, gaps: readonly Gap[]) {
    const changing = storeWith(() => gaps);
    const { fence } = await changing.openPart(part);
    await changing.changePart(part, fence, (state) => ({ ...state, rowCount: state.rowCount + 1 }));
  }

  test('stand in the table as the state says, in every transaction that changes it', async () => {
    const part = partOf('gaps', spotTrades);
    await write(part, [gap(0, 10), gap(20, 30, 'too-dense')]);
    expect(await loadGaps(database, 'gaps')).toEqual([
      { stream: 'spot-trades', part: 'all', ...gap(0, 10) },
      { stream: 'spot-trades', part: 'all', ...gap(20, 30, 'too-dense') },
    ]);
    await write(part, []);
    expect(await loadGaps(database, 'gaps')).toEqual([]);
  });

  test('that stay the same are not touched', async () => {
    const part = partOf('gaps-same', spotTrades);
    await write(part, [gap(0, 10), gap(20, 30)]);
    const before = await versions('gaps-same');
    await write(part, [gap(0, 10), gap(25, 30), gap(40, 50)]);
    const after = await versions('gaps-same');
    expect(after).toHaveLength(3);
    expect(after[0]).toEqual(before[0]);
  });

  test('of a page are those of the state that the page leaves', async () => {
    const part = partOf('gaps-page', spotTrades);
    const page = pageOf([]);
    const { fence } = await store().openPart(part);
    await store().commitPage(
      part,
      fence,
      page,
      claiming(page, (state) => ({ ...state, marks: [gap(5, 6, 'quarantined')] })),
    );
    expect(await loadGaps(database, 'gaps-page')).toMatchObject([gap(5, 6, 'quarantined')]);
  });
});

describe('what is known of a part', () => {
  test('values of a column are those of its own rows, each once', async () => {
    const part = partOf('values', spotTrades);
    const page = pageOf([trade(1), trade(2, { symbol: 'LTC_USDT' }), trade(3)]);
    const { fence } = await store().openPart(part);
    await store().commitPage(part, fence, page, claiming(page));
    expect(await store().knownValues(part, 'symbol')).toEqual(['BTC_USDT', 'LTC_USDT']);
    expect(await store().knownValues(partOf('values-other', spotTrades), 'symbol')).toEqual([]);
  });

  test('records that still change are those without a final status, oldest first', async () => {
    const part = partOf('changing', withdrawals);
    const movement = (id: string, minutes: number, status: string) =>
      row(withdrawals, startMs + minutes * 60_000, { withdraw_id: id, currency: 'USDT-TRC20', amount: '1', status });
    const page = pageOf([movement('a', 9, 'processing'), movement('b', 2, 'success'), movement('c', 3, 'submitted')]);
    const { fence } = await store().openPart(part);
    await store().commitPage(part, fence, page, claiming(page));
    expect(await store().changingRecords(part)).toEqual([startMs + 180_000, startMs + 540_000]);
    expect(await store().changingRecords(partOf('changing', spotTrades))).toEqual([]);
  });

  test('the pages behind a range are those whose claims lie in it', async () => {
    const part = partOf('evidence', spotTrades);
    const { fence } = await store().openPart(part);
    const later = { from: hour.to, to: hour.to + 1000 };
    for (const page of [pageOf([trade(1)]), pageOf([], { question: { part: 'all', core: later } })]) {
      await store().commitPage(part, fence, page, claiming(page));
    }
    const behind = await pagesBehind(database, 'evidence', 'spot-trades', { from: hour.to - 1, to: hour.to });
    expect(behind).toHaveLength(1);
    expect(behind[0]).toMatchObject({ part: 'all', claim: [hour], served: 1, answeredAt: new Date(hour.to + 60_000) });
    const all = await pagesBehind(database, 'evidence', 'spot-trades', { from: hour.from, to: later.to });
    expect(all.map((page) => page.served)).toEqual([1, 0]);
  });
});

describe('parts of pairs', () => {
  test('are opened for each pair that a trade on margin names, once', async () => {
    const part = partOf('on-margin', spotTrades);
    const onMargin = (number: number, symbol: string) => trade(number, { symbol, order_mode: 'iso_margin' });
    const page = pageOf([
      trade(1),
      ...[2, 3, 4].map((number) => onMargin(number, 'ETH_USDT')),
      onMargin(5, 'BTC_USDT'),
      onMargin(6, 'X-Y_USDT'),
    ]);
    const { fence } = await store().openPart(part);
    await store().commitPage(part, fence, page, claiming(page));
    expect(await openPairs(database, 'on-margin', marginLoans.stream)).toBe(6);
    expect(await openPairs(database, 'on-margin', marginLoans.stream)).toBe(0);
    const parts = (await loadParts(database, 'on-margin')).filter(({ stream }) => stream === 'margin-loans');
    const pairs = ['BTC_USDT', 'ETH_USDT', 'X-Y_USDT'];
    expect(parts.map((each) => each.part)).toEqual(
      ['borrow', 'repay'].flatMap((kind) => pairs.map((pair) => `${kind}-${pair}`)),
    );
    expect(parts.map(({ state }) => state)).toEqual(parts.map(() => newPartState));
    expect(await openPairs(database, 'on-margin-not', marginLoans.stream)).toBe(0);
  });

  test('are opened for each pair that the margin account names, and an open one stays what it was', async () => {
    const opened = async () =>
      (await loadParts(database, 'on-margin-named')).map(({ part, state }) => [part, state.lastReadEndMs]);
    await openNamedPairs(database, 'on-margin-named', marginLoans.stream, ['BTC_USDT']);
    const reference = { ...partOf('on-margin-named', marginLoans.stream), part: 'borrow-BTC_USDT' };
    const { fence } = await store().openPart(reference);
    await store().changePart(reference, fence, (state) => ({ ...state, lastReadEndMs: 7 }));
    await openNamedPairs(database, 'on-margin-named', marginLoans.stream, ['BTC_USDT', 'ETH_USDT']);
    expect(await opened()).toEqual([
      ['borrow-BTC_USDT', 7],
      ['borrow-ETH_USDT', null],
      ['repay-BTC_USDT', null],
      ['repay-ETH_USDT', null],
    ]);
  });
});
