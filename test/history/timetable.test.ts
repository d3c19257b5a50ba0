import { describe, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/index.ts';
import { knownTimetable } from '../../src/bitmart/timetable.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import { newPartState, type PartState } from '../../src/history/part-state.ts';
import type { Stream } from '../../src/history/stream.ts';
import { summariseStream } from '../../src/history/summary.ts';
import { finalTurnsMs } from '../../src/history/sweep.ts';
import { disprovesTimetable, drainedMs, isOver, standingOf } from '../../src/history/timetable.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { CountingExchange } from './counting-exchange.ts';
import { dayMs, hourMs, settings as readSettings } from './pages.ts';
import { createBudget, readStream } from './read-stream.ts';

/** Accounts that live across the three dates of BitMart's closing, by a simulated clock. */
const timetable = knownTimetable;
const { depositsEndMs, tradingEndMs, platformEndMs } = timetable;
const settings = { ...readSettings, platformEndMs };
const accountId = 'account';

function streamNamed(name: string): Stream {
  return streams.find((stream) => stream.name === name) as Stream;
}

function account(name: string, times: readonly number[], changing: readonly number[] = []) {
  const stream = streamNamed(name);
  const exchange = new CountingExchange(stream, 'newest-first', times, changing);
  const store = new MemoryStore();
  const states = (): PartState[] => stream.parts.map((part) => store.part({ accountId, stream, part }).state);
  return {
    stream,
    states,
    exchange,
    async readAt(atMs: number) {
      exchange.atMs = atMs;
      const before = exchange.requests;
      const budget = createBudget({ pages: 1e9, durationMs: 1e12 }, () => 0);
      const signal = new AbortController().signal;
      await readStream({ exchange, reader: exchange.open(), store, settings, budget, signal }, accountId, stream);
      return exchange.requests - before;
    },
    standing: () => standingOf(stream, states(), { timetable, settings, changing: false }),
    summary: (nowMs: number) => summariseStream(stream, states(), { nowMs, linked: true, platformEndMs, timetable }),
  };
}

describe('a trade stream', () => {
  const trades = [tradingEndMs - 30 * dayMs, tradingEndMs - hourMs];

  test('is open while there is trading, rests once all of it is settled, and is closed when nothing is served any more', async () => {
    const spot = account('spot-trades', trades);
    const standings: [number, string][] = [];
    for (let day = -10; day < 120; day++) {
      await spot.readAt(tradingEndMs + day * dayMs);
      const standing = spot.standing();
      if (standings.at(-1)?.[1] !== standing) standings.push([day, standing]);
    }
    expect(standings).toEqual([
      [-10, 'open'],
      [2, 'resting'],
      // 89 days of reach and the four that are asked beyond it.
      [94, 'closed'],
    ]);
    expect(drainedMs(spot.stream, spot.states(), timetable)).toBe(tradingEndMs + 93 * dayMs);
  });

  test('is not closed by the calendar: only a read that ends after the last instant closes it', async () => {
    const spot = account('spot-trades', trades);
    await spot.readAt(tradingEndMs - dayMs);
    expect(spot.standing()).toBe('open');
    // Nobody could read for months; the calendar alone says nothing.
    const later = tradingEndMs + 100 * dayMs;
    expect(spot.standing()).toBe('open');
    expect(spot.summary(tradingEndMs + 80 * dayMs).atRiskAtMs).toBeLessThan(tradingEndMs + 89 * dayMs);
    await spot.readAt(later);
    expect(spot.standing()).toBe('closed');
    expect(gapsOf(spot.states()[0] as PartState, spot.stream, later).map((gap) => gap.reason)).toContain(
      'expired-unread',
    );
    expect(spot.summary(later).complete).toBe(false);
  });

  test('stays open longer where rows come late', async () => {
    const spot = account('spot-trades', trades);
    const [state] = spot.states();
    const late = { ...(state as PartState), longestLateMs: 5 * dayMs };
    expect(drainedMs(spot.stream, [late], timetable)).toBe(tradingEndMs + 98 * dayMs);
  });

  test('that serves a record dated after its end has no end: evidence counts for more than the timetable', async () => {
    const spot = account('spot-trades', [...trades, tradingEndMs + 20 * dayMs]);
    for (let day = 10; day < 120; day++) await spot.readAt(tradingEndMs + day * dayMs);
    expect(disprovesTimetable(spot.stream, spot.states(), timetable)).toBe(true);
    expect(spot.standing()).toBe('open');
    const now = tradingEndMs + 119 * dayMs;
    expect(spot.summary(now)).toMatchObject({ complete: true, cameTooLate: false });
    expect(spot.summary(now).atRiskAtMs).toBe(platformEndMs);
  });
});

describe('linked after the window has drained', () => {
  const now = tradingEndMs + 91 * dayMs;

  test('trades are no rows, expired before link, and never complete', async () => {
    for (const name of ['spot-trades', 'futures-trades']) {
      const trades = account(name, [tradingEndMs - hourMs]);
      await trades.readAt(now);
      const summary = trades.summary(now);
      expect(summary).toMatchObject({ rows: 0, complete: false, cameTooLate: true, readThrough: true });
      expect(summary.gaps).toHaveLength(1);
      expect(summary.gaps[0]).toMatchObject({ reason: 'expired-before-link' });
      expect(summary.atRiskAtMs).toBe(platformEndMs);
    }
  });

  test('withdrawals can still be had and are complete', async () => {
    const withdrawals = account('withdrawals', [now - 5 * dayMs]);
    await withdrawals.readAt(now);
    expect(withdrawals.summary(now)).toMatchObject({ rows: 1, complete: true, cameTooLate: false });
  });

  test('rests only when it was read again a day after it was linked', async () => {
    const trades = account('spot-trades', []);
    await trades.readAt(now);
    expect(trades.standing()).toBe('open');
    await trades.readAt(now + 30 * hourMs);
    expect(trades.standing()).toBe('resting');
  });
});

describe('deposits', () => {
  test('rest when they have ended and none of them changes any more, and are read until the platform ends', async () => {
    const deposits = account('deposits', [depositsEndMs - dayMs]);
    await deposits.readAt(depositsEndMs - hourMs);
    expect(deposits.standing()).toBe('open');
    await deposits.readAt(depositsEndMs + 3 * dayMs);
    expect(deposits.standing()).toBe('resting');
    const context = { timetable, settings, changing: true };
    expect(standingOf(deposits.stream, deposits.states(), context)).toBe('open');
    await deposits.readAt(depositsEndMs + 150 * dayMs);
    expect(deposits.standing()).toBe('resting');
    await deposits.readAt(platformEndMs + hourMs);
    expect(deposits.standing()).toBe('closed');
  });
});

describe('before the platform ends', () => {
  test('everything is read once more, twice, at other moments for each account', async () => {
    const withdrawals = account('withdrawals', [platformEndMs - 100 * dayMs]);
    await withdrawals.readAt(platformEndMs - 20 * dayMs);
    const swept: number[] = [];
    for (let hour = -100; hour <= 0; hour++) {
      const requests = await withdrawals.readAt(platformEndMs + hour * hourMs);
      // The whole way back, and not only the reach.
      if (requests > 20) swept.push(hour);
    }
    const turns = finalTurnsMs(accountId, settings).map((turnMs) => Math.ceil((turnMs - platformEndMs) / hourMs));
    expect(swept).toEqual(turns);
    const spread = new Set(Array.from({ length: 50 }, (_, i) => finalTurnsMs(`account-${i}`, settings)[0]));
    expect(spread.size).toBeGreaterThan(40);
    for (const id of ['a', 'b', 'c']) {
      for (const turnMs of finalTurnsMs(id, settings)) expect(turnMs).toBeLessThan(platformEndMs - 2 * hourMs);
    }
  });
});

describe('an account', () => {
  const parts = (stream: Stream, state: Partial<PartState>) =>
    stream.parts.map((part) => ({ stream: stream.name, part, state: { ...newPartState, ...state } }));
  const all = (state: Partial<PartState>) => streams.flatMap((stream) => parts(stream, state));
  const at = (nowMs: number) => ({ timetable, nowMs });

  test('is over when every stream was read after the platform has ended, not before', () => {
    expect(isOver(streams, all({ lastReadEndMs: platformEndMs - 1 }), at(platformEndMs - 1))).toBe(false);
    expect(isOver(streams, all({ lastReadEndMs: platformEndMs - 1 }), at(platformEndMs + hourMs))).toBe(false);
    expect(isOver(streams, all({ lastReadEndMs: platformEndMs + 1 }), at(platformEndMs + hourMs))).toBe(true);
  });

  test('is over although trades were closed long before, and so were not read again', () => {
    const closed = ['spot-trades', 'futures-trades'];
    const mixed = streams.flatMap((stream) =>
      parts(stream, { lastReadEndMs: closed.includes(stream.name) ? tradingEndMs + 94 * dayMs : platformEndMs + 1 }),
    );
    expect(isOver(streams, mixed, at(platformEndMs + hourMs))).toBe(true);
    const unread = mixed.map((part) =>
      part.stream === 'spot-trades' ? { ...part, state: { ...part.state, lastReadEndMs: tradingEndMs + dayMs } } : part,
    );
    expect(isOver(streams, unread, at(platformEndMs + hourMs))).toBe(false);
  });

  test('is over a day after the end where the exchange does not answer any more', () => {
    const unread = all({ lastReadEndMs: platformEndMs - dayMs });
    expect(isOver(streams, unread, at(platformEndMs + 23 * hourMs))).toBe(false);
    expect(isOver(streams, unread, at(platformEndMs + 25 * hourMs))).toBe(true);
  });

  test('is not over while records dated later are served, nor where the exchange has no end', () => {
    const served = all({ lastReadEndMs: platformEndMs + 9, newestRowMs: platformEndMs + 5 });
    expect(isOver(streams, served, at(platformEndMs + 30 * dayMs))).toBe(false);
    const read = all({ lastReadEndMs: platformEndMs + 1 });
    expect(isOver(streams, read, { timetable: null, nowMs: platformEndMs + dayMs })).toBe(false);
  });
});
