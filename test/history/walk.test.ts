import { describe, expect, test } from 'vitest';
import { contains, difference } from '../../src/history/range-set.ts';
import { walkPart } from '../../src/history/read-part.ts';
import { unknownTimetable } from '../../src/history/timetable.ts';
import { simulatedStream } from '../simulation/streams.ts';
import { accountOf } from './account.ts';
import { dayMs, hourMs, nowMs, settings } from './pages.ts';
import { ScriptedExchange } from './scripted-exchange.ts';

const spot = { ...simulatedStream('spot', 200), originMs: Date.UTC(2020, 0, 1) };
const movements = { ...simulatedStream('movements', 200), originMs: Date.UTC(2020, 0, 1) };

function rowsBetween(oldestDays: number, youngestDays: number, amount: number) {
  const stepMs = ((oldestDays - youngestDays) * dayMs) / amount;
  return Array.from({ length: amount }, (_, i) => ({ at: Math.floor(nowMs - oldestDays * dayMs + i * stepMs) + 1 }));
}

describe('an exchange that serves 270 days', () => {
  test.each([
    ['answers without what is older', null],
    ['refuses older windows', 'beyond-reach'],
    ['answers older windows with an unknown code', 'unexpected'],
    ['fails for older windows', 'transient'],
  ] as const)('and %s loses no record of a new account', async (_, edge) => {
    const exchange = new ScriptedExchange(spot, rowsBetween(269.9, 0, 2_000));
    Object.assign(exchange, { reachMs: 270 * dayMs, edge });
    const account = accountOf(exchange);
    expect(await account.sync(50)).toMatchObject({ done: true, blocked: null });
    expect(account.rows()).toBe(2_000);
    const oldestMs = Math.min(...exchange.rows.map(({ at }) => at));
    expect(account.state().covered.at(0)?.from).toBe(oldestMs);
    for (const gap of account.gaps()) {
      expect(gap.to).toBeLessThanOrEqual(oldestMs);
      expect(gap.reason).not.toBe('not-yet-read');
    }
  });

  test('loses none of an account whose last record is 100 days old', async () => {
    const exchange = new ScriptedExchange(spot, rowsBetween(269, 100, 1_600));
    exchange.reachMs = 270 * dayMs;
    const account = accountOf(exchange);
    await account.sync();
    expect(account.rows()).toBe(1_600);
    expect(account.state().covered).toHaveLength(1);
  });
});

describe('the walk back', () => {
  test('goes on behind an empty stretch of any length, to the origin', async () => {
    const exchange = new ScriptedExchange(spot, [{ at: nowMs - 10 * dayMs }, { at: nowMs - 1_500 * dayMs }]);
    const account = accountOf(exchange);
    await account.sync();
    expect(account.rows()).toBe(2);
    expect(exchange.timesAsked(spot.originMs)).toBe(1);
    // A younger empty stretch is claimed as soon as an older record shows that it was served.
    expect(contains(account.state().covered, nowMs - 700 * dayMs)).toBe(true);
    expect(account.gaps()).toEqual([{ from: spot.originMs, to: nowMs - 1_500 * dayMs, reason: 'expired-before-link' }]);
  });

  test('claims nothing of a time that was asked after the edge had moved, whatever was served before', async () => {
    const exchange = new ScriptedExchange(spot, [{ at: nowMs - 250 * dayMs }, { at: nowMs - 95 * dayMs }]);
    const account = accountOf(exchange);
    exchange.onAsk = ({ core }) => {
      // Behind the first window of the walk, everything older than 100 days is gone at once.
      if (core.to < nowMs - 94 * dayMs) exchange.reachMs = 100 * dayMs;
    };
    await account.sync();
    expect(contains(account.state().covered, nowMs - 95 * dayMs)).toBe(true);
    expect(contains(account.state().covered, nowMs - 120 * dayMs)).toBe(false);
  });

  test('is not repeated at later syncs, is repeated once with a new key, and once before the exchange closes', async () => {
    const exchange = new ScriptedExchange(spot, [{ at: nowMs - 10 * dayMs }]);
    const account = accountOf(exchange);
    const walked = () => exchange.timesAsked(nowMs - 500 * dayMs);
    await account.sync();
    exchange.atMs += hourMs;
    await account.sync();
    expect(walked()).toBe(1);
    account.keyId = 'another key';
    await account.sync();
    await account.sync();
    expect(walked()).toBe(2);
    const timetable = { ...unknownTimetable, platformEndMs: exchange.atMs + 80 * hourMs };
    Object.assign(account, { settings: { ...account.settings, timetable } });
    exchange.atMs += 60 * hourMs;
    await account.sync();
    await account.sync();
    expect(walked()).toBe(3);
  });

  test('asks for each window once, also in attempts of a single page', async () => {
    const exchange = new ScriptedExchange(spot, [{ at: nowMs - 10 * dayMs }]);
    const account = accountOf(exchange);
    await account.sync(1);
    expect(exchange.timesAsked(nowMs - 500 * dayMs)).toBe(1);
    expect(exchange.timesAsked(spot.originMs)).toBe(1);
    expect(account.state().readThrough).toBe(true);
  });

  test('finds what an exchange with a longer reach still serves of a time in which nothing was read', async () => {
    const exchange = new ScriptedExchange(spot, rowsBetween(1, 0, 10));
    const account = accountOf(exchange);
    await account.sync();
    const missed = { at: nowMs + 20 * dayMs };
    exchange.rows = [...exchange.rows, missed];
    exchange.atMs += 200 * dayMs;
    await account.sync();
    expect(account.rows()).toBe(11);
  });

  test('is what an account of an earlier release has before it, and until then nothing says that it was requested', async () => {
    const exchange = new ScriptedExchange(spot, rowsBetween(200, 0, 100));
    const account = accountOf(exchange);
    await account.sync();
    const part = account.store.part(account.reference);
    const young = (at: number) => at >= nowMs - 88 * dayMs;
    for (const [key, row] of part.rows) if (!young(row.at)) part.rows.delete(key);
    part.state = { ...part.state, requested: [], suspect: [], walkedWith: null, rowCount: part.rows.size };
    part.state = { ...part.state, covered: [{ from: nowMs - 88 * dayMs, to: nowMs }] };
    expect([...new Set(account.gaps().map(({ reason }) => reason))]).toEqual(['not-yet-read']);
    exchange.atMs += hourMs;
    await account.sync();
    expect(account.rows()).toBe(100);
  });
});

test('a stretch that failed with the old key is requested at once with a new one that is served more', async () => {
  const exchange = new ScriptedExchange(spot, rowsBetween(240, 0, 500));
  Object.assign(exchange, { reachMs: 120 * dayMs, edge: 'unexpected' });
  const account = accountOf(exchange);
  await account.sync();
  expect(account.rows()).toBeLessThan(300);
  exchange.reachMs = 250 * dayMs;
  exchange.atMs += 60_000;
  account.keyId = 'another key';
  await account.sync();
  expect(account.rows()).toBe(500);
});

test('what held an unreadable row, or was too dense, before the reach is requested once with a new key', async () => {
  const dense = { at: nowMs - 200 * dayMs };
  const rows = [
    { at: nowMs - 10 * dayMs },
    { at: nowMs - 130 * dayMs, isUnreadable: true },
    ...Array.from({ length: 210 }, (_, i) => ({ ...dense, symbol: `C${i % 21}_USDT` })),
  ];
  const exchange = new ScriptedExchange(spot, rows);
  const account = accountOf(exchange);
  await account.sync();
  const reasons = new Set(account.gaps().map(({ reason }) => reason));
  expect([...reasons].toSorted()).toEqual(['expired-before-link', 'quarantined', 'too-dense']);
  const asked = (at: number) => exchange.timesAsked(at);
  const before = [asked(nowMs - 130 * dayMs), asked(dense.at)];
  exchange.atMs += hourMs;
  await account.sync();
  expect([asked(nowMs - 130 * dayMs), asked(dense.at)]).toEqual(before);
  // The new key is served more.
  exchange.rows = [...rows, { at: nowMs - 131 * dayMs }, { ...dense, symbol: 'C0_USDT' }];
  account.keyId = 'another key';
  await account.sync();
  expect(account.rows()).toBe(213);
  const again = [asked(nowMs - 130 * dayMs), asked(dense.at)];
  exchange.atMs += hourMs;
  await account.sync();
  expect([asked(nowMs - 130 * dayMs), asked(dense.at)]).toEqual(again);
});

describe('what only the former key was answered claims nothing of what the next one is served', () => {
  /** Records that only the next key is served, one of them in time that was answered to the former one. */
  async function keyThatIsServedMore() {
    const exchange = new ScriptedExchange(spot, [{ at: nowMs - 10 * dayMs }, { at: nowMs - 700 * dayMs }]);
    const account = accountOf(exchange);
    await account.sync();
    const { answered, covered } = account.state();
    const between = nowMs - 710 * dayMs;
    expect([contains(answered, between), contains(covered, between)]).toEqual([true, false]);
    const stored = () => [...account.store.part(account.reference).rows.values()].some(({ at }) => at === between);
    const claimsFalsely = () => contains(account.state().covered, between) && !stored();
    return { exchange, account, claimsFalsely, more: [{ at: between }, { at: nowMs - 1_500 * dayMs }] };
  }

  test('by a range on demand', async () => {
    const { exchange, account, claimsFalsely, more } = await keyThatIsServedMore();
    exchange.rows = [...exchange.rows, ...more];
    account.keyId = 'another key';
    await account.range(nowMs - 1_501 * dayMs, nowMs - 1_499 * dayMs);
    expect(claimsFalsely()).toBe(false);
    exchange.atMs += hourMs;
    await account.sync();
    expect(account.rows()).toBe(4);
  });

  test('by a walk that goes on', async () => {
    const { exchange, account, claimsFalsely, more } = await keyThatIsServedMore();
    const part = account.store.part(account.reference);
    // The walk was interrupted before its oldest years.
    const requested = difference(account.state().requested, [{ from: spot.originMs, to: nowMs - 1_400 * dayMs }]);
    part.state = { ...part.state, requested };
    exchange.rows = [...exchange.rows, ...more];
    account.keyId = 'another key';
    exchange.atMs += hourMs;
    await walkPart(account.context(1_000), account.reference);
    expect(claimsFalsely()).toBe(false);
    await account.sync();
    expect(account.rows()).toBe(4);
  });
});

test('exactly a hundred movements beside a window that failed are no limit: what failed is read later', async () => {
  const old = rowsBetween(80, 60, 10);
  const exchange = new ScriptedExchange(movements, [...rowsBetween(40, 0.1, 100), ...old]);
  exchange.failing = { kind: 'unexpected', instantsMs: old.map(({ at }) => at) };
  const account = accountOf(exchange);
  await account.sync();
  expect(account.rows()).toBe(100);
  expect(account.gaps().map(({ reason }) => reason)).toContain('reach-unknown');
  exchange.failing = null;
  exchange.atMs += 25 * dayMs;
  await account.sync();
  exchange.atMs += hourMs;
  await account.sync();
  expect(account.rows()).toBe(110);
  expect(new Set(account.gaps().map(({ reason }) => reason))).toEqual(new Set(['reach-unknown']));
  const unknownTo = account.gaps().findLast(({ reason }) => reason === 'reach-unknown')?.to ?? 0;
  expect(unknownTo).toBeLessThanOrEqual(Math.min(...old.map(({ at }) => at)));
});

test('a record just within an edge that stands still is read', async () => {
  const exchange = new ScriptedExchange(movements, rowsBetween(150, 0, 50));
  Object.assign(exchange, { reachMs: 200 * dayMs, edge: 'beyond-reach' });
  exchange.rows = [...exchange.rows, { at: nowMs - 200 * dayMs + 30_000 }];
  const account = accountOf(exchange);
  await account.sync();
  expect(account.rows()).toBe(51);
});

test('an edge that the exchange tells is found to the second, and what is refused is not asked for again', async () => {
  const exchange = new ScriptedExchange(movements, rowsBetween(199, 0, 300));
  Object.assign(exchange, { reachMs: 200 * dayMs, edge: 'beyond-reach' });
  const account = accountOf(exchange);
  await account.sync();
  expect(account.rows()).toBe(300);
  const [refused] = account.gaps();
  expect(refused).toMatchObject({ from: movements.originMs, reason: 'expired-before-link' });
  const refusedTo = account.state().marks.find(({ reason }) => reason === 'expired-before-link')?.to ?? 0;
  expect(Math.abs(refusedTo - (nowMs - 200 * dayMs))).toBeLessThanOrEqual(1_000);
  const before = exchange.asked.length;
  exchange.atMs += hourMs;
  await account.sync();
  expect(exchange.asked.length - before).toBe(1);
});

test('a walk beside reads that take hours costs a few of them, not one for each of its attempts', async () => {
  const stream = { ...spot, cap: 10 };
  const recent = Array.from({ length: 700 }, (_, i) => ({ at: nowMs - 60_000 - i * 8 * 60_000 }));
  const asked = async (latencyMs: number) => {
    const exchange = new ScriptedExchange(stream, [...recent, ...rowsBetween(400, 91, 400)]);
    exchange.reachMs = 500 * dayMs;
    exchange.onAsk = () => {
      exchange.atMs += latencyMs;
    };
    const account = accountOf(exchange);
    account.settings = { ...settings, rereadWindowMs: 4 * dayMs };
    expect(await account.sync(3)).toMatchObject({ done: true, blocked: null });
    expect(account.rows()).toBe(1_100);
    return exchange.asked.length;
  };
  const quick = await asked(1_000);
  expect(await asked(2 * 60_000)).toBeLessThan(3 * quick);
});
