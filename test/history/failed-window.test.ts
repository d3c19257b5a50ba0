import { describe, expect, test } from 'vitest';
import { windowFailed } from '../../src/history/failed-window.ts';
import { ExchangeFailure } from '../../src/history/failure.ts';
import { type Mark, newPartState } from '../../src/history/part-state.ts';
import { rangeSet } from '../../src/history/range-set.ts';
import { readAccount } from '../../src/history/read-account.ts';
import { unknownRight } from '../../src/history/stream.ts';
import { simulatedStream } from '../simulation/streams.ts';
import { accountOf } from './account.ts';
import { dayMs, hourMs, nowMs, settings } from './pages.ts';
import { failureOf, ScriptedExchange } from './scripted-exchange.ts';

const originMs = Date.UTC(2025, 0, 1);
const spot = { ...simulatedStream('spot', 200), originMs };
const futures = { ...simulatedStream('futures', 200), originMs, parts: ['futures'] };
const movements = { ...simulatedStream('movements', 200), originMs };

function rowsOver(days: number, amount: number) {
  return Array.from({ length: amount }, (_, i) => ({
    at: Math.floor(nowMs - days * dayMs + (i * days * dayMs) / amount),
  }));
}

test.each(['transient', 'unexpected'] as const)(
  'a failure (%s) that concerns no window stops the read without a gap, though windows without records are answered',
  async (kind) => {
    const exchange = new ScriptedExchange(futures, rowsOver(80, 400));
    exchange.onAsk = ({ core }) => {
      if (!exchange.rows.some(({ at }) => core.from - 1_000 <= at && at <= core.to)) return;
      throw new ExchangeFailure({ ...failureOf(kind, futures).details, concernsNoWindow: true });
    };
    const account = accountOf(exchange);
    expect(await account.sync()).toMatchObject({ done: false, blocked: { kind } });
    expect(account.state().marks).toEqual([]);
    exchange.onAsk = () => {};
    expect(await account.sync()).toMatchObject({ done: true });
    expect(account.rows()).toBe(400);
  },
);

describe('one instant whose windows fail', () => {
  const poisonMs = nowMs - 50 * dayMs + 12_345;

  test.each([
    ['an HTTP 500', 'transient', 'unanswered', spot, 1],
    ['a code like 40012', 'unexpected', 'unexpected-answer', spot, 1],
    ['an HTTP 500', 'transient', 'unanswered', futures, 1_000],
  ] as const)('with %s loses that instant alone, and says so', async (_, kind, reason, stream, unitMs) => {
    const exchange = new ScriptedExchange(stream, rowsOver(80, 400));
    exchange.failing = { kind, instantsMs: [poisonMs] };
    const account = accountOf(exchange);
    expect(await account.sync()).toMatchObject({ done: true });
    expect(account.rows()).toBe(400);
    const failed = account.gaps().filter((gap) => gap.reason === reason);
    expect(failed).toHaveLength(1);
    // Requests ask for one unit more on each side.
    expect((failed[0]?.to ?? 0) - (failed[0]?.from ?? 0)).toBeLessThanOrEqual(3 * unitMs);
    expect(exchange.asked.length).toBeLessThan(200);
  });

  test('is asked again at growing intervals, and is no longer a gap once it is answered', async () => {
    const exchange = new ScriptedExchange(spot, rowsOver(80, 400));
    exchange.failing = { kind: 'transient', instantsMs: [poisonMs] };
    const account = accountOf(exchange);
    await account.sync();
    const perDay: number[] = [];
    for (let day = 0; day < 8; day++) {
      const before = exchange.timesAsked(poisonMs);
      for (let hour = 0; hour < 24; hour++) {
        exchange.atMs += hourMs;
        await account.sync();
      }
      perDay.push(exchange.timesAsked(poisonMs) - before);
    }
    expect(perDay[7]).toBeLessThan(perDay[0] as number);
    expect(account.gaps().map(({ reason }) => reason)).toContain('unanswered');
    exchange.failing = null;
    exchange.atMs += 7 * dayMs;
    await account.sync();
    expect(account.gaps().map(({ reason }) => reason)).not.toContain('unanswered');
  });

  test('delays nothing newer, also in attempts of a single page', async () => {
    const exchange = new ScriptedExchange(spot, rowsOver(80, 400));
    exchange.failing = { kind: 'transient', instantsMs: [poisonMs] };
    const account = accountOf(exchange);
    const unread: number[] = [];
    exchange.onAsk = ({ core: { from, to } }) => {
      if (from > poisonMs || poisonMs >= to || to - from >= hourMs) return;
      const stored = [...account.store.part(account.reference).rows.values()];
      unread.push(exchange.rows.filter(({ at }) => at >= to).length - stored.filter(({ at }) => at >= to).length);
    };
    await account.sync(1);
    expect(new Set(unread)).toEqual(new Set([0]));
    expect(account.rows()).toBe(400);
  });

  test('of a record that still changes, beyond the reach, keeps the reach from being read by nothing', async () => {
    const wide = { ...movements, widestWindowMs: 366 * dayMs };
    const changing = { at: nowMs - 40 * dayMs, isOpen: true };
    // One window holds both of what still changes, and with them the reach.
    const young = { at: nowMs + 53 * dayMs, isOpen: true };
    const exchange = new ScriptedExchange(wide, [changing, young]);
    const account = accountOf(exchange);
    for (let day = 0; day < 55; day++) {
      await account.sync();
      exchange.atMs += dayMs;
    }
    const late = { at: exchange.atMs - 30 * hourMs };
    exchange.rows = [changing, young, late];
    exchange.failing = { kind: 'unexpected', instantsMs: [changing.at + 1] };
    const endsBefore = account.state().lastReadEndMs;
    // As soon as the read has ended, what was to be asked by it is stored.
    exchange.onAsk = () => {
      if (account.state().lastReadEndMs !== endsBefore) expect(account.rows()).toBe(3);
    };
    expect(await account.sync()).toMatchObject({ done: true });
    expect(account.rows()).toBe(3);
  });

  test('of a record that still changes: it comes before other gaps once it is due, however slow the answers are', async () => {
    const changing = { at: nowMs - 70 * dayMs, isOpen: true };
    const exchange = new ScriptedExchange(movements, [changing, { at: nowMs - dayMs }]);
    const account = accountOf(exchange);
    await account.sync();
    const instantsMs = Array.from({ length: 30 }, (_, i) => nowMs - (2 * i + 1.37) * dayMs);
    exchange.failing = { kind: 'unexpected', instantsMs };
    await account.range(nowMs - 65 * dayMs, nowMs);
    // Beside so many gaps an hour is not narrowed further.
    exchange.failing = { kind: 'unexpected', instantsMs: [...instantsMs, changing.at + 60_000] };
    await account.range(changing.at - hourMs, changing.at + hourMs);
    const isGap = () => account.state().marks.some(({ from, to }) => from <= changing.at && changing.at < to);
    expect(isGap()).toBe(true);
    exchange.failing = { kind: 'unexpected', instantsMs };
    exchange.atMs += 8 * dayMs;
    exchange.onAsk = () => {
      exchange.atMs += 30 * 60_000;
    };
    await account.sync();
    expect(isGap()).toBe(false);
  });

  test('hides nothing beside it for long, however many there are', async () => {
    const instantsMs = Array.from({ length: 30 }, (_, i) => nowMs - (i + 1) * dayMs + 777);
    const exchange = new ScriptedExchange(
      spot,
      instantsMs.map((at) => ({ at: at + 60_000 })),
    );
    exchange.failing = { kind: 'unexpected', instantsMs };
    const account = accountOf(exchange);
    await account.sync();
    expect(account.rows()).toBeLessThan(25);
    for (let syncs = 0; syncs < 2; syncs++) {
      exchange.atMs += 2 * hourMs;
      await account.sync();
    }
    expect(account.rows()).toBe(30);
    expect(exchange.asked.length).toBeLessThan(5_000);
  });

  test('several of them are each a gap of their own', async () => {
    const exchange = new ScriptedExchange(spot, rowsOver(80, 400));
    const instantsMs = [10.3, 10.4, 44, 70].map((days) => Math.floor(nowMs - days * dayMs) + 777);
    exchange.failing = { kind: 'unexpected', instantsMs };
    const account = accountOf(exchange);
    await account.sync();
    expect(account.rows()).toBe(400);
    expect(account.gaps().filter(({ reason }) => reason === 'unexpected-answer')).toHaveLength(4);
  });
});

test('an exchange that answers nothing at all leaves no gap: the same read is tried again', async () => {
  const exchange = new ScriptedExchange(spot, rowsOver(80, 400));
  const account = accountOf(exchange);
  await account.sync();
  exchange.failing = { kind: 'transient', instantsMs: [Number.NaN] };
  Object.assign(exchange, { edge: 'transient', reachMs: -1 });
  exchange.atMs += 2 * hourMs;
  expect(await account.sync()).toMatchObject({ done: false, blocked: { kind: 'transient' } });
  expect(account.gaps().map(({ reason }) => reason)).not.toContain('unanswered');
});

describe('an exchange whose windows fail beyond a reach that is shorter than documented', () => {
  test.each(['unexpected', 'transient', 'beyond-reach'] as const)(
    'by %s: everything younger is read, and each new record',
    async (edge) => {
      const exchange = new ScriptedExchange(futures, rowsOver(20, 108));
      Object.assign(exchange, { reachMs: 20.5 * dayMs, edge });
      const account = accountOf(exchange);
      await account.sync(50);
      expect(account.rows()).toBe(108);
      for (let day = 0; day < 20; day++) {
        exchange.atMs += dayMs;
        exchange.rows = [...exchange.rows, { at: exchange.atMs - hourMs }];
        await account.sync(50);
      }
      expect(account.rows()).toBe(128);
      expect(exchange.asked.length).toBeLessThan(2_000);
    },
  );
});

test('where less is served than documented, a sweep finds what is older than a failing hour', async () => {
  const exchange = new ScriptedExchange(spot, []);
  Object.assign(exchange, { reachMs: 25.5 * dayMs, edge: 'unexpected' });
  const account = accountOf(exchange);
  await account.sync();
  // So many gaps that an hour is not narrowed further.
  const instantsMs = Array.from({ length: 15 }, (_, i) => Math.floor(nowMs - (i + 1) * dayMs) + 777);
  exchange.failing = { kind: 'unexpected', instantsMs };
  await account.range(nowMs - 15.2 * dayMs, nowMs);
  const oldestMs = instantsMs.at(-1) as number;
  const failed = account.state().marks.find(({ from, to }) => from <= oldestMs && oldestMs < to);
  const widthMs = (failed?.to ?? 0) - (failed?.from ?? 0);
  expect(widthMs).toBeGreaterThan(3);
  expect(widthMs).toBeLessThanOrEqual(hourMs);
  exchange.rows = [{ at: nowMs - 15.5 * dayMs }];
  exchange.atMs += 8 * dayMs;
  await account.sync();
  expect(account.rows()).toBe(1);
});

test('a new key requests at once what failed in a read that was interrupted', async () => {
  const exchange = new ScriptedExchange(spot, []);
  const account = accountOf(exchange);
  Object.assign(account, { settings: { ...settings, sweepIntervalMs: 1e13 } });
  await account.sync();
  exchange.atMs += 9 * hourMs;
  exchange.failing = { kind: 'transient', instantsMs: [nowMs + hourMs] };
  await readAccount(account.context(1), { accountId: 'account', streams: [spot] });
  // Listed after the first read, within the time that each read requests again.
  exchange.rows = [{ at: nowMs - 20 * hourMs }];
  Object.assign(account, { keyId: 'another key' });
  exchange.atMs += 3 * dayMs;
  await account.sync();
  expect(account.rows()).toBe(1);
});

test.each([10, 1_000])('%i failing milliseconds hide nothing older', async (stretchMs) => {
  const exchange = new ScriptedExchange(spot, rowsOver(80, 80));
  const toMs = nowMs - 30.5 * dayMs;
  exchange.onAsk = ({ core }) => {
    if (core.from < toMs && core.to > toMs - stretchMs) throw failureOf('unexpected', spot);
  };
  const account = accountOf(exchange);
  for (let syncs = 0; syncs < 20; syncs++) {
    await account.sync();
    exchange.atMs += 6 * hourMs;
  }
  expect(account.rows()).toBe(80);
  expect(exchange.asked.length).toBeLessThan(600);
});

describe('a wide gap that fails again', () => {
  const gap = (fromDays: number, toDays: number, rounds: number, askAgainMs: number): Mark => ({
    from: nowMs - fromDays * dayMs,
    to: nowMs - toDays * dayMs,
    reason: 'unanswered',
    rounds,
    askAgainMs,
  });
  const failing = {
    stream: spot,
    reason: 'unanswered',
    omittedAtMs: null,
    clockMs: nowMs,
    reachFromMs: originMs,
  } as const;
  const state = (...marks: readonly Mark[]) => ({ ...newPartState, claimedFromMs: nowMs - 89 * dayMs, marks });
  const younger = gap(60, 30, 7, nowMs);
  const older = gap(80, 60, 0, nowMs + hourMs);

  test('keeps a new one beside it from waiting no longer than before', () => {
    const window = { from: younger.from, to: nowMs - 45 * dayMs };
    const { marks } = windowFailed(state(younger, older), window, failing);
    expect(marks).toContainEqual(older);
    expect(marks).toHaveLength(2);
  });

  test('is due as before after a record in it was requested alone, and what fails is no longer called requested', () => {
    const due = { ...older, askAgainMs: nowMs };
    const asked = { ...state(due), requested: [{ from: older.from, to: nowMs }] };
    const alone = { from: nowMs - 70 * dayMs, to: nowMs - 70 * dayMs + 1 };
    expect(windowFailed(asked, alone, failing)).toEqual(asked);
    const { requested } = windowFailed(asked, { from: nowMs - 70 * dayMs, to: older.to }, failing);
    expect(requested).toEqual([{ from: older.to, to: nowMs }]);
  });

  test('stays a gap as a whole where something within it failed', () => {
    const window = { from: nowMs - 45 * dayMs, to: nowMs - 40 * dayMs };
    for (const narrowing of [{}, { narrowing: 'roughly' } as const]) {
      const { marks } = windowFailed(state({ ...younger, rounds: 6, ...narrowing }), window, failing);
      expect(rangeSet(marks)).toEqual([{ from: younger.from, to: younger.to }]);
    }
  });
});

test('an hour that fails keeps sweeps from nothing older, also where less is served than documented', async () => {
  const stream = { ...spot, right: unknownRight };
  const exchange = new ScriptedExchange(stream, rowsOver(40, 100));
  Object.assign(exchange, { reachMs: 45 * dayMs, edge: 'beyond-reach' });
  exchange.failing = { kind: 'unexpected', instantsMs: [nowMs - 5 * dayMs + 777] };
  const account = accountOf(exchange);
  const syncFor = async (days: number) => {
    for (let day = 0; day < days; day++) {
      exchange.atMs += dayMs;
      await account.sync();
    }
  };
  await account.sync();
  await syncFor(4);
  // Listed too late for a re-read of the last days.
  exchange.rows = [...exchange.rows, { at: nowMs - 6 * dayMs }];
  await syncFor(10);
  expect(account.rows()).toBe(101);
});

describe('a record that vanishes from the answers', () => {
  test.each([1, 30])('%i of them: every later record is read, and the settled past stays claimed', async (amount) => {
    const exchange = new ScriptedExchange(spot, rowsOver(80, 200));
    const account = accountOf(exchange);
    await account.sync();
    const covered = account.state().covered;
    const all = exchange.rows;
    const gone = new Set(all.slice(-amount - 20, -20));
    for (let day = 0; day < 9; day++) {
      exchange.atMs += dayMs;
      exchange.rows = [...exchange.rows, ...[1, 2, 3].map((hour) => ({ at: exchange.atMs - hour * hourMs }))];
      const { rows } = exchange;
      // Rows keep their places, by which the scripted exchange identifies them.
      Object.assign(exchange, { rows: rows.map((row) => (gone.has(row) ? { at: originMs - dayMs } : row)) });
      await account.sync();
    }
    expect(account.rows()).toBe(200 + 27);
    expect(account.state().covered.at(0)?.from).toBeLessThanOrEqual(covered.at(0)?.from as number);
    expect(account.gaps().filter(({ from }) => from > (covered.at(0)?.from as number))).toEqual([]);
  });
});

test('many records that vanish widen no other gap: an instant that fails beside them costs three units', async () => {
  const settled = rowsOver(80, 200).filter(({ at }) => at < nowMs - 2 * dayMs);
  const recent = Array.from({ length: 20 }, (_, i) => ({ at: nowMs - (i + 1) * hourMs }));
  const exchange = new ScriptedExchange(spot, [...settled, ...recent]);
  const account = accountOf(exchange);
  await account.sync();
  const poisonMs = nowMs - 5.5 * hourMs;
  exchange.failing = { kind: 'unexpected', instantsMs: [poisonMs] };
  exchange.rows = exchange.rows.map((row) => (recent.includes(row) ? { at: originMs - dayMs } : row));
  exchange.atMs += hourMs;
  await account.sync();
  const gap = account.gaps().find(({ from, to }) => from <= poisonMs && poisonMs < to);
  expect((gap?.to ?? Number.NaN) - (gap?.from ?? 0)).toBeLessThanOrEqual(3);
});

test('an instant that fails beside a vanished record of the newest minute costs three units, and no sync waits for that minute to pass', async () => {
  const newest = { at: nowMs - 30_000 };
  const exchange = new ScriptedExchange(spot, [...rowsOver(80, 200), newest]);
  const account = accountOf(exchange);
  await account.sync();
  const poisonMs = nowMs - 5.5 * hourMs;
  exchange.failing = { kind: 'unexpected', instantsMs: [poisonMs] };
  exchange.rows = exchange.rows.map((row) => (row === newest ? { at: originMs - dayMs } : row));
  exchange.atMs += 5_000;
  expect(await account.sync(1)).toMatchObject({ done: true });
  const gap = account.gaps().find(({ from, to }) => from <= poisonMs && poisonMs < to);
  expect((gap?.to ?? Number.NaN) - (gap?.from ?? 0)).toBeLessThanOrEqual(3);
});

test('no window is given up while the newest minute is not answered either', async () => {
  const exchange = new ScriptedExchange(spot, rowsOver(80, 200));
  const account = accountOf(exchange);
  await account.sync();
  const before = account.gaps();
  exchange.failing = { kind: 'unexpected', instantsMs: [nowMs - 20_000] };
  exchange.atMs += 5_000;
  expect(await account.sync(1)).toMatchObject({ done: false });
  expect(account.gaps()).toEqual(before);
});

test('a sync ends although answers take so long that gaps are due again within it', async () => {
  const instantsMs = Array.from({ length: 40 }, (_, i) => nowMs - (2 * i + 1.37) * dayMs);
  const exchange = new ScriptedExchange(spot, rowsOver(80, 400));
  exchange.failing = { kind: 'unexpected', instantsMs };
  const account = accountOf(exchange);
  await account.sync();
  exchange.onAsk = () => {
    exchange.atMs += 30 * 60_000;
  };
  for (let sync = 0; sync < 3; sync++) {
    const before = exchange.asked.length;
    expect(await account.sync(1)).toMatchObject({ done: true });
    expect(exchange.asked.length - before).toBeLessThan(500);
    exchange.atMs += dayMs;
  }
});

describe('a unit with more records than one answer holds', () => {
  const denseMs = nowMs - 30 * dayMs;
  const dense = (amount: number) =>
    Array.from({ length: amount }, (_, i) => ({ at: denseMs, symbol: `S${i % 20}_USDT` }));

  test('is divided by what is known, whatever single symbols answer, and delays nothing', async () => {
    const exchange = new ScriptedExchange(spot, [...rowsOver(80, 300), ...dense(270)]);
    exchange.delisted = ['S3_USDT', 'S19_USDT'];
    const account = accountOf(exchange);
    expect(await account.sync()).toMatchObject({ done: true, blocked: null });
    // Requests ask for one unit more on each side: the neighbours look the same.
    const gaps = account.gaps().filter(({ reason }) => reason === 'too-dense');
    expect(gaps).not.toEqual([]);
    expect(Math.max(...gaps.map(({ to }) => to)) - Math.min(...gaps.map(({ from }) => from))).toBeLessThanOrEqual(3);
    expect(account.rows()).toBeGreaterThan(300 + 200);
    expect(exchange.asked.length).toBeLessThan(90);
  });

  test('ends in attempts of a single page as well', async () => {
    const exchange = new ScriptedExchange(spot, [...rowsOver(80, 300), ...dense(270)]);
    const account = accountOf(exchange);
    expect(await account.sync(1)).toMatchObject({ done: true });
    expect(account.rows()).toBe(570);
  });

  const halfOnMargin = dense(50).map((row, i) => ({ ...row, isOnMargin: i % 2 === 0 }));
  const ofFifty = () => new ScriptedExchange({ ...spot, cap: 50 }, [...rowsOver(80, 20), ...halfOnMargin]);

  test('is not a gap where the values that are all there are have short answers', async () => {
    const exchange = ofFifty();
    const account = accountOf(exchange);
    await account.sync();
    expect(exchange.asked.filter(({ split }) => split?.column === 'order_mode')).toHaveLength(6);
    expect(account.gaps().filter(({ reason }) => reason === 'too-dense')).toEqual([]);
    expect(account.rows()).toBe(70);
  });

  test('begins again where its first answer is from another hour than its last: what was listed since was not in it', async () => {
    const exchange = ofFifty();
    const account = accountOf(exchange);
    const values: string[] = [];
    exchange.onAsk = ({ split }) => {
      if (split === undefined) return;
      if (values.length === 0) exchange.atMs += 2 * hourMs;
      values.push(split.value);
    };
    await account.sync(1);
    expect(values.slice(0, 3)).toEqual(['iso_margin', 'iso_margin', 'spot']);
  });

  test('ends when its range is asked for on demand, in any order of rows, with few requests', async () => {
    const exchange = new ScriptedExchange(spot, [...rowsOver(80, 300), ...dense(270)]);
    const account = accountOf(exchange);
    await account.sync();
    const before = exchange.asked.length;
    const read = await account.range(denseMs - 60_000, denseMs + 60_000, 5);
    expect(read).toMatchObject({ done: true, nextMs: null });
    expect(exchange.asked.length - before).toBeLessThan(100);
  });
});

test('movements get new records although the walk fails', async () => {
  const exchange = new ScriptedExchange(movements, rowsOver(20, 30));
  Object.assign(exchange, { reachMs: 100 * dayMs, edge: 'unexpected' });
  const account = accountOf(exchange);
  await account.sync(1);
  exchange.atMs += dayMs;
  exchange.rows = [...exchange.rows, { at: exchange.atMs - hourMs }];
  await account.sync(1);
  expect(account.rows()).toBe(31);
});
