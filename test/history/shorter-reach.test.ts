import { describe, expect, test } from 'vitest';
import type { ShorterReach } from '../../src/history/ports.ts';
import { createBudget, readStream } from '../../src/history/read-stream.ts';
import { shorterReachOf } from '../../src/history/shorter-reach.ts';
import type { Stream } from '../../src/history/stream.ts';
import { summariseStream } from '../../src/history/summary.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { CountingExchange } from './counting-exchange.ts';
import { dayMs, hourMs, nowMs, pageOf, rowAt, settings, spot } from './pages.ts';

const accountId = 'account';
/** Every second day a trade. */
const times = Array.from({ length: 43 }, (_, i) => nowMs - (86 - 2 * i) * dayMs);

function account(declared: Stream = spot) {
  let stream = declared;
  const exchange = new CountingExchange(spot, 'newest-first', times);
  const store = new MemoryStore();
  const shown: ShorterReach[] = [];
  return {
    exchange,
    shown,
    summary: (atMs: number) => {
      const { state } = store.part({ accountId, stream, part: 'all' });
      return summariseStream(stream, [state], { nowMs: atMs, linked: true, platformEndMs: null });
    },
    rows: () => store.part({ accountId, stream, part: 'all' }).rows.size,
    async readAt(atMs: number) {
      exchange.atMs = atMs;
      const context = {
        exchange,
        reader: exchange.open(),
        store,
        settings,
        budget: createBudget({ pages: 1e9, durationMs: 1e12 }, () => 0),
        signal: new AbortController().signal,
        onShorterReach: async (found: Stream, evidence: ShorterReach) => {
          shown.push(evidence);
          stream = { ...found, reachMs: evidence.reachMs };
        },
      };
      return readStream(context, accountId, stream);
    },
  };
}

describe('a reach that is shorter than thought', () => {
  test('is measured by records that are served no more, used from then on, and nothing is stuck', async () => {
    const trades = account();
    await trades.readAt(nowMs);
    trades.exchange.reachMs = 60 * dayMs;
    // The next sweep asks for what it does not serve any more.
    let blocked = 0;
    for (let hour = 1; hour <= 9 * 24; hour++) {
      const result = await trades.readAt(nowMs + hour * hourMs);
      if (result.blocked) blocked++;
    }
    expect(trades.shown).toHaveLength(1);
    expect(trades.shown[0]?.witnesses).toBeGreaterThanOrEqual(5);
    expect((trades.shown[0]?.reachMs ?? 0) / dayMs).toBeGreaterThanOrEqual(60);
    expect((trades.shown[0]?.reachMs ?? 0) / dayMs).toBeLessThanOrEqual(63);
    expect(blocked).toBe(1);
    expect(trades.rows()).toBe(times.length);
    const after = nowMs + 9 * dayMs;
    expect(trades.summary(after)).toMatchObject({ complete: true });
    expect(trades.summary(after).atRiskAtMs).toBeLessThan(after + 64 * dayMs);
  });

  test('is not concluded from an omission: the same records must be missing again in a window cut elsewhere', async () => {
    const trades = account();
    await trades.readAt(nowMs);
    let asked = 0;
    const { open } = trades.exchange;
    trades.exchange.open = () => {
      const reader = open.call(trades.exchange);
      return {
        ...reader,
        ask: async (...question) => {
          const page = await reader.ask(...question);
          const omits = page.rows.length > 20 && asked++ === 0;
          return omits ? { ...page, rows: page.rows.filter((row) => (row.at ?? 0) > nowMs - 60 * dayMs) } : page;
        },
      };
    };
    for (let hour = 1; hour <= 9 * 24; hour++) await trades.readAt(nowMs + hour * hourMs);
    expect(asked).toBeGreaterThan(1);
    expect(trades.shown).toEqual([]);
    expect(trades.summary(nowMs + 9 * dayMs)).toMatchObject({ complete: true });
  });
});

describe('what one answer shows of the reach', () => {
  const held = times.map((at) => ({ key: `${at}`, at, digest: '', fixedDigest: '', splitValue: null }));
  const page = (rows: readonly number[]) =>
    pageOf(
      nowMs - 88 * dayMs,
      nowMs,
      rows.map((at) => rowAt(at, `${at}`)),
    );

  test('the age of the newest record that is missing', () => {
    const shown = shorterReachOf(page(times.slice(10)), held);
    expect(shown).toMatchObject({ witnesses: 10, newestMissingMs: times[9] });
  });

  test.each([
    ['too few records are missing', times.slice(4)],
    ['an older one is served', [times[0] as number, ...times.slice(12)]],
    ['nothing is served at all', []],
    ['nothing is missing', times],
    ['records of the last days are missing', []],
  ])('nothing when %s', (_what, served) => {
    expect(shorterReachOf(page(served), held)).toBeNull();
  });
});
