import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { signatureOf } from '../../src/bitmart/signature.ts';
import { streams } from '../../src/bitmart/streams/index.ts';
import { against, failureOf, json, key, type Listener, noRows, question, timeOf } from './bitmart-server.ts';

test('the signature is that of the official example', () => {
  const vector = JSON.parse(
    readFileSync(new URL('../fixtures/doc-samples/signature_test_vector.json', import.meta.url), 'utf8'),
  );
  const { secret: apiSecret, memo, body, timestamp } = vector;
  expect(signatureOf({ apiSecret, memo, body, timestampMs: Number(timestamp) })).toBe(vector.expected_sign_hex);
});

test('a signed request carries both bounds one unit wider, its own clock, and a signature of the body as sent', async () => {
  const { asked, ask } = await against(json({ code: 1000, message: 'success', data: [] }), {
    answerTime: timeOf(() => Date.now() + 90_000),
  });
  const page = await ask();
  const [request] = asked;
  const body = JSON.parse(request?.body ?? '');
  expect(body).toMatchObject({ startTime: question.core.from - 1, endTime: question.core.to, limit: 200 });
  const timestampMs = Number(request?.headers['x-bm-timestamp']);
  expect(Math.abs(timestampMs - Date.now() - 90_000)).toBeLessThan(2_000);
  const { apiSecret, memo } = key.credentials;
  expect(request?.headers['x-bm-sign']).toBe(signatureOf({ apiSecret, memo, timestampMs, body: request?.body ?? '' }));
  expect(request?.headers['user-agent']).toBe('bitmart-sync');
  expect(page).toMatchObject({ askedFromMs: question.core.from - 1, askedToMs: question.core.to, rows: [] });
});

for (const [name, answer, kind, tries] of [
  ['a reset connection', (request) => request.socket.destroy(), 'transient', 3],
  ['an answer that never comes', () => {}, 'transient', 3],
  ['truncated JSON', (_request, response) => response.end('{"code":1000,"data":[{'), 'transient', 3],
  [
    'a web page of the network edge',
    (_request, response) => response.writeHead(403).end('<html>Attention Required!</html>'),
    'transient',
    3,
  ],
  ['HTTP 503', json({ code: 30014, message: 'unavailable' }, 503), 'transient', 3],
  [
    '"this service is down" with code 1000',
    json({ errno: 'OK', message: 'This service is down', code: 1000, data: {} }),
    'transient',
    3,
  ],
  ['null in place of a list', json({ code: 1000, message: 'OK', data: null }), 'unexpected', 3],
  ['{} in place of a list', json({ code: 1000, message: 'OK', data: {} }), 'unexpected', 3],
  ['40012 in HTTP 400', json({ code: 40012, message: 'system error' }, 400), 'unexpected', 3],
  ['40012 in HTTP 500', json({ code: 40012, message: 'system error' }, 500), 'unexpected', 3],
  ['HTTP 500 with an unknown code', json({ code: 98_765, message: 'what' }, 500), 'transient', 3],
  ['HTTP 500 without a code', json({ message: 'what' }, 500), 'transient', 3],
  ['HTTP 200 without a code', json({ errno: 'OK', data: [], success: true }), 'unexpected', 3],
  [
    'a web page in HTTP 200',
    (_request, response) => response.writeHead(200).end('<html>Be right back</html>'),
    'transient',
    3,
  ],
  [
    'a web page in HTTP 404',
    (_request, response) => response.writeHead(404).end('<html>Not found</html>'),
    'transient',
    3,
  ],
  ['an unknown path, answered with `msg` alone', json({ msg: 'path not found' }, 404), 'unexpected', 1],
  ['a symbol that the exchange does not know', json({ code: 50001, message: 'symbol' }, 400), 'unknown-symbol', 1],
  ['an error in HTTP 200', json({ code: 30019, message: 'no right' }), 'refused-stream', 1],
  ['maintenance in HTTP 200', json({ code: 30016, message: 'maintenance' }), 'maintenance', 1],
  ['429', json({ code: 30013, message: 'too many' }, 429), 'throttled', 1],
  ['418', json({ code: 30017, message: 'banned' }, 418), 'banned', 1],
  [
    'a wrong signature',
    json({ trace: 'N/A', code: 30005, data: {}, message: 'Header X-BM-SIGN is wrong' }, 401),
    'refused-key',
    1,
  ],
  [
    'a withdrawn endpoint without a message',
    json({ msg: 'This endpoint has been deprecated.', code: 30031 }),
    'refused-stream',
    1,
  ],
  ['an unknown code', json({ code: 99_999, message: 'new' }, 400), 'unexpected', 1],
] as readonly (readonly [string, Listener, string, number])[]) {
  test(`${name} is ${kind}, after ${tries} ${tries === 1 ? 'try' : 'tries'}, and never an empty page`, async () => {
    const { asked, ask } = await against(answer);
    const failure = await failureOf(ask);
    expect(failure.details.kind).toBe(kind);
    expect(asked).toHaveLength(tries);
  });
}

test('a moment later may help: the third try is taken', async () => {
  let calls = 0;
  const { ask } = await against((request, response) => {
    calls++;
    if (calls < 3) request.socket.destroy();
    else response.end(JSON.stringify({ code: 1000, message: 'OK', data: [] }));
  });
  expect((await ask()).rows).toEqual([]);
});

test('a system error that passes within the tries is none', async () => {
  let calls = 0;
  const { ask } = await against((request, response) => {
    calls++;
    const answer = calls < 3 ? json({ code: 40012, message: 'system error' }, 400) : noRows;
    answer(request, response);
  });
  expect((await ask()).rows).toEqual([]);
});

test.each([
  [undefined, 0],
  ['0', 0],
  ['30', 30],
  ['-1', 1],
  ['', 1],
  ['soon', 1],
  ['1.5', 1],
  ['0, 0', 1],
  [['0', '0'], 1],
  ['9'.repeat(400), 1],
])('an answer with the Age %j is %i s old: what cannot be read counts as cached', async (age, ageSeconds) => {
  const { ask } = await against((request, response) => {
    if (age !== undefined) response.setHeader('Age', age);
    noRows(request, response);
  });
  expect((await ask()).ageSeconds).toBe(ageSeconds);
});

test('a clock that is refused is measured again, once', async () => {
  let calls = 0;
  const { ask, asked, timesAsked } = await against((request, response) => {
    calls++;
    if (calls === 1) json({ code: 30007, message: 'timestamp' }, 401)(request, response);
    else json({ code: 1000, message: 'OK', data: [] })(request, response);
  });
  await ask();
  expect(asked).toHaveLength(2);
  expect(timesAsked()).toBe(2);
});

test('a ban cools down everything behind this address; a used-up window slows this key and endpoint down', async () => {
  const { ask, pace } = await against((_request, response) => {
    response.writeHead(418, {
      'X-Bm-Ratelimit-Remaining': '12',
      'X-Bm-Ratelimit-Limit': '12',
      'X-Bm-Ratelimit-Reset': '2',
    });
    response.end(JSON.stringify({ code: 30017, message: 'banned' }));
  });
  await failureOf(ask);
  expect(pace.coolDowns).toHaveLength(1);
  expect(pace.slowDowns).toMatchObject([{ fingerprint: 'f1', endpoint: '/spot/v4/query/trades' }]);
});

test('turns are spaced by the published limit and the share of it', async () => {
  const { ask, pace } = await against(noRows);
  await ask();
  expect(pace.slots.at(-1)).toEqual({ fingerprint: 'f1', endpoint: '/spot/v4/query/trades', spacingMs: 167 });
});

const ofUnknownRight = { 'earn-records': true, 'margin-loans': true } as const;

test.each([
  [
    'an endpoint that is not there',
    json({ msg: 'path not found' }, 404),
    Object.fromEntries(streams.map(({ name }) => [name, true])),
  ],
  ['an unknown code', json({ code: 98_765, message: 'what' }, 400), ofUnknownRight],
  ['success without a list', json({ code: 1000, message: 'OK', data: {} }), ofUnknownRight],
  ['a pair that is delisted', json({ code: 50_001, message: 'symbol not found' }, 400), { 'margin-loans': true }],
  ['an outage', json({ code: 30014, message: 'unavailable' }, 503), {}],
] as const)('%s may be the refusal of a whole stream', async (_, answer, refused) => {
  const { exchange } = await against(answer, { retryPausesMs: [], limits: 'none' });
  const reported: Record<string, true> = {};
  for (const stream of exchange.streams) {
    const asked = { part: stream.parts[0] as string, core: question.core };
    const ask = () => exchange.open(key).ask(stream, asked, new AbortController().signal);
    if ((await failureOf(ask)).details.isRefusalOfAll) reported[stream.name] = true;
  }
  expect(reported).toEqual(refused);
});
