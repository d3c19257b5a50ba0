import { describe, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/index.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import { newPartState, type PartState } from '../../src/history/part-state.ts';
import type { Stream } from '../../src/history/stream.ts';
import { summariseStream } from '../../src/history/summary.ts';
import { finalTurnsMs } from '../../src/history/sweep.ts';
import { disproofsOf, endOf, isOver, withoutDisproved } from '../../src/history/timetable.ts';
import { accountId, accountInTime, settings, streamNamed, timetable } from './account-in-time.ts';
import { dayMs, hourMs } from './pages.ts';

const { depositsEndMs, spotTradingEndMs, platformEndMs } = timetable;

describe('the end of a stream', () => {
  const end = (name: string, ends = timetable as Parameters<typeof endOf>[2], newestRowMs: number | null = null) =>
    endOf(streamNamed(name), [{ ...newPartState, newestRowMs }], ends);

  test('is its own where it has one that is known, and otherwise that of the platform', () => {
    expect(end('deposits')).toBe(depositsEndMs);
    expect(end('spot-trades')).toBe(spotTradingEndMs);
    expect(end('futures-trades')).toBe(platformEndMs);
    expect(end('futures-trades', { ...timetable, futuresTradingEndMs: 7 })).toBe(7);
    expect(end('futures-flows')).toBe(platformEndMs);
    expect(end('withdrawals')).toBe(platformEndMs);
    expect(end('withdrawals', { ...timetable, platformEndMs: null })).toBeNull();
    expect(end('spot-trades', null)).toBeNull();
  });

  test('is disproved by a record dated after it, and so is the end of the platform', () => {
    expect(end('spot-trades', timetable, spotTradingEndMs - 1)).toBe(spotTradingEndMs);
    expect(end('spot-trades', timetable, spotTradingEndMs)).toBe(platformEndMs);
    expect(end('spot-trades', timetable, platformEndMs)).toBeNull();
  });
});

describe('a record of any account dated after an end', () => {
  const without = (newest: Readonly<Record<string, number | null>>) => {
    const rows = Object.entries(newest).map(([stream, newestRowMs]) => ({ stream, newestRowMs }));
    return withoutDisproved(timetable, disproofsOf(timetable, streams, rows));
  };

  test('disproves that end for all of them, and no other end', () => {
    expect(without({ 'spot-trades': spotTradingEndMs })).toEqual({ ...timetable, spotTradingEndMs: null });
    expect(without({ deposits: depositsEndMs + dayMs })).toEqual({ ...timetable, depositsEndMs: null });
    expect(without({ withdrawals: platformEndMs })).toEqual({ ...timetable, platformEndMs: null });
    expect(without({ 'spot-trades': platformEndMs })).toEqual({
      ...timetable,
      spotTradingEndMs: null,
      platformEndMs: null,
    });
  });

  test('is not one of a stream that has no such end, or one dated before it', () => {
    const newest = { 'futures-trades': spotTradingEndMs + dayMs, withdrawals: spotTradingEndMs + dayMs };
    expect(without({ ...newest, 'spot-trades': spotTradingEndMs - 1, deposits: null, unknown: 9e15 })).toEqual(
      timetable,
    );
    expect(disproofsOf(null, streams, [{ stream: 'spot-trades', newestRowMs: 9e15 }])).toEqual([]);
  });
});

describe('a trade stream', () => {
  const trades = [spotTradingEndMs - 30 * dayMs, spotTradingEndMs - hourMs];

  test('that could not be read for months after its end has lost what expired meanwhile', async () => {
    const spot = accountInTime('spot-trades', trades);
    await spot.readAt(spotTradingEndMs - dayMs);
    const later = spotTradingEndMs + 100 * dayMs;
    expect(spot.summary(spotTradingEndMs + 80 * dayMs).atRiskAtMs).toBeLessThan(spotTradingEndMs + 89 * dayMs);
    await spot.readAt(later);
    expect(gapsOf(spot.states()[0] as PartState, spot.stream, later).map((gap) => gap.reason)).toContain(
      'expired-unread',
    );
    expect(spot.summary(later).complete).toBe(false);
  });

  test('that serves a record dated after its end is read as if it had no end', async () => {
    const spot = accountInTime('spot-trades', [...trades, spotTradingEndMs + 20 * dayMs]);
    for (let day = 10; day < 120; day++) await spot.readAt(spotTradingEndMs + day * dayMs);
    const now = spotTradingEndMs + 119 * dayMs;
    expect(spot.summary(now)).toMatchObject({ complete: true, cameTooLate: false });
    expect(spot.summary(now).atRiskAtMs).toBe(platformEndMs);
  });

  test('that is read to its end has nothing at risk where the end of the platform is unknown', async () => {
    const spot = accountInTime('spot-trades', trades);
    for (const day of [1, 3]) await spot.readAt(spotTradingEndMs + day * dayMs);
    const context = { nowMs: spot.exchange.atMs, linked: true, timetable: { ...timetable, platformEndMs: null } };
    expect(summariseStream(spot.stream, spot.states(), context).atRiskAtMs).toBeNull();
  });
});

describe('linked after the window has drained', () => {
  const now = spotTradingEndMs + 91 * dayMs;

  test('spot trades have no rows, expired before link, and are never complete', async () => {
    const trades = accountInTime('spot-trades', [spotTradingEndMs - hourMs]);
    await trades.readAt(now);
    const summary = trades.summary(now);
    expect(summary).toMatchObject({
      rows: 0,
      complete: false,
      cameTooLate: true,
      readThrough: true,
      servedBackMs: null,
    });
    expect(summary.gaps).toHaveLength(1);
    expect(summary.gaps[0]).toMatchObject({ reason: 'expired-before-link' });
    expect(summary.atRiskAtMs).toBe(platformEndMs);
  });

  test('futures trades, whose end is unknown, can be complete without a record', async () => {
    const trades = accountInTime('futures-trades', []);
    await trades.readAt(now);
    expect(trades.summary(now)).toMatchObject({ rows: 0, complete: true, cameTooLate: false });
  });

  test('withdrawals can still be had and are complete', async () => {
    const withdrawals = accountInTime('withdrawals', [now - 5 * dayMs]);
    await withdrawals.readAt(now);
    expect(withdrawals.summary(now)).toMatchObject({ rows: 1, complete: true, cameTooLate: false });
  });
});

describe('how far back the exchange has served', () => {
  test('is the oldest record of any part, however old it is', async () => {
    const now = spotTradingEndMs;
    const spot = accountInTime('spot-trades', [now - 200 * dayMs, now - 5 * dayMs]);
    spot.exchange.reachMs = 300 * dayMs;
    await spot.readAt(now);
    expect(spot.summary(now).servedBackMs).toBe(now - 200 * dayMs);
    const states = [null, 7, 3].map((oldestRowMs) => ({ ...newPartState, oldestRowMs }));
    const context = { nowMs: now, linked: true, timetable };
    expect(summariseStream(spot.stream, states, context).servedBackMs).toBe(3);
  });
});

describe('before the platform ends', () => {
  test('everything is read once more, twice, at other moments for each account', async () => {
    const withdrawals = accountInTime('withdrawals', [platformEndMs - 100 * dayMs]);
    await withdrawals.readAt(platformEndMs - 20 * dayMs);
    const swept: number[] = [];
    const walked: number[] = [];
    for (let hour = -100; hour <= 0; hour++) {
      const before = withdrawals.exchange.walked;
      const sweptMs = withdrawals.states()[0]?.sweptMs;
      await withdrawals.readAt(platformEndMs + hour * hourMs);
      if (withdrawals.states()[0]?.sweptMs !== sweptMs) swept.push(hour);
      if (withdrawals.exchange.walked > before + 10) walked.push(hour);
    }
    const turns = finalTurnsMs(accountId, settings).map((turnMs) => Math.ceil((turnMs - platformEndMs) / hourMs));
    expect(swept).toEqual(expect.arrayContaining(turns));
    // The first of them goes the whole way back, and not only through the reach.
    expect(walked).toEqual(turns.slice(0, 1));
    const spread = new Set(Array.from({ length: 50 }, (_, i) => finalTurnsMs(`account-${i}`, settings)[0]));
    expect(spread.size).toBeGreaterThan(40);
    for (const id of ['a', 'b', 'c']) {
      for (const turnMs of finalTurnsMs(id, settings)) expect(turnMs).toBeLessThan(platformEndMs - 2 * hourMs);
    }
    const unknown = { ...settings, timetable: { ...timetable, platformEndMs: null } };
    expect(finalTurnsMs(accountId, unknown)).toEqual([]);
  });
});

describe('an account', () => {
  const parts = (stream: Stream, state: Partial<PartState>) =>
    stream.parts.map((part) => ({ stream: stream.name, part, state: { ...newPartState, ...state } }));
  const all = (state: Partial<PartState>) => streams.flatMap((stream) => parts(stream, state));
  const at = (nowMs: number) => ({ timetable, nowMs, syncIntervalMs: hourMs, rereadWindowMs: dayMs });

  test('is over when every stream was read a sync interval after the platform has ended, not before', () => {
    const readAt = (lastReadEndMs: number, nowMs: number) => isOver(streams, all({ lastReadEndMs }), at(nowMs));
    expect(readAt(platformEndMs - 1, platformEndMs - 1)).toBe(false);
    expect(readAt(platformEndMs - 1, platformEndMs + hourMs)).toBe(false);
    // Records of the last minutes may not be listed yet.
    expect(readAt(platformEndMs + 1, platformEndMs + hourMs)).toBe(false);
    expect(readAt(platformEndMs + hourMs, platformEndMs + hourMs)).toBe(true);
  });

  test('is over with the first read after that of a stream that had ended long before', () => {
    const isSpot = (stream: Stream) => stream.ending === 'spot-trading';
    const readOnce = streams.flatMap((stream) =>
      parts(stream, { lastReadEndMs: isSpot(stream) ? platformEndMs + 1 : platformEndMs + hourMs }),
    );
    expect(isOver(streams, readOnce, at(platformEndMs + hourMs))).toBe(true);
  });

  test('is not over while one stream was read only before the end of the platform, whatever its own end', () => {
    const unread = streams.flatMap((stream) =>
      parts(stream, { lastReadEndMs: stream.name === 'spot-trades' ? platformEndMs - dayMs : platformEndMs + hourMs }),
    );
    expect(isOver(streams, unread, at(platformEndMs + hourMs))).toBe(false);
  });

  test('is over where some parts of a stream that most keys may not read were read to the end, and the others refused', () => {
    const refusedAt = (to: number) => ({ marks: [{ from: platformEndMs - dayMs, to, reason: 'refused' }] as const });
    const read = { lastReadEndMs: platformEndMs + hourMs };
    const mixed = (of: string, refused: Partial<PartState>) =>
      streams.flatMap((stream) =>
        parts(stream, read).map((each, i) =>
          stream.name === of && i % 2 === 1 ? { ...each, state: { ...newPartState, ...refused } } : each,
        ),
      );
    const now = at(platformEndMs + hourMs);
    expect(isOver(streams, mixed('earn-records', refusedAt(platformEndMs + hourMs)), now)).toBe(true);
    expect(isOver(streams, mixed('earn-records', refusedAt(platformEndMs - 1)), now)).toBe(false);
    expect(isOver(streams, mixed('earn-records', {}), now)).toBe(false);
    expect(isOver(streams, mixed('futures-trades', refusedAt(platformEndMs + hourMs)), now)).toBe(false);
    const opened = mixed('earn-records', {}).filter(({ state }) => state.lastReadEndMs !== null);
    expect(isOver(streams, opened, now)).toBe(false);
  });

  test('is over a day after the end where the exchange no longer answers', () => {
    const unread = all({ lastReadEndMs: platformEndMs - dayMs });
    expect(isOver(streams, unread, at(platformEndMs + 23 * hourMs))).toBe(false);
    expect(isOver(streams, unread, at(platformEndMs + 25 * hourMs))).toBe(true);
  });

  test('is not over while records dated later are served, nor where no end of the platform is known', () => {
    const served = all({ lastReadEndMs: platformEndMs + 9, newestRowMs: platformEndMs + 5 });
    expect(isOver(streams, served, at(platformEndMs + 30 * dayMs))).toBe(false);
    const read = all({ lastReadEndMs: platformEndMs + hourMs });
    for (const unknown of [null, { ...timetable, platformEndMs: null }]) {
      expect(isOver(streams, read, { ...at(platformEndMs + dayMs), timetable: unknown })).toBe(false);
    }
  });
});
