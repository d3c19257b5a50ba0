import { expect, test } from 'vitest';
import { ExchangeFailure } from '../../src/history/failure.ts';
import { createBudget } from '../../src/history/part-reading.ts';
import { newPartState, type PartState } from '../../src/history/part-state.ts';
import { refuseRead } from '../../src/history/read.ts';
import { readAccount } from '../../src/history/read-account.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { simulatedStream } from '../simulation/streams.ts';
import { accountOf } from './account.ts';
import { dayMs, hourMs, nowMs, settings } from './pages.ts';
import { failureOf, ScriptedExchange } from './scripted-exchange.ts';

/** However short the attempts are. */
test.each(['transient', 'refused-key'] as const)(
  'a stream that fails in every attempt (%s) holds up no other',
  async (kind) => {
    const failing = simulatedStream('movements', 200);
    const stream = { ...simulatedStream('spot', 200), originMs: nowMs - 200 * dayMs };
    const exchange = new ScriptedExchange(stream, [{ at: nowMs - dayMs }, { at: nowMs - 50 * dayMs }]);
    const inner = exchange.open();
    const store = new MemoryStore();
    const reader: typeof inner = {
      ...inner,
      ask: async (of, question, signal) => {
        if (of === failing) throw failureOf(kind, failing);
        return inner.ask(of, question, signal);
      },
    };
    let finished: readonly string[] = [];
    for (let attempt = 0; attempt < 20; attempt++) {
      const budget = createBudget({ pages: 1, durationMs: 1e12 }, () => 0);
      const signal = new AbortController().signal;
      const context = { exchange, reader, keyId: 'key', store, settings, budget, signal };
      const results = await readAccount(context, { accountId: 'account', streams: [failing, stream], finished });
      expect(results[0]).toMatchObject({ blocked: { kind }, goesOn: false });
      expect(results[1]).toMatchObject({ blocked: null, goesOn: !results[1]?.done });
      finished = results.flatMap((result) => result.finished);
    }
    expect(store.part({ accountId: 'account', stream, part: 'all' }).rows.size).toBe(2);
    expect(finished).toContain(`${stream.name}/all/walk`);
  },
);

test('what was stopped is requested again once the others are read', async () => {
  const failing = simulatedStream('movements', 200);
  const stream = { ...simulatedStream('spot', 10), originMs: nowMs - 200 * dayMs };
  const rows = Array.from({ length: 60 }, (_, i) => ({ at: nowMs - (i + 1) * dayMs }));
  const exchange = new ScriptedExchange(stream, rows);
  const account = accountOf(exchange);
  const asked: string[] = [];
  let finished: readonly string[] = [];
  while (!finished.includes(`${stream.name}/all`)) {
    const context = account.context(5);
    const reader: typeof context.reader = {
      ...context.reader,
      ask: async (of, question, signal) => {
        asked.push(of.name);
        if (of === failing) throw failureOf('maintenance', failing);
        return context.reader.ask(of, question, signal);
      },
    };
    const streams = [failing, stream];
    const results = await readAccount({ ...context, reader }, { accountId: 'account', streams, finished });
    expect(results.some(({ goesOn }) => goesOn)).toBe(true);
    finished = results.flatMap((result) => result.finished);
  }
  expect(asked.indexOf(failing.name)).toBe(0);
  expect(asked.slice(1, 11)).toEqual(Array.from({ length: 10 }, () => stream.name));
  expect(asked.filter((name) => name === failing.name)).toHaveLength(2);
});

test('the walk of a part that goes on has the whole budget while others are stopped', async () => {
  const failing = simulatedStream('movements', 200);
  const stream = { ...simulatedStream('spot', 10), originMs: nowMs - 400 * dayMs };
  const exchange = new ScriptedExchange(
    stream,
    Array.from({ length: 300 }, (_, i) => ({ at: nowMs - (i + 91) * dayMs })),
  );
  const account = accountOf(exchange);
  let ofFailing = 0;
  let finished: readonly string[] = [];
  let attempts = 0;
  for (; !finished.includes(`${stream.name}/all/walk`); attempts++) {
    const context = account.context(10);
    const reader: typeof context.reader = {
      ...context.reader,
      ask: async (of, question, signal) => {
        if (of === failing) ofFailing++;
        if (of === failing) throw failureOf('unexpected', failing);
        return context.reader.ask(of, question, signal);
      },
    };
    const streams = [failing, stream];
    const results = await readAccount({ ...context, reader }, { accountId: 'account', streams, finished });
    finished = results.flatMap((result) => result.finished);
  }
  expect(account.rows()).toBe(300);
  // An attempt requests the failing window twice, and the newest minute after each.
  expect(attempts).toBeLessThanOrEqual(exchange.asked.length / 10 + 2);
  expect(ofFailing).toBeLessThanOrEqual(4 * attempts);
});

test('an answer that may refuse a whole stream does so only where no other window is answered', async () => {
  const stream = { ...simulatedStream('spot', 200), originMs: nowMs - 200 * dayMs, right: 'unknown' };
  const failingMs = nowMs - 50 * dayMs;
  const exchange = new ScriptedExchange(stream, [{ at: nowMs - dayMs }]);
  const account = accountOf(exchange);
  let isAway = false;
  exchange.onAsk = ({ core }) => {
    if (!isAway && (core.from > failingMs || failingMs > core.to)) return;
    throw new ExchangeFailure({ ...failureOf('unexpected', stream).details, isRefusalOfAll: true });
  };
  expect(await account.sync()).toMatchObject({ blocked: null, done: true });
  expect(account.gaps().map(({ reason }) => reason)).toContain('unexpected-answer');
  expect(account.rows()).toBe(1);
  isAway = true;
  exchange.atMs += dayMs;
  expect(await account.sync()).toMatchObject({ blocked: null, done: true });
  expect(account.gaps().at(-1)).toMatchObject({
    reason: 'refused',
    to: exchange.atMs - settings.settleLagMs,
  });
});

test('an answer as of a removed endpoint refuses a stream at once only if it did so before', async () => {
  const stream = { ...simulatedStream('spot', 200), originMs: nowMs - 200 * dayMs };
  const exchange = new ScriptedExchange(stream, [{ at: nowMs - dayMs }]);
  const account = accountOf(exchange);
  exchange.onAsk = () => {
    throw new ExchangeFailure({ ...failureOf('unexpected', stream).details, isRefusalOfAll: 'withdrawn' });
  };
  account.doubtsRemoval = true;
  expect(await account.sync()).toMatchObject({ done: false, blocked: { kind: 'unexpected' } });
  expect(account.gaps().map(({ reason }) => reason)).not.toContain('refused');
  account.doubtsRemoval = false;
  expect(await account.sync()).toMatchObject({ done: true, blocked: { problem: 'exchange-closed' } });
  expect(account.gaps().at(-1)).toMatchObject({ reason: 'refused' });
  account.doubtsRemoval = true;
  expect(await account.sync()).toMatchObject({ done: true, blocked: { problem: 'exchange-closed' } });
  // It is back.
  exchange.onAsk = () => undefined;
  expect(await account.sync()).toMatchObject({ done: true, blocked: null });
  expect(account.rows()).toBe(1);
  expect(account.gaps().map(({ reason }) => reason)).not.toContain('refused');
});

test('what the exchange says itself of an endpoint is believed at once, where it answers no other window', async () => {
  const stream = { ...simulatedStream('spot', 200), originMs: nowMs - 200 * dayMs };
  const failingMs = nowMs - 50 * dayMs;
  const exchange = new ScriptedExchange(stream, [{ at: nowMs - dayMs }]);
  const account = accountOf(exchange);
  account.doubtsRemoval = true;
  let isGone = false;
  exchange.onAsk = ({ core }) => {
    if (!isGone && (core.from > failingMs || failingMs > core.to)) return;
    const { details } = failureOf('refused-stream', stream);
    throw new ExchangeFailure({ ...details, isRefusalOfAll: 'withdrawn', facts: { isEndpointWithdrawn: true } });
  };
  expect(await account.sync()).toMatchObject({ done: true, blocked: null });
  expect(account.rows()).toBe(1);
  isGone = true;
  exchange.atMs += dayMs;
  expect(await account.sync()).toMatchObject({ done: true, blocked: { problem: 'exchange-closed' } });
});

test('a refusal keeps what the walk doubts, so that it is requested again', () => {
  const doubted = { from: nowMs - 300 * dayMs, to: nowMs - 200 * dayMs };
  const inReach = { from: nowMs - 3 * dayMs, to: nowMs - 2 * dayMs };
  const state = { ...newPartState, claimedFromMs: nowMs - 89 * dayMs, readEndMs: nowMs, suspect: [doubted, inReach] };
  expect(refuseRead(state, { reason: 'refused' }).suspect).toEqual([doubted]);
});

test('of refusals the last one counts, and a refused range on demand leaves it as it is', () => {
  const state = { ...newPartState, claimedFromMs: nowMs - 89 * dayMs, lastReadEndMs: nowMs - dayMs };
  const reasonsOf = ({ marks }: PartState) => marks.map(({ reason, ofNoKey }) => ofNoKey ?? reason);
  const reading = (from: PartState) => ({ ...from, readEndMs: nowMs });
  const closed = refuseRead(reading(state), { reason: 'not-opened' });
  const removed = refuseRead(reading(closed), { reason: 'refused', ofNoKey: 'withdrawn' });
  expect(reasonsOf(removed)).toEqual(['withdrawn']);
  const refused = refuseRead(reading(removed), { reason: 'refused' });
  expect(reasonsOf(refused)).toEqual(['refused']);
  expect(reasonsOf(refuseRead(refused, { reason: 'refused' }))).toEqual(['refused']);
  expect(reasonsOf(refuseRead(reading(refused), { reason: 'not-opened' }))).toEqual(['not-opened']);
  // What an account was before its last read stays explained.
  const before = { from: nowMs - 80 * dayMs, to: nowMs - 2 * dayMs, reason: 'not-opened' } as const;
  const again = refuseRead(reading({ ...state, marks: [before] }), { reason: 'refused' });
  expect(reasonsOf(again)).toEqual(['not-opened', 'refused']);
});

test('an answer that may refuse a whole stream does not where the newest minute meets an outage', async () => {
  const stream = { ...simulatedStream('spot', 200), originMs: nowMs - 200 * dayMs, right: 'unknown' };
  const failingMs = nowMs - 50 * dayMs;
  const exchange = new ScriptedExchange(stream, [{ at: nowMs - dayMs }]);
  const account = accountOf(exchange);
  let outages = 1;
  exchange.onAsk = ({ core }) => {
    if (core.from <= failingMs && failingMs <= core.to)
      throw new ExchangeFailure({ ...failureOf('unexpected', stream).details, isRefusalOfAll: true });
    if (core.to - core.from === 60_000 && outages-- > 0) throw failureOf('transient', stream);
  };
  expect(await account.sync()).toMatchObject({ done: false, blocked: { kind: 'transient' } });
  expect(await account.sync()).toMatchObject({ done: true, blocked: null });
  expect(account.rows()).toBe(1);
  expect(account.gaps().map(({ reason }) => reason)).not.toContain('refused');
});

test('a read that always takes over six hours ends, and the time before the reach is read', async () => {
  const stream = { ...simulatedStream('spot', 200), originMs: nowMs - 300 * dayMs };
  const exchange = new ScriptedExchange(stream, [{ at: nowMs - 200 * dayMs }, { at: nowMs - dayMs }]);
  exchange.onAsk = () => {
    exchange.atMs += 4 * hourMs;
  };
  const account = accountOf(exchange);
  expect(await account.sync(50)).toMatchObject({ done: true, blocked: null });
  expect(account.rows()).toBe(2);
});

test('a read that was interrupted for days is followed by one to the present, in the same sync', async () => {
  const stream = { ...simulatedStream('spot', 200), originMs: nowMs - 200 * dayMs };
  const exchange = new ScriptedExchange(stream, [{ at: nowMs - dayMs }]);
  const account = accountOf(exchange);
  exchange.onAsk = () => {
    throw failureOf('banned', stream);
  };
  expect(await account.sync()).toMatchObject({ done: false });
  Object.assign(exchange, { onAsk: () => {}, atMs: nowMs + 30 * dayMs });
  exchange.rows = [...exchange.rows, { at: exchange.atMs - dayMs }];
  expect(await account.sync()).toMatchObject({ done: true, blocked: null });
  expect(account.rows()).toBe(2);
});

test('a read that is days old when the walk begins is followed by one to the present, in the same sync', async () => {
  const stream = { ...simulatedStream('spot', 200), originMs: nowMs - 400 * dayMs };
  const exchange = new ScriptedExchange(stream, [{ at: nowMs - dayMs }]);
  const account = accountOf(exchange);
  const [first] = await readAccount(account.context(3), { accountId: 'account', streams: [stream] });
  expect(first).toMatchObject({ done: false, finished: [`${stream.name}/all`] });
  exchange.atMs = nowMs + 30 * dayMs;
  exchange.rows = [...exchange.rows, { at: exchange.atMs - dayMs }];
  expect(await account.sync(50, first?.finished)).toMatchObject({ done: true, blocked: null });
  expect(account.rows()).toBe(2);
});
