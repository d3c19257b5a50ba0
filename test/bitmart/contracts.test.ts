import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { BitmartOptions } from '../../src/bitmart/index.ts';
import type { Page, Stream } from '../../src/history/stream.ts';
import { against, failureOf, json, key, type Listener, noRows, question } from './bitmart-server.ts';

const bytes = readFileSync(new URL('../fixtures/ccxt-comments/contract_private_trades.json', import.meta.url));
const fills = json(JSON.parse(bytes.toString()));
const contract = { symbol: 'BTCUSDT', contract_size: '0.001', base_currency: 'BTC', quote_currency: 'USDT' };
const list = json({ code: 1000, message: 'Ok', data: { symbols: [contract] } });
const maintenance = json({ code: 30016, message: 'maintenance' });
const outage = json({ code: 59002, message: 'system error' }, 500);
const { signal } = new AbortController();

/** An exchange that serves one fill and the list of contracts, unless the test says otherwise. */
async function served(options: Partial<BitmartOptions> = {}) {
  const answers: Record<'fills' | 'list', Listener> = { fills, list };
  let nowMs = 0;
  const { exchange, asked } = await against(
    (...of) => (of[0].url?.startsWith('/contract/public/') ? answers.list : answers.fills)(...of),
    { limits: 'none', retryPausesMs: [], monotonicNow: () => nowMs, ...options },
  );
  const stream = exchange.streams.find(({ name }) => name === 'futures-trades') as Stream;
  const ofPart = { ...question, part: 'futures' };
  return {
    answers,
    ask: (within = signal) => exchange.open(key).ask(stream, ofPart, within),
    readAgain: () => {
      const stored = { pageId: '1', question: ofPart, verdict: 'proves', bytes, trace: null } as const;
      return exchange.pageOf(stream, { ...stored, askedFromMs: 0, askedToMs: 0, clockMs: 0 }, signal);
    },
    sizeIn: ({ rows: [row] }: Page) =>
      row?.kind === 'row' && row.values[stream.table.columns.findIndex(({ name }) => name === 'contract_size')],
    lists: () => asked.filter(({ path }) => path === '/contract/public/details').length,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('an account without futures fills costs no request of the list', async () => {
  const { answers, ask, lists } = await served();
  answers.fills = noRows;
  expect((await ask()).rows).toEqual([]);
  expect(lists()).toBe(0);
});

test.each([
  ['too many requests', json({ code: 30013, message: 'too many' }, 429), 'throttled'],
  ['maintenance', maintenance, 'maintenance'],
  ['an outage', outage, 'transient'],
  ['a refused time', json({ code: 30007, message: 'time' }, 401), 'clock'],
  ['success without data', json({ code: 1000, message: 'Ok', data: null }), 'unexpected'],
  ['success without symbols', json({ code: 1000, message: 'Ok', data: {} }), 'unexpected'],
  ['an unknown path', json({ code: 30000, message: 'Not found' }, 404), 'unexpected'],
  ['a withdrawn endpoint', json({ code: 30031, message: 'withdrawn' }), 'unexpected'],
  ['a key that is refused', json({ code: 30002, message: 'no such key' }, 401), 'unexpected'],
  ['a window that is too old', json({ code: 50041, message: 'too old' }, 400), 'unexpected'],
])('a fill waits for its contract while the list fails: %s', async (_, answer, kind) => {
  const { answers, ask, readAgain, sizeIn } = await served();
  answers.list = answer;
  for (const look of [ask, readAgain]) {
    const { details } = await failureOf(look);
    expect(details).toMatchObject({ kind, concernsNoWindow: true });
    expect(details.isRefusalOfAll).toBeUndefined();
  }
  answers.list = list;
  expect(sizeIn(await ask())).toBe('0.001');
  expect(sizeIn(await readAgain())).toBe('0.001');
});

test('a fill waits for two minutes, and the list is requested again a minute later', async () => {
  const { answers, ask, sizeIn, lists, pass } = await served();
  answers.list = maintenance;
  await failureOf(ask);
  pass(119_999);
  await failureOf(ask);
  pass(1);
  expect(sizeIn(await ask())).toBeNull();
  answers.list = list;
  pass(59_999);
  expect(sizeIn(await ask())).toBeNull();
  expect(lists()).toBe(3);
  pass(1);
  expect(sizeIn(await ask())).toBe('0.001');
});

test('an outage in which nothing is answered uses up no part of the two minutes', async () => {
  const { answers, ask, sizeIn, pass } = await served();
  answers.fills = outage;
  answers.list = outage;
  for (let minutes = 0; minutes < 5; minutes++) {
    await failureOf(ask);
    pass(60_000);
  }
  answers.fills = fills;
  await failureOf(ask);
  answers.list = list;
  expect(sizeIn(await ask())).toBe('0.001');
});

test('a known list that fails is used on, and requested again a minute later', async () => {
  const { answers, ask, sizeIn, lists, pass } = await served();
  await ask();
  answers.list = json({ code: 1000, message: 'Ok', data: {} });
  for (const [ms, requests] of [
    [6 * 3_600_000 - 1, 1],
    [1, 2],
    [59_999, 2],
    [1, 3],
  ] as const) {
    pass(ms);
    expect(sizeIn(await ask())).toBe('0.001');
    expect(lists()).toBe(requests);
  }
});

test('callers at the same time share one request, which outlives the caller that leaves', async () => {
  const { answers, ask, sizeIn, lists } = await served({ timeouts: { headersMs: 5_000 } });
  const requested = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  answers.list = (...of) => {
    requested.resolve();
    held.promise.then(() => list(...of));
  };
  const leaving = new AbortController();
  const left = ask(leaving.signal);
  await requested.promise;
  const others = [ask(), ask()];
  leaving.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  held.resolve();
  for (const page of await Promise.all(others)) expect(sizeIn(page)).toBe('0.001');
  expect(lists()).toBe(1);
});

test('a list of 2,430 contracts with 40 fields each, twice the longest that was seen, is read', async () => {
  const { answers, ask, sizeIn } = await served();
  const others = Array.from({ length: 36 }, (_, i) => [`field_${i}`, '0']);
  const listed = Array.from({ length: 2 * 1_215 }, (_, i) => ({
    ...contract,
    ...Object.fromEntries(others),
    symbol: `S${i}`,
  }));
  answers.list = json({
    code: 1000,
    message: 'Ok',
    data: { symbols: [...listed.slice(1), { ...listed[0], symbol: 'BTCUSDT' }] },
  });
  expect(sizeIn(await ask())).toBe('0.001');
});
