import { expect, test } from 'vitest';
import type { ClampName } from '../../src/bitmart/clamps.ts';
import type { Page, Stream } from '../../src/history/stream.ts';
import { against, failureOf, json, key, type Listener, noRows, question, timeOf } from '../bitmart/bitmart-server.ts';
import { LoopStalls } from './loop-stalls.ts';

const text =
  (body: string | Buffer, headers: Record<string, string> = {}, status = 200): Listener =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);
const list = (rows: string) => text(`{"code":1000,"message":"OK","trace":"t-1","data":[${rows}]}`);
const trade = {
  tradeId: '1',
  orderId: '2',
  symbol: 'BTC_USDT',
  side: 'buy',
  orderMode: 'spot',
  type: 'limit',
  price: '1',
  size: '1',
  notional: '1',
  fee: '0',
  feeCoinName: 'USDT',
  tradeRole: 'taker',
  createTime: 1_700_000_000_500,
  updateTime: 1_700_000_000_500,
};
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

async function clamped(answers: Listener) {
  const clamps: ClampName[] = [];
  const served = await against(answers, { onClamp: (clamp) => clamps.push(clamp) });
  return { ...served, clamps };
}

test('a row nested 3,000 deep is quarantined, and the row beside it is read', async () => {
  const { ask, clamps } = await clamped(
    list(`{"tradeId":"9","x":${deep(3_000)}, "createTime":1.5},${JSON.stringify(trade)}`),
  );
  const page = (await ask()) as Page;
  expect(page.rows.map(({ kind }) => kind)).toEqual(['unreadable', 'row']);
  expect(clamps).toEqual(['depth']);
});

test.each([
  ['is nested 100,000 deep', `{"x":${deep(100_000)}}`, 'depth'],
  ['has 120,000 values', `{"x":[${'1,'.repeat(120_000)}1]}`, 'values'],
  ['has 5,000 rows', Array(5_000).fill('{}').join(','), 'rows'],
  ['is of 15.9 MB', Array(5_300_000).fill('{}').join(','), 'bytes'],
])('an answer that %s fails at once and delays no other request', async (_, rows, clamp) => {
  const { ask, clamps, asked } = await clamped(list(rows));
  const stalls = new LoopStalls();
  const failure = await failureOf(ask);
  stalls.stop();
  expect(failure.details).toMatchObject({ kind: 'unexpected', problem: 'unexpected-answer' });
  expect(clamps).toEqual([clamp]);
  expect(asked).toHaveLength(1);
  expect(stalls.takeLongestMs()).toBeLessThan(50);
});

test('an answer that trickles in for too long is aborted', async () => {
  const { ask } = await against(
    (_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(drip));
    },
    { timeouts: { connectMs: 500, headersMs: 300, bodyMs: 300, answerMs: 600 } },
  );
  expect((await failureOf(ask)).details.kind).toBe('transient');
});

test.each([
  ['a NUL', 'a\u0000b'],
  ['an escape sequence', '\u001b[31mred'],
  ['10,000 characters', 'x'.repeat(10_000)],
])('a trace with %s is left out', async (_, trace) => {
  const { ask, clamps } = await clamped(json({ code: 1000, message: 'OK', trace, data: [] }));
  expect(((await ask()) as Page).trace).toBeNull();
  expect(clamps).toEqual(['text']);
});

test.each([
  ['an object', { side: { toString: 1 } }],
  ['a name that every object has', { side: 'constructor' }],
  ['half of a surrogate pair in an id', { tradeId: 'a\ud800' }],
  ['an id that no index could hold', { tradeId: '𝄞'.repeat(190) }],
  ['a letter that was no UTF-8', { symbol: 'A\ufffd' }],
])('a row with %s is quarantined', async (_, fields) => {
  const { ask } = await clamped(json({ code: 1000, message: 'OK', data: [{ ...trade, ...fields }] }));
  expect(((await ask()) as Page).rows).toMatchObject([{ kind: 'unreadable' }]);
});

test.each([
  ['futures-trades', 'futures', { side: '__proto__' }],
  ['futures-trades', 'futures', { side: 'constructor' }],
  ['futures-trades', 'futures', { account: 'x-bm-key: another' }],
  ['withdrawals', 'all', { status: 'constructor' }],
  ['withdrawals', 'all', { status: { toString: 1 } }],
  ['futures-flows', 'futures', { type: 'constructor' }],
  ['futures-flows', 'futures', { flow_type: { toString: 1 } }],
  ['futures-flows', 'futures', { symbol: 'S'.repeat(1_000) }],
])('no row of %s (%s) is made of %j', async (name, part, fields) => {
  const row = {
    ...{ order_id: '1', trade_id: '2', symbol: 'BTCUSDT', side: 1, price: '1', vol: '1', exec_type: 'Taker' },
    ...{ create_time: 1_700_000_000_500, apply_time: 1_700_000_000_500, time: '1700000000500' },
    ...{ withdraw_id: '1', currency: 'USDT', arrival_amount: '1', operation_type: 'withdraw', status: 3 },
    ...{ asset: 'USDT', amount: '1', tran_id: '7', type: 'Transfer' },
  };
  const data = name === 'withdrawals' ? { records: [{ ...row, ...fields }] } : [{ ...row, ...fields }];
  const { exchange } = await clamped((request, response) => {
    const isList = request.url?.startsWith('/contract/public/');
    json({ code: 1000, message: 'OK', data: isList ? { symbols: [] } : data })(request, response);
  });
  const stream = exchange.streams.find((each) => each.name === name) as Stream;
  const { rows } = await exchange.open(key).ask(stream, { ...question, part }, new AbortController().signal);
  const wrong = rows.filter((each) => each.kind === 'row' && each.part === part);
  expect(wrong).toEqual([]);
  expect(JSON.stringify(rows.map(({ raw: _raw, ...rest }) => rest))).not.toContain('another');
});

const info =
  (data: unknown): Listener =>
  (request, response) => {
    const isInfo = request.url === '/uapi-key/v1/account/info';
    (isInfo ? json({ code: 1000, msg: 'OK', success: true, data }) : noRows)(request, response);
  };
const look = async (answers: Listener) => {
  const { exchange } = await against(answers);
  return exchange.open(key).check({ subAccount: null }, new AbortController().signal);
};
const current = (fields: object) => ({ account_type: 'main', api_keys: [{ is_current: true, ...fields }] });

test.each([
  ['an object that is not a text', [{ toString: 1 }]],
  ['a NUL', ['Read\u0000Only']],
  ['an escape sequence', ['\u001b]0;owned\u0007']],
  ['10,000 entries', Array(10_000).fill('Read-Only')],
  ['the key itself', [key.credentials.apiKey]],
])('permissions with %s prove nothing about the key', async (_, permissions) => {
  const report = await look(info(current({ permissions })));
  expect(report).toMatchObject({ accepted: true, permissions: [], readOnly: null });
});

test('a permission that is withheld for its letters still counts as one that is not read-only', async () => {
  const report = await look(info(current({ permissions: ['Read-Only', 'Withdraw\u0000'] })));
  expect(report.readOnly).not.toBe(true);
});

test('a numeric cid keeps every digit, so that two accounts never look like one', async () => {
  const answer =
    (cid: string): Listener =>
    (request, response) =>
      (request.url === '/uapi-key/v1/account/info'
        ? text(`{"code":1000,"msg":"OK","success":true,"data":{"cid":${cid},"api_keys":[]}}`)
        : noRows)(request, response);
  expect((await look(answer('9007199254740993'))).exchangeAccountId).toBe('9007199254740993');
  expect((await look(answer('9007199254740992'))).exchangeAccountId).toBe('9007199254740992');
});

test.each([
  ['a NUL', '"1\\u00002"'],
  ['an object', '{"toString":1}'],
  ['5,000 digits', `"${'1'.repeat(5_000)}"`],
  ['an exponent', '1e400'],
])('a cid with %s names no account', async (_, cid) => {
  const report = await look((request, response) =>
    (request.url === '/uapi-key/v1/account/info'
      ? text(`{"code":1000,"msg":"OK","success":true,"data":{"cid":${cid},"api_keys":[]}}`)
      : noRows)(request, response),
  );
  expect(report).toMatchObject({ accepted: true, exchangeAccountId: null });
});

test.each([[1e300], ['1e15'], [8_640_000_000_000_001]])('a key that expires at %s does not expire', async (time) => {
  const report = await look(info(current({ api_key_expire_time: time })));
  expect(report).toMatchObject({ accepted: true, keyExpiresAtMs: null });
});

test.each([
  ['a 400 that echoes request headers', 400, { code: 60000, message: 'bad header x-bm-key: canary-key' }],
  ['a ban', 418, { code: 30017, message: 'user Mallory (canary-key) did it' }],
  ['an unknown code', 400, { code: 98_765, msg: 'canary-secret' }],
  ['a code that is not a code', 400, { code: 1e300, msg: 'canary-secret' }],
  ['"service is down"', 200, { code: 1000, message: 'canary-memo' }],
])('%s is described in our own words', async (_, status, body) => {
  const words: string[] = [];
  const { ask, pace } = await against(json({ ...body, trace: 'canary-key' }, status), {
    onExchangeWords: (said) => words.push(JSON.stringify(said)),
  });
  const failure = await failureOf(ask);
  expect(failure.details.trace).toBeNull();
  expect(failure.message).toContain(`answered HTTP ${status}`);
  const shown = failure.message + JSON.stringify([failure.details, pace.coolDowns]);
  expect(shown).not.toMatch(/canary|Mallory|1e\+?300/);
  expect(words.join()).not.toContain('canary');
  expect(words.length).toBeGreaterThan(0);
});

test('an answer that repeats the key or the signature is not a page, because it would be stored as evidence', async () => {
  const { ask } = await against((request, response) =>
    json({ code: 1000, message: 'OK', data: [{ ...trade, clientOrderId: request.headers['x-bm-sign'] }] })(
      request,
      response,
    ),
  );
  expect((await failureOf(ask)).details.kind).toBe('unexpected');
});

test.each([
  ['a year ahead', () => Date.now() + 31_536_000_000],
  ['beyond every date', () => 8_640_000_000_000_001],
  ['1e300', () => 1e300],
])('a clock %s is a problem of the clock, and no key is used with it', async (_, serverTime) => {
  const { ask, asked } = await against(noRows, { answerTime: timeOf(serverTime) });
  const failure = await failureOf(ask);
  expect(['clock', 'unexpected-answer']).toContain(failure.details.problem);
  expect(asked).toEqual([]);
});
