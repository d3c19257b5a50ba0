import { describe, expect, test } from 'vitest';
import { rereadWindowMs } from '../../src/history/late-rows.ts';
import { newPartState, type PartState } from '../../src/history/part-state.ts';
import { contains } from '../../src/history/range-set.ts';
import { beginRead, refuseRead } from '../../src/history/read.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { CountingExchange } from './counting-exchange.ts';
import { dayMs, hourMs, nowMs, settings, spot } from './pages.ts';
import { createBudget, readStream } from './read-stream.ts';

const accountId = 'account';

function reading(times: readonly number[], late: Readonly<Record<number, number>>) {
  const exchange = new CountingExchange(spot, 'newest-first', times);
  for (const [at, listedMs] of Object.entries(late)) exchange.listedFromMs.set(Number(at), listedMs);
  const store = new MemoryStore();
  const windows: { from: number; to: number }[] = [];
  store.observe = (_reference, page) => windows.push(page.question.core);
  const part = () => store.part({ accountId, stream: spot, part: 'all' });
  return {
    exchange,
    windows,
    state: () => part().state,
    rows: () => part().rows.size,
    async readAt(atMs: number) {
      exchange.atMs = atMs;
      windows.length = 0;
      const budget = createBudget({ pages: 1e9, durationMs: 1e12 }, () => 0);
      const signal = new AbortController().signal;
      const result = await readStream(
        { exchange, reader: exchange.open(), store, settings, budget, signal },
        accountId,
        spot,
      );
      expect(result).toMatchObject({ done: true, blocked: null });
    },
  };
}

/** Reads every hour for some days. */
async function follow(account: ReturnType<typeof reading>, fromMs: number, days: number): Promise<void> {
  for (let hour = 1; hour <= days * 24; hour++) await account.readAt(fromMs + hour * hourMs);
}

const old = nowMs - 30 * dayMs;

describe('rows that appear late', () => {
  const late = nowMs + 2 * hourMs;
  const times = [old, nowMs - hourMs, late];

  test('make the window that is read again twice as long as their delay, and what is settled follows it', async () => {
    const account = reading(times, { [late]: late + 20 * hourMs });
    await account.readAt(nowMs);
    expect(account.state().settledThroughMs).toBe(nowMs - 10_000 - dayMs);
    await follow(account, nowMs, 1);
    expect(account.rows()).toBe(3);
    const { longestLateMs, settledThroughMs, lastReadEndMs } = account.state();
    expect(longestLateMs).toBeGreaterThanOrEqual(19.9 * hourMs);
    expect(longestLateMs).toBeLessThanOrEqual(21 * hourMs);
    expect((lastReadEndMs ?? 0) - (settledThroughMs ?? 0)).toBe(2 * (longestLateMs ?? 0));
    await account.readAt(nowMs + 25 * hourMs);
    expect(account.windows[0]?.from).toBeLessThanOrEqual((lastReadEndMs ?? 0) - 2 * (longestLateMs ?? 0));
  });

  test('that come later than any before unsettle what was asked too early, and the same read asks for it again', async () => {
    const account = reading(times, { [late]: late + 20 * hourMs });
    await account.readAt(nowMs);
    await follow(account, nowMs, 0.9);
    const before = account.state();
    await account.readAt(nowMs + 22.5 * hourMs);
    const { longestLateMs, settledThroughMs, sweptMs } = account.state();
    expect(longestLateMs).toBeGreaterThan(20 * hourMs);
    // Only the first read has asked for everything; since then instants were asked at an age of 24 hours at most.
    const oldest = Math.min(...account.windows.map(({ from }) => from));
    expect(oldest).toBeLessThanOrEqual((sweptMs ?? 0) - 2 * (longestLateMs ?? 0));
    expect(oldest).toBeLessThan(before.settledThroughMs as number);
    expect(settledThroughMs).toBeLessThan(before.settledThroughMs as number);
  });

  test('are forgotten slowly: the window shrinks back to what the operator set', async () => {
    const account = reading(times, { [late]: late + 20 * hourMs });
    await account.readAt(nowMs);
    await follow(account, nowMs, 1);
    const windows: number[] = [];
    for (let day = 2; day < 40; day++) {
      await account.readAt(nowMs + day * dayMs);
      windows.push(rereadWindowMs(account.state(), spot, settings));
    }
    for (const [i, window] of windows.entries()) expect(window).toBeLessThanOrEqual(windows[i - 1] ?? window);
    expect((windows[5] as number) / (windows[4] as number)).toBeGreaterThan(0.95);
    expect(windows.at(-1)).toBe(settings.rereadWindowMs);
    expect(account.state().longestLateMs).toBeNull();
  });

  test('found after a long outage are not forgotten in the very read that found them', async () => {
    const hidden = nowMs - 2 * hourMs;
    const account = reading([old, hidden, nowMs - hourMs], { [hidden]: nowMs + dayMs });
    await account.readAt(nowMs);
    await account.readAt(nowMs + 60 * dayMs);
    expect(account.rows()).toBe(3);
    expect(account.state().longestLateMs).toBeGreaterThan(59 * dayMs);
  });

  test('fade once for the days of a refusal, however often a read begins meanwhile', () => {
    const stored = { ...newPartState, longestLateMs: 40 * dayMs, lastReadAtMs: nowMs, lastReadEndMs: nowMs };
    let state: PartState = stored;
    for (let day = 1; day <= 20; day++) {
      const start = {
        accountId: 'account',
        stream: spot,
        clockMs: nowMs + day * dayMs,
        settings,
        keyId: 'key',
        changingAtMs: [],
      };
      state = refuseRead(beginRead(state, start), { reason: 'refused' });
    }
    expect((state.longestLateMs ?? 0) / (40 * dayMs * 0.97 ** 20)).toBeCloseTo(1, 2);
  });

  test('are looked for by the next sweep where one was refused: a refused sweep is not done', () => {
    const day = 8;
    const read = { ...newPartState, claimedFromMs: nowMs - 80 * dayMs, lastReadEndMs: nowMs, settledThroughMs: nowMs };
    const start = (clockMs: number) => ({ accountId, stream: spot, clockMs, settings, keyId: 'key', changingAtMs: [] });
    const sweeping = beginRead({ ...read, walkedWith: 'key', sweptMs: nowMs }, start(nowMs + day * dayMs));
    expect(sweeping.sweptMs).toBe(sweeping.readEndMs);
    const refused = refuseRead(sweeping, { reason: 'refused' });
    const again = beginRead(refused, start(nowMs + day * dayMs + hourMs));
    expect(again.pending.at(0)?.from).toBeLessThan(nowMs - 70 * dayMs);
  });

  test('never make the window longer than the reach', () => {
    const state = { ...newPartState, longestLateMs: 80 * dayMs };
    expect(rereadWindowMs(state, spot, settings)).toBeLessThan(spot.reachMs);
  });

  test('do not count where nothing was covered before', async () => {
    const account = reading([old, nowMs - hourMs], {});
    await account.readAt(nowMs);
    expect(account.state().longestLateMs).toBeNull();
  });
});

describe('a sweep', () => {
  test('meets a row that came later than anything was read again, and its delay counts', async () => {
    const hidden = nowMs - 20 * dayMs;
    const account = reading([old, hidden, nowMs - hourMs], { [hidden]: nowMs + 2 * hourMs });
    await account.readAt(nowMs);
    expect(account.rows()).toBe(2);
    await follow(account, nowMs, 8);
    expect(account.rows()).toBe(3);
    expect(rereadWindowMs(account.state(), spot, settings)).toBeGreaterThanOrEqual(40 * dayMs);
    expect(contains(account.state().covered, hidden)).toBe(true);
  });

  test('is made once a week, costs two requests more, is cut elsewhere each time, and gives nothing up meanwhile', async () => {
    const account = reading([old, nowMs - hourMs], {});
    await account.readAt(nowMs);
    const cuts: number[] = [];
    let sweeps = 0;
    for (let hour = 1; hour <= 8 * 7 * 24; hour++) {
      await account.readAt(nowMs + hour * hourMs);
      if (account.windows.length > 1) {
        sweeps++;
        expect(account.windows.length).toBeLessThanOrEqual(3);
        cuts.push((account.exchange.atMs - (account.windows[0]?.to ?? 0)) / dayMs);
      }
      const { covered } = account.state();
      expect(covered).toHaveLength(1);
      expect(covered[0]).toEqual({ from: account.state().claimedFromMs, to: account.exchange.atMs - 10_000 });
    }
    expect(sweeps).toBe(8);
    const sorted = [...cuts].sort((a, b) => a - b);
    for (const [i, cut] of sorted.entries()) if (i > 0) expect(cut - (sorted[i - 1] as number)).toBeGreaterThan(0.5);
  });

  test('is due on different days for different accounts', async () => {
    const { sweepIsDue } = await import('../../src/history/sweep.ts');
    const state = { ...newPartState, sweptMs: nowMs, lastReadEndMs: nowMs };
    const firstDue = (account: string) => {
      for (let hour = 1; ; hour++) {
        if (sweepIsDue(state, { accountId: account, clockMs: nowMs + hour * hourMs, settings })) return hour;
      }
    };
    const days = new Set(Array.from({ length: 100 }, (_, i) => Math.floor(firstDue(`account-${i}`) / 24)));
    expect(days.size).toBeGreaterThanOrEqual(7);
  });
});
