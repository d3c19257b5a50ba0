import { describe, expect, test } from 'vitest';
import { contains } from '../../src/history/range-set.ts';
import { readRange } from '../../src/history/read-range.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { CountingExchange } from './counting-exchange.ts';
import { dayMs, hourMs, nowMs, settings, spot } from './pages.ts';
import { createBudget, readStream } from './read-stream.ts';

const accountId = 'account';
const reference = { accountId, stream: spot, part: 'all' };

function reading(times: readonly number[]) {
  const exchange = new CountingExchange(spot, 'newest-first', times);
  const store = new MemoryStore();
  const context = (pages = 1e9) => ({
    exchange,
    keyId: 'key',
    reader: exchange.open(),
    store,
    settings,
    budget: createBudget({ pages, durationMs: 1e12 }, () => 0),
    signal: new AbortController().signal,
  });
  return {
    exchange,
    state: () => store.part(reference).state,
    rows: () => store.part(reference).rows.size,
    change: (marks: ReturnType<typeof store.part>['state']['marks']) => {
      const part = store.part(reference);
      part.state = { ...part.state, marks };
    },
    sync: (pages?: number) => readStream(context(pages), accountId, spot),
    range: (from: number, to: number, { pages = 1e9, isFirst = true } = {}) =>
      readRange(context(pages), reference, { from, to, isFirst }),
  };
}

const hidden = nowMs - 30 * dayMs;
const times = [nowMs - 40 * dayMs, hidden, nowMs - hourMs];

describe('a range that is read again', () => {
  test('finds a row that was listed after everything was settled', async () => {
    const account = reading(times);
    account.exchange.listedFromMs.set(hidden, nowMs + 1);
    await account.sync();
    expect(account.rows()).toBe(2);
    account.exchange.atMs = nowMs + hourMs;
    const read = await account.range(hidden - dayMs, hidden + dayMs);
    expect(read).toMatchObject({ done: true, served: 1, inserted: 1, changed: 0, unchanged: 0, nextMs: null });
    expect(await account.range(hidden - dayMs, hidden + dayMs)).toMatchObject({ inserted: 0, unchanged: 1 });
    expect(account.state().longestLateMs).toBeGreaterThan(29 * dayMs);
  });

  test('leaves the plan of a read under way unchanged, less what it proves, and that read comes to its end', async () => {
    const dense = Array.from({ length: 4_000 }, (_, i) => nowMs - 80 * dayMs + i * 20 * 60_000);
    const account = reading(dense);
    await account.sync(5);
    const before = account.state();
    expect(before.pending.length).toBeGreaterThan(0);
    await account.range(nowMs - 60 * dayMs, nowMs - 50 * dayMs);
    const after = account.state();
    expect(after.readEndMs).toBe(before.readEndMs);
    expect(contains(after.pending, nowMs - 55 * dayMs)).toBe(false);
    expect(contains(after.pending, nowMs - 45 * dayMs)).toBe(true);
    expect(contains(after.covered, nowMs - 55 * dayMs)).toBe(true);
    expect(await account.sync()).toMatchObject({ done: true });
    expect(account.rows()).toBe(dense.length);
  });

  test('goes on where a chunk has stopped', async () => {
    const dense = Array.from({ length: 3_000 }, (_, i) => nowMs - 80 * dayMs + i * 20 * 60_000);
    const account = reading(dense);
    const nexts: (number | null)[] = [];
    while (nexts.at(-1) !== null) {
      const read = await account.range(nowMs - 81 * dayMs, nowMs - dayMs, { pages: 4, isFirst: nexts.length === 0 });
      nexts.push(read.nextMs);
      expect(nexts.length).toBeLessThan(100);
    }
    const chunks = nexts.length;
    expect(chunks).toBeGreaterThan(2);
    expect(account.rows()).toBe(dense.length);
  });

  test('heals what is marked as too dense or quarantined, once its answers are short and readable', async () => {
    const account = reading(times);
    await account.sync();
    const unit = { from: hidden, to: hidden + 1 };
    account.change([
      { ...unit, reason: 'too-dense' },
      { from: hidden + 5, to: hidden + 6, reason: 'quarantined' },
    ]);
    await account.range(hidden - hourMs, hidden + hourMs);
    expect(account.state().marks).toEqual([]);
  });

  test('beyond the documented reach is asked as well, and claimed from the oldest record on that is served', async () => {
    const old = nowMs - 89.5 * dayMs;
    const account = reading([...times, old]);
    const read = await account.range(nowMs - 95 * dayMs, nowMs - 88 * dayMs);
    expect(read).toMatchObject({ done: true, inserted: 1 });
    expect(contains(account.state().covered, old - 1)).toBe(false);
    expect(contains(account.state().covered, old)).toBe(true);
    expect(contains(account.state().covered, nowMs - 88.5 * dayMs)).toBe(true);
  });

  test('never claims what has not settled', async () => {
    const account = reading(times);
    await account.sync();
    await account.range(nowMs - hourMs, nowMs + hourMs);
    expect(account.state().covered.at(-1)?.to).toBe(nowMs - settings.settleLagMs);
  });
});
