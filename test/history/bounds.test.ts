import { expect, test } from 'vitest';
import { deceptionFromMs } from '../../src/history/bounds.ts';
import { newPartState } from '../../src/history/part-state.ts';
import { contains } from '../../src/history/range-set.ts';
import type { ServedRow } from '../../src/history/stream.ts';
import { simulatedStream } from '../simulation/streams.ts';
import { accountOf } from './account.ts';
import { dayMs, hourMs, nowMs, pageOf, rowAt } from './pages.ts';
import { ScriptedExchange } from './scripted-exchange.ts';

/** BitMart answers a bound that it does not understand with its default window, the last 7 days. */

const spot = { ...simulatedStream('spot', 200), originMs: Date.UTC(2024, 0, 1) };

function accountWith(...daysAgo: number[]) {
  const exchange = new ScriptedExchange(
    spot,
    daysAgo.map((days) => ({ at: nowMs - days * dayMs })),
  );
  exchange.reachMs = 90 * dayMs;
  return { exchange, account: accountOf(exchange) };
}

/** Nothing is read for 40 days; meanwhile a record comes, and BitMart begins to ignore bounds. */
function ignoreBounds({ exchange }: ReturnType<typeof accountWith>) {
  const missed = { at: nowMs + 20 * dayMs };
  exchange.rows = [...exchange.rows, missed];
  exchange.servedInsteadMs = 7 * dayMs;
  exchange.atMs += 40 * dayMs;
  return missed;
}

/** Bounds are honoured again, and an hour later everything is read. */
async function recovered({ exchange, account }: ReturnType<typeof accountWith>) {
  exchange.servedInsteadMs = null;
  exchange.atMs += hourMs;
  await account.sync();
}

test('an answer is believed from its oldest record on, also where that lies just about where a default window begins', () => {
  const sevenDaysAgo = nowMs - 7 * dayMs;
  const asked = (row: ServedRow) => pageOf(nowMs - 10 * dayMs, nowMs, [row], spot);
  const fromOf = (row: ServedRow) => deceptionFromMs(asked(row), newPartState, spot);
  for (const at of [sevenDaysAgo - 2, sevenDaysAgo + 2]) {
    expect(fromOf(rowAt(at))).toBe(at);
    // Its time is not sure.
    const unreadable = { kind: 'unreadable', key: null, at, reason: 'amount', raw: '{}' } as unknown as ServedRow;
    expect(fromOf(unreadable)).toBe(sevenDaysAgo + 10_000);
  }
});

test('a row without a readable time may be the very record that seems to be left out', () => {
  const knownMs = nowMs - dayMs;
  const state = { ...newPartState, oldestRowMs: knownMs, newestRowMs: knownMs };
  const unreadable = { kind: 'unreadable', key: null, at: null, reason: 'time', raw: '{}' } as unknown as ServedRow;
  const lastMinute = (rows: readonly ServedRow[]) => pageOf(nowMs - 60_000, nowMs, rows, spot);
  expect(deceptionFromMs(lastMinute([]), state, spot)).toBeNull();
  expect(deceptionFromMs(lastMinute([unreadable]), state, spot)).not.toBeNull();
});

test('bounds that were honoured once and are ignored later claim no month in which a record was left out', async () => {
  const scene = accountWith(30, 10);
  const { exchange, account } = scene;
  await account.sync();
  const missed = ignoreBounds(scene);
  await account.sync();
  expect(contains(account.state().covered, missed.at)).toBe(false);
  // The last days are what was served.
  expect(contains(account.state().covered, exchange.atMs - dayMs)).toBe(true);
  await recovered(scene);
  expect(account.rows()).toBe(3);
  expect(contains(account.state().covered, missed.at)).toBe(true);
});

test('where no row is left that could show it, emptiness is believed until a row shows that bounds are ignored', async () => {
  const scene = accountWith(80);
  const { exchange, account } = scene;
  await account.sync();
  const missed = ignoreBounds(scene);
  await account.sync();
  expect(contains(account.state().covered, missed.at)).toBe(true);
  exchange.rows = [...exchange.rows, { at: exchange.atMs + hourMs }];
  exchange.atMs += 3 * dayMs;
  await account.sync();
  await account.range(missed.at - dayMs, missed.at + dayMs).catch(() => undefined);
  expect(contains(account.state().covered, missed.at)).toBe(false);
  await recovered(scene);
  expect(account.rows()).toBe(3);
  expect(contains(account.state().covered, missed.at)).toBe(true);
});

test('an account whose only row is older than the default window costs two requests more after a long pause', async () => {
  const { exchange, account } = accountWith(20);
  await account.sync();
  exchange.atMs += 20 * dayMs;
  const before = exchange.asked.length;
  await account.sync();
  expect(exchange.asked.length - before).toBeLessThanOrEqual(4);
  expect(contains(account.state().covered, nowMs + 5 * dayMs)).toBe(true);
});

test('time that was read when it was young is not settled by an answer that is not believed', async () => {
  const scene = accountWith(30, 10);
  const { exchange, account } = scene;
  await account.sync();
  const late = { at: nowMs - hourMs };
  exchange.rows = [...exchange.rows, late];
  exchange.servedInsteadMs = 7 * dayMs;
  exchange.atMs += 30 * dayMs;
  await account.sync();
  expect(contains(account.state().covered, late.at)).toBe(false);
  expect(contains(account.state().covered, nowMs - 15 * dayMs)).toBe(true);
  await recovered(scene);
  expect(account.rows()).toBe(3);
  expect(contains(account.state().covered, late.at)).toBe(true);
});

test('what was answered while bounds were ignored is called unexpected, and not unread, until it is proved', async () => {
  const scene = accountWith(30, 10);
  const { account } = scene;
  await account.sync();
  const missed = ignoreBounds(scene);
  await account.sync();
  const reasonOf = (atMs: number) => account.gaps().find(({ from, to }) => from <= atMs && atMs < to)?.reason;
  expect(reasonOf(missed.at)).toBe('unexpected-answer');
  await recovered(scene);
  expect(reasonOf(missed.at)).toBeUndefined();
});

test.each([
  ['from the beginning', []],
  ['since the read', [150]],
])('the past is not taken for empty while bounds are ignored, %s', async (_, known) => {
  const { exchange, account } = accountWith(10, ...known);
  exchange.reachMs = 200 * dayMs;
  await account.sync();
  exchange.reachMs = 400 * dayMs;
  exchange.rows = [...exchange.rows, { at: nowMs - 250 * dayMs }];
  account.keyId = 'another key';
  // The read sees bounds honoured, where a stored row can show it; the walk does not.
  exchange.onAsk = ({ core }) => {
    if (known.length === 0 || core.to < nowMs - 80 * dayMs) exchange.servedInsteadMs = 7 * dayMs;
  };
  exchange.atMs += hourMs;
  expect(await account.sync()).toMatchObject({ done: true });
  exchange.onAsk = () => {};
  await recovered({ exchange, account });
  expect(account.rows()).toBe(exchange.rows.length);
});
