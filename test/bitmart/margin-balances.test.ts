import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { against, json, key, type Listener } from './bitmart-server.ts';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));
const captured = fixture('ccxt-comments/spot_v1_margin_isolated_account');
const documented = fixture('bitmart-net/Spot__Account__GetIsolatedMarginAccount');
const [pair] = documented.data.symbols;
const signal = new AbortController().signal;
const isTime = { askedAtMs: expect.any(Number), answeredAtMs: expect.any(Number) };

async function answered(answers: Listener) {
  const { exchange, asked } = await against(answers, { retryPausesMs: [] });
  return { asked, wallets: await exchange.open(key).pairBalances?.(signal) };
}

const withPairs = (...symbols: unknown[]) => json({ ...documented, data: { symbols } });

test('each pair that holds or owes something is a wallet, with both currencies, and the others are none', async () => {
  const { asked, wallets } = await answered(json(captured));
  const raw = JSON.stringify(captured.data.symbols[0]);
  const held = { available: '20.00000000', frozen: '0.00000000', total: '20.00000000', balance: '20.00000000' };
  const usdt = { currency: 'USDT', ...held, raw };
  expect(wallets).toEqual([{ wallet: 'isolated-margin/BTC_USDT', balances: [usdt], refusal: null, ...isTime }]);
  expect(asked.map(({ path }) => path)).toEqual(['/spot/v1/margin/isolated/account']);
  const zero = structuredClone(captured.data.symbols[0]);
  zero.quote = { ...zero.base, currency: 'USDT' };
  expect((await answered(withPairs(zero))).wallets).toEqual([
    { wallet: 'isolated-margin', balances: [], refusal: null, ...isTime },
  ]);
  zero.base.interest_unpaid = '0.00000001';
  const [owing] = (await answered(withPairs(zero))).wallets ?? [];
  expect(owing).toMatchObject({
    wallet: 'isolated-margin/BTC_USDT',
    balances: [{ currency: 'BTC', balance: '0.00000000' }],
  });
});

test('a loan is no part of the balance, because trades do not move it', async () => {
  const { wallets } = await answered(json(documented));
  expect(wallets?.[0]?.balances.map(({ currency, total, balance }) => [currency, total, balance])).toEqual([
    ['BTC', '112.89603334', '110.89603334'],
    ['USDT', '10.00000000', '10.00000000'],
  ]);
});

test.each([
  ['no list', json({ ...documented, data: {} })],
  ['longer than 163840 bytes', withPairs(...Array.from({ length: 300 }, () => pair))],
  ['a cache', json(documented, 200, { age: '60' })],
  ["can't be read", withPairs({ ...pair, symbol: '' })],
  ["can't be read", withPairs({ ...pair, quote: null })],
  ["can't be read", withPairs({ ...pair, base: { ...pair.base, net_asset: '' } })],
  ["can't be read", withPairs({ ...pair, base: { ...pair.base, borrowed: undefined } })],
  ["can't be read", withPairs(7)],
  ['a pair twice', withPairs(pair, pair)],
  ['one currency twice', withPairs({ ...pair, base: pair.quote })],
])('an answer that differs is no balance, and says why: %s', async (why, answers) => {
  const { wallets } = await answered(answers);
  const refusal = expect.stringContaining(why);
  expect(wallets).toEqual([{ wallet: 'isolated-margin', balances: [], refusal, isUnreadable: true, ...isTime }]);
});

test.each([
  ['the endpoint is not there', 404, { code: 30000, msg: 'Not found' }],
  ['the endpoint is withdrawn', 200, { code: 30031, message: 'The api endpoint has been withdrawn' }],
  ['the key may not', 403, { code: 30012, message: 'Forbidden' }],
  ['there is no such account', 400, { code: 51001, message: 'You do not have the permission' }],
  ['an unknown code', 400, { code: 98765, message: 'No' }],
])('a refusal is one, whatever its code: %s', async (_, status, body) => {
  const { wallets } = await answered(json(body, status));
  expect(wallets).toMatchObject([{ wallet: 'isolated-margin', balances: [], isUnreadable: false }]);
  expect(wallets?.[0]?.refusal).toContain(`answered HTTP ${status}`);
});

test.each([
  ['an outage', 500, { code: 59002, message: 'System error' }],
  ['maintenance', 200, { code: 30016, message: 'Maintenance' }],
  ['a key that another endpoint accepts', 403, { code: 30011, message: 'Expired' }],
])('%s says nothing', async (_, status, body) => {
  expect((await answered(json(body, status))).wallets).toEqual([]);
});
