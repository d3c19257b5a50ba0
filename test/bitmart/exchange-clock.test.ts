import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { Slot } from '../../src/history/pace.ts';
import { MemoryPace } from '../support/memory-pace.ts';
import { against, failureOf, json, type Listener, listening, noRows, timeOf } from './bitmart-server.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** The answers one after another; the last one stays. */
function inTurn(...answers: readonly Listener[]): Listener {
  let calls = 0;
  return (...of) => answers[Math.min(calls++, answers.length - 1)]?.(...of);
}

/** Our two clocks, both turned by hand. */
function handClocks() {
  const startMs = Date.now();
  const clocks = { wallMs: startMs, elapsedMs: 0 };
  return {
    startMs,
    pass: (ms: number) => {
      clocks.wallMs += ms;
      clocks.elapsedMs += ms;
    },
    step: (ms: number) => {
      clocks.wallMs += ms;
    },
    wallMs: () => clocks.wallMs,
    options: { now: () => clocks.wallMs, monotonicNow: () => clocks.elapsedMs },
  };
}

const down = json({ code: 30014, message: 'unavailable' }, 503);

test('a measurement that fails is tried again like any request', async () => {
  const { ask, timesAsked } = await against(noRows, { answerTime: inTurn(down, timeOf(Date.now)) });
  await ask();
  expect(timesAsked()).toBe(2);
});

test('without any measurement nothing is asked', async () => {
  const { ask, asked, timesAsked } = await against(noRows, { answerTime: down });
  expect((await failureOf(ask)).details).toMatchObject({ kind: 'transient', problem: 'exchange-unreachable' });
  expect(asked).toEqual([]);
  // Three tries, each with both hosts.
  expect(timesAsked()).toBe(6);
});

test.each([[undefined], [null], [''], ['soon'], [true], [{}], [1.5], [1e300]])(
  'a server_time of %j is asked for again and never means our own clock',
  async (serverTime) => {
    const { ask, asked, timesAsked } = await against(noRows, { answerTime: timeOf(() => serverTime) });
    expect((await failureOf(ask)).details).toMatchObject({
      kind: 'transient',
      problem: 'unexpected-answer',
      message: expect.stringContaining('server_time'),
    });
    expect(asked).toEqual([]);
    // Three tries, each with both hosts.
    expect(timesAsked()).toBe(6);
  },
);

const wrongClocks: readonly (readonly [string, (nowMs: number) => number, RegExp])[] = [
  ['in seconds', (nowMs) => Math.floor(nowMs / 1_000), /20,\d{3} days behind/],
  ['of zero', () => 0, /20,\d{3} days behind/],
  ['below zero', () => -1, /20,\d{3} days behind/],
  ['six minutes ahead', (nowMs) => nowMs + 6 * minuteMs, /6 minutes ahead of/],
  ['six minutes behind', (nowMs) => nowMs - 6 * minuteMs, /6 minutes behind/],
];
test.each(wrongClocks)('a clock %s cannot be right, and the failure says how far it is off', async (_, of, words) => {
  const { ask, asked } = await against(noRows, { answerTime: timeOf(() => of(Date.now())) });
  expect((await failureOf(ask)).details).toMatchObject({
    kind: 'clock',
    problem: 'clock',
    message: expect.stringMatching(words),
  });
  expect(asked).toEqual([]);
});

test.each([-4 * minuteMs, 4 * minuteMs])('a clock %i ms off is believed, and signs requests', async (offsetMs) => {
  const { ask, asked, exchange } = await against(noRows, { answerTime: timeOf(() => Date.now() + offsetMs) });
  const page = await ask();
  const timestamp = String(asked[0]?.headers['x-bm-timestamp']);
  expect(timestamp).toMatch(/^\d{13}$/);
  for (const clockMs of [Number(timestamp), page.clockMs, exchange.clockMs()])
    expect(Math.abs(clockMs - Date.now() - offsetMs)).toBeLessThan(2_000);
});

test('a server_time written as text is read', async () => {
  const { exchange, measureClock } = await against(noRows, { answerTime: timeOf(() => String(Date.now() + minuteMs)) });
  await measureClock();
  expect(Math.abs(exchange.clockMs() - Date.now() - minuteMs)).toBeLessThan(2_000);
});

test('between measurements time goes by a monotonic clock: a step of the system clock moves neither claims nor signatures', async () => {
  const clocks = handClocks();
  const { ask, asked, exchange, timesAsked } = await against(noRows, {
    answerTime: timeOf(() => clocks.startMs),
    ...clocks.options,
  });
  await ask();
  clocks.step(-2 * hourMs);
  clocks.pass(1_234.5);
  expect(exchange.clockMs()).toBe(clocks.startMs + 1_234);
  const page = await ask();
  expect(page.clockMs).toBe(clocks.startMs + 1_234);
  expect(asked[1]?.headers['x-bm-timestamp']).toBe(String(clocks.startMs + 1_234));
  expect(timesAsked()).toBe(1);
});

test('a measurement is believed for five minutes', async () => {
  const clocks = handClocks();
  const { ask, timesAsked } = await against(noRows, { answerTime: timeOf(clocks.wallMs), ...clocks.options });
  await ask();
  clocks.pass(4 * minuteMs);
  await ask();
  expect(timesAsked()).toBe(1);
  clocks.pass(2 * minuteMs);
  await ask();
  expect(timesAsked()).toBe(2);
});

test.each([
  ['5xx', () => down],
  ['a clock that can not be right', () => timeOf(() => 1_700_000_000)],
  ['a cached answer', () => timeOf(Date.now, { Age: '30' })],
  ['a refusal of the key', () => json({ code: 30005, message: 'sign' }, 401)],
] as const)(
  'while /system/time answers with %s, the last measurement is gone on with for an hour and no longer',
  async (_, answer) => {
    const clocks = handClocks();
    const answerTime = inTurn(timeOf(clocks.wallMs), answer());
    const { ask, timesAsked } = await against(noRows, { answerTime, ...clocks.options });
    await ask();
    clocks.pass(6 * minuteMs);
    expect((await ask()).clockMs).toBe(clocks.startMs + 6 * minuteMs);
    const after = timesAsked();
    expect(after).toBeGreaterThan(1);
    await ask();
    expect(timesAsked()).toBe(after);
    clocks.pass(53 * minuteMs);
    expect((await ask()).clockMs).toBe(clocks.startMs + 59 * minuteMs);
    expect(timesAsked()).toBeGreaterThan(after);
    clocks.pass(2 * minuteMs);
    await failureOf(ask);
  },
);

test.each([
  ['a cached one', { Age: '10' }],
  ['one of an age that can not be read', { Age: '-1' }],
])('an answer of /system/time that is %s is not a measurement: it is asked for again', async (_, headers) => {
  const cached = timeOf(() => Date.now() - 2 * minuteMs, headers);
  const { exchange, measureClock, timesAsked } = await against(noRows, {
    answerTime: inTurn(cached, timeOf(Date.now)),
  });
  await measureClock();
  expect(timesAsked()).toBe(2);
  expect(Math.abs(exchange.clockMs() - Date.now())).toBeLessThan(2_000);
});

const gone: readonly (readonly [string, Listener])[] = [
  ['withdrawn', json({ msg: 'This endpoint has been deprecated.', code: 30031 })],
  ['not found', json({ msg: 'not found' }, 404)],
  ['not found by the edge', (_, response) => void response.writeHead(404).end('<html>')],
];
/** Node dates an answer by this machine's clock. */
function datedBy(listener: Listener, dateMs: number | null, headers: Readonly<Record<string, string>> = {}): Listener {
  return (request, response) => {
    response.sendDate = false;
    if (dateMs !== null) response.setHeader('Date', new Date(dateMs).toUTCString());
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    listener(request, response);
  };
}

test.each([
  ...gone,
  ['refusing the key', json({ code: 30002, message: 'no key' }, 401)],
  ['refusing the window', json({ code: 50041, message: 'range' }, 400)],
] as const)('a /system/time that is %s says nothing about the key, the stream or the window', async (_, answer) => {
  const { ask } = await against(noRows, { answerTime: datedBy(answer, null) });
  expect((await failureOf(ask)).details).toMatchObject({ kind: 'transient' });
});

test.each(gone)('where /system/time is %s, its answer is dated, and reading goes on', async (_, answer) => {
  const dateMs = Date.now() - 2 * minuteMs;
  const { ask, asked, exchange } = await against(noRows, { answerTime: datedBy(answer, dateMs) });
  const page = await ask();
  for (const clockMs of [Number(asked[0]?.headers['x-bm-timestamp']), page.clockMs, exchange.clockMs()])
    expect(Math.abs(clockMs - dateMs)).toBeLessThan(2_000);
  expect(page.clockMs).toBeLessThanOrEqual(dateMs + 1_500);
});

test.each([
  ['an hour off', Date.now() - hourMs, {}],
  ['cached', Date.now(), { Age: '30' }],
])('the date of an answer that is %s is not a time', async (_, dateMs, headers) => {
  const { ask, asked } = await against(noRows, { answerTime: datedBy(gone[0]?.[1] as Listener, dateMs, headers) });
  await failureOf(ask);
  expect(asked).toEqual([]);
});

test.each([
  ['that fails for a while', down],
  ['that refuses the key', json({ code: 30002, message: 'no key' }, 401)],
  ['without a readable time', timeOf(() => null)],
])('the date of an answer %s is not a time: the endpoint is still there', async (_, answer) => {
  const { ask, asked } = await against(noRows, { answerTime: datedBy(answer, Date.now()) });
  await failureOf(ask);
  expect(asked).toEqual([]);
});

test('where the host of spot can not be reached, the host of futures has the time', async () => {
  const { measureClock, timesAsked, exchange } = await against(noRows, {
    answerTime: timeOf(() => Date.now() + minuteMs),
    spotUrl: 'http://127.0.0.1:1',
  });
  await measureClock();
  expect(timesAsked()).toBe(1);
  expect(Math.abs(exchange.clockMs() - Date.now() - minuteMs)).toBeLessThan(2_000);
});

test.each([
  ['fails', down],
  ['has no readable time', timeOf(() => null)],
  ['answers with a web page of the edge', (_, response) => void response.writeHead(403).end('<html>')],
] as readonly (readonly [string, Listener])[])(
  'where the host of spot %s, the host of futures has the time',
  async (_, answer) => {
    const { measureClock, exchange } = await against(noRows, {
      answerTime: timeOf(() => Date.now() + minuteMs),
      spotUrl: await listening(answer),
    });
    await measureClock();
    expect(Math.abs(exchange.clockMs() - Date.now() - minuteMs)).toBeLessThan(2_000);
  },
);

test('a failure of /system/time refuses no stream, whatever its status', async () => {
  const { ask } = await against(noRows, { answerTime: datedBy(json({ msg: 'not found' }, 404), null) });
  const { details } = await failureOf(ask);
  expect(details).toMatchObject({ concernsNoWindow: true });
  expect(details.isRefusalOfAll).toBeUndefined();
});

test('how long a measurement waits for its turn does not move the clock', async () => {
  const pace = Object.assign(new MemoryPace(), { waitForSlot: () => sleep(1_500) });
  const { exchange, measureClock } = await against(noRows, { pace });
  await measureClock();
  expect(Math.abs(exchange.clockMs() - Date.now())).toBeLessThan(500);
});

test('our idea of the clock is never ahead of it, however slow the answer: one second ahead is refused', async () => {
  const slowly: Listener = (request, response) => void setTimeout(() => timeOf(Date.now)(request, response), 200);
  const { exchange, measureClock } = await against(noRows, { answerTime: slowly });
  await measureClock();
  expect(exchange.clockMs()).toBeLessThanOrEqual(Date.now() + 1);
});

test('a measurement that never gets its turn ends as a failure of the exchange', async () => {
  const waitForSlot = (_: Slot, signal: AbortSignal) => sleep(60_000, undefined, { signal });
  const { ask } = await against(noRows, { pace: Object.assign(new MemoryPace(), { waitForSlot }) });
  const soon = AbortSignal.timeout(50);
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(soon);
  try {
    expect((await failureOf(ask)).details).toMatchObject({ kind: 'transient', problem: 'exchange-unreachable' });
    expect(timeout).toHaveBeenCalledWith(15_000);
  } finally {
    timeout.mockRestore();
  }
});

test('a timestamp that is refused is corrected once: the clock is measured again and the request signed by it', async () => {
  let aheadMs = 0;
  const refusedOnce: Listener = (request, response) => {
    const isRight = Math.abs(Number(request.headers['x-bm-timestamp']) - Date.now() - aheadMs) < 1_000;
    (isRight ? noRows : json({ code: 30007, message: 'timestamp' }, 401))(request, response);
  };
  const { ask, asked, timesAsked } = await against(refusedOnce, { answerTime: timeOf(() => Date.now() + aheadMs) });
  await ask();
  aheadMs = 20_000;
  await ask();
  expect([asked.length, timesAsked()]).toEqual([3, 2]);
});
