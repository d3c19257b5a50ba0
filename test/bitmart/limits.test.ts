import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Slot, unprovenKeys } from '../../src/history/pace.ts';
import type { Stream } from '../../src/history/stream.ts';
import { MemoryPace } from '../support/memory-pace.ts';
import { against, failureOf, json, key, noRows, question } from './bitmart-server.ts';

const banned = (headers: Record<string, string>) => json({ code: 30017, message: 'banned' }, 418, headers);
const throttled = (headers: Record<string, string> = {}) => json({ code: 30013, message: 'too many' }, 429, headers);
const epochSeconds = String(Math.floor(Date.now() / 1_000));
/** From when the answer came, which is between the request and now. */
function expectWait(untilMs: number | undefined, askedMs: number, seconds: number): void {
  const answeredMs = (untilMs ?? 0) - seconds * 1_000;
  expect(answeredMs).toBeGreaterThanOrEqual(askedMs - clocksDifferMs);
  expect(answeredMs).toBeLessThanOrEqual(Date.now() + clocksDifferMs);
}

/** Waits are reckoned by a monotonic clock. */
const clocksDifferMs = 50;

test.each([
  ['nothing', {}, 600],
  ['2 minutes', { 'Retry-After': '120' }, 120],
  ['no time at all', { 'Retry-After': '0' }, 60],
  ['5 hours', { 'Retry-After': '18000' }, 900],
  ['an instant in seconds', { 'Retry-After': epochSeconds }, 600],
  ['an instant in milliseconds', { 'Retry-After': `${epochSeconds}000` }, 600],
  ['a date', { 'Retry-After': 'Wed, 21 Oct 2026 07:28:00 GMT' }, 600],
  ['a negative number', { 'Retry-After': '-5' }, 600],
  ['a list', { 'Retry-After': '120, 240' }, 600],
])('a ban that says to wait for %s cools down the address within the clamp', async (_, headers, seconds) => {
  const { ask, pace } = await against(banned(headers));
  const askedMs = Date.now();
  const failure = await failureOf(ask);
  expect(failure.details).toMatchObject({ kind: 'banned', retryAfterMs: seconds * 1_000 });
  expect(pace.coolDowns).toHaveLength(1);
  expectWait(pace.coolDowns[0]?.untilMs, askedMs, seconds);
});

test.each([
  ['nothing', {}, 3],
  ['20 s', { 'Retry-After': '20' }, 21],
  ['an hour', { 'Retry-After': '3600' }, 60],
  ['an instant', { 'Retry-After': epochSeconds }, 3],
  ['a window of 10 s', { 'X-BM-RateLimit-Reset': '10' }, 11],
  ['a window of an hour', { 'X-BM-RateLimit-Reset': '3600' }, 60],
  ['a window that is an instant', { 'X-BM-RateLimit-Reset': epochSeconds }, 3],
  ['an instant and a window', { 'Retry-After': epochSeconds, 'X-BM-RateLimit-Reset': '10' }, 11],
  ['a negative number', { 'Retry-After': '-5', 'X-BM-RateLimit-Reset': '-5' }, 3],
  ['text', { 'Retry-After': 'soon', 'X-BM-RateLimit-Reset': 'soon' }, 3],
])('a 429 that says to wait for %s slows this key down within the clamp', async (_, headers, seconds) => {
  const { ask, pace } = await against(throttled(headers));
  const askedMs = Date.now();
  const failure = await failureOf(ask);
  expect(failure.details).toMatchObject({ kind: 'throttled', retryAfterMs: seconds * 1_000 });
  expect(pace.slowDowns).toMatchObject([{ fingerprint: 'f1', endpoint: '/spot/v4/query/trades' }]);
  expectWait(pace.slowDowns[0]?.untilMs, askedMs, seconds);
  expect(pace.coolDowns).toEqual([]);
});

test('a used-up window that says to last for an hour slows this key down for a minute at most', async () => {
  const used = { 'X-BM-RateLimit-Remaining': '13', 'X-BM-RateLimit-Limit': '12', 'X-BM-RateLimit-Reset': '3600' };
  const { ask, pace } = await against(json({ code: 1000, message: 'OK', data: [] }, 200, used));
  const askedMs = Date.now();
  await ask();
  expectWait(pace.slowDowns[0]?.untilMs, askedMs, 60);
});

test('a limit that is reached by our own calls alone slows nothing down, and one that others reach too does', async () => {
  let used = 1;
  let nowMs = 0;
  const answer: Parameters<typeof against>[0] = (request, response) => {
    const headers = {
      'X-BM-RateLimit-Remaining': String(used),
      'X-BM-RateLimit-Limit': '12',
      'X-BM-RateLimit-Reset': '2',
    };
    json({ code: 1000, message: 'OK', data: [] }, 200, headers)(request, response);
  };
  // However long it takes on a busy machine, these calls are made within two seconds.
  const { ask: asked, pace } = await against(answer, { monotonicNow: () => nowMs });
  const ask = () => {
    nowMs += 180;
    return asked();
  };
  for (used = 1; used <= 11; used++) await ask();
  await ask();
  expect(pace.slowDowns).toEqual([]);
  // A program of the user's has made the others.
  nowMs += 1_000;
  await ask();
  expect(pace.slowDowns).toHaveLength(1);
});

test('a 429 met on two keys within 10 s cools down the address; however often one key meets it, only that key slows down', async () => {
  let nowMs = 0;
  const { ask, pace } = await against(throttled({ 'Retry-After': '20' }), { monotonicNow: () => nowMs });
  await failureOf(ask);
  await failureOf(ask);
  nowMs += 10_001;
  const other = { ...key, fingerprint: 'f2' };
  await failureOf(() => ask(other));
  expect(pace.coolDowns).toEqual([]);
  nowMs += 9_000;
  const askedMs = Date.now();
  await failureOf(ask);
  expect(pace.coolDowns).toMatchObject([{ reason: expect.stringContaining('several keys') }]);
  expectWait(pace.coolDowns[0]?.untilMs, askedMs, 21);
  expect(pace.slowDowns.map(({ fingerprint }) => fingerprint)).toEqual(['f1', 'f1', 'f2', 'f1']);
});

test('a limit that counts requests without a key is not a second key', async () => {
  const { ask, exchange, pace } = await against((request, response) => {
    const isFutures = request.url?.startsWith('/contract/private/');
    (isFutures ? json({ code: 1000, message: 'OK', data: [{}] }) : throttled())(request, response);
  });
  await failureOf(ask);
  const futures = exchange.streams.find((stream) => stream.name === 'futures-trades') as Stream;
  const ofPart = { ...question, part: 'futures' };
  await failureOf(() => exchange.open(key).ask(futures, ofPart, new AbortController().signal));
  expect(pace.slowDowns.map(({ fingerprint }) => fingerprint)).toEqual(['f1', 'public']);
  expect(pace.coolDowns).toEqual([]);
});

test.each([[30013], [40013]])('%i in HTTP 200 slows this key down like a 429', async (code) => {
  const { ask, pace } = await against(json({ code, message: 'too frequent' }));
  expect((await failureOf(ask)).details.kind).toBe('throttled');
  expect(pace.slowDowns).toMatchObject([{ fingerprint: 'f1', endpoint: '/spot/v4/query/trades' }]);
});

test('a ban that meets a look at the key itself cools down the address as well', async () => {
  const { exchange, pace } = await against((request, response) => {
    const answer = request.url === '/uapi-key/v1/account/info' ? banned({}) : noRows;
    answer(request, response);
  });
  await exchange.open(key).check({ subAccount: null }, new AbortController().signal);
  expect(pace.coolDowns).toHaveLength(1);
});

test.each([
  ['goes as soon as another request with it is answered', noRows, 60_000, 'left'],
  [
    'waits for its slot while other requests with it are refused',
    json({ code: 30002, message: 'none' }, 401),
    100,
    'came',
  ],
])('a request with a key that was never accepted %s', async (_, answer, secondSlotMs, expected) => {
  const slots: ('waiting' | 'came' | 'left')[] = [];
  const waitForSlot = async ({ fingerprint }: Slot, signal: AbortSignal) => {
    if (fingerprint !== unprovenKeys) return;
    const slot = slots.push('waiting') - 1;
    await sleep(slot === 1 ? secondSlotMs : 0, undefined, { signal }).catch((error: unknown) => {
      slots[slot] = 'left';
      throw error;
    });
    slots[slot] = 'came';
  };
  const { ask } = await against(answer, { pace: Object.assign(new MemoryPace(), { waitForSlot }) });
  const candidate = { ...key, isUnproven: true };
  await Promise.allSettled([ask(candidate), ask(candidate)]);
  expect(slots.slice(0, 2)).toEqual(['came', expected]);
});
