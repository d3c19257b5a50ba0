import { expect, test } from 'vitest';
import { against, failureOf, json, key, type Listener } from './bitmart-server.ts';

const { signal } = new AbortController();
const held = { currency: 'USDT', available: '7', frozen: '0' };
const spot = json({ code: 1000, message: 'OK', data: { wallet: [held] } });
const futures = json({ code: 1000, message: 'OK', data: [] });

async function balancesWith(answers: { spot?: Listener; futures?: Listener }) {
  const { exchange } = await against(
    (...of) => (of[0].url?.startsWith('/contract/') ? (answers.futures ?? futures) : (answers.spot ?? spot))(...of),
    { retryPausesMs: [] },
  );
  return (await exchange.open(key).balances?.(signal)) ?? [];
}

test.each([
  ['no permission', 403, { code: 30012, message: 'Forbidden' }, false],
  ['a region', 403, { code: 40047, message: 'Restricted' }, false],
  ['an expired key', 403, { code: 30011, message: 'Expired' }, false],
  ['no such path', 404, { code: 30000, message: 'Not found' }, false],
  ['an unknown symbol', 400, { code: 40034, message: 'No contract' }, false],
  ['an unknown code', 400, { code: 98765, message: 'No' }, false],
  ['success without a list', 200, { code: 1000, message: 'OK', data: null }, true],
])('a futures wallet that answers with %s leaves the spot balances', async (_, status, body, isUnreadable) => {
  const wallets = await balancesWith({ futures: json(body, status) });
  const refusal = expect.stringContaining(`/contract/private/assets-detail answered HTTP ${status}`);
  expect(wallets).toMatchObject([
    { wallet: 'spot', balances: [{ currency: 'USDT', balance: '7' }], refusal: null },
    { wallet: 'futures', balances: [], refusal, isUnreadable },
  ]);
});

test('a spot wallet that makes no sense leaves the futures balances', async () => {
  const wallets = await balancesWith({ spot: json({ code: 1000, message: 'OK', data: {} }) });
  expect(wallets).toMatchObject([
    { wallet: 'spot', balances: [], isUnreadable: true },
    { wallet: 'futures', balances: [], refusal: null },
  ]);
});

test.each([
  ['refused-key', 403, { code: 30011, message: 'Expired' }],
  ['refused-key', 403, { code: 40047, message: 'Restricted' }],
])('a key that no wallet has accepted may be refused as a whole: %s, HTTP %i, %o', async (kind, status, body) => {
  const answer = json(body, status);
  expect((await failureOf(() => balancesWith({ spot: answer }))).details).toMatchObject({ kind });
  const notForIt = json({ code: 30012, message: 'Forbidden' }, 403);
  expect((await failureOf(() => balancesWith({ spot: notForIt, futures: answer }))).details).toMatchObject({ kind });
});

test.each([
  ['transient', 500, { code: 59002, message: 'System error' }],
  ['throttled', 429, { code: 40013, message: 'Too many' }],
  ['banned', 418, { code: 30017, message: 'Banned' }],
  ['maintenance', 200, { code: 30016, message: 'Maintenance' }],
  ['clock', 401, { code: 30007, message: 'Time' }],
])('a wallet that may be answered later is read later: %s', async (kind, status, body) => {
  const failure = await failureOf(() => balancesWith({ futures: json(body, status) }));
  expect(failure.details).toMatchObject({ kind });
});
