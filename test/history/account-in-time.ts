import { streams } from '../../src/bitmart/index.ts';
import { knownTimetable } from '../../src/bitmart/timetable.ts';
import type { PartState } from '../../src/history/part-state.ts';
import type { Stream } from '../../src/history/stream.ts';
import { summariseStream } from '../../src/history/summary.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { CountingExchange } from './counting-exchange.ts';
import { settings as readSettings } from './pages.ts';
import { createBudget, readStream } from './read-stream.ts';

/** One stream of an account that lives across the dates of BitMart's closing, by a simulated clock. */
export const timetable = knownTimetable;
export const settings = { ...readSettings, timetable };
export const accountId = 'account';

export function streamNamed(name: string): Stream {
  return streams.find((stream) => stream.name === name) as Stream;
}

export function accountInTime(name: string, times: readonly number[]) {
  const stream = streamNamed(name);
  const exchange = new CountingExchange(stream, 'newest-first', times);
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
    summary: (nowMs: number) => summariseStream(stream, states(), { nowMs, linked: true, timetable }),
  };
}
