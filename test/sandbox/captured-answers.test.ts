import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { baseMs, opened } from './opened.ts';
import type { Reply, SigningClient } from './signing-client.ts';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));

/** Each field's kind, of a list those of its first entry: what an answer has whatever its values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? null : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shapeOf(part)]));
}

const wholeDay = { startTime: baseMs - 86_400_000, endTime: baseMs + 1 };
const spotTrades = (client: SigningClient) => client.spotTrades(wholeDay);
const futuresTrades = (client: SigningClient) => client.futuresTrades({});
const flows = (client: SigningClient) => client.get('/contract/private/transaction-history');
const transfers = (client: SigningClient) => client.post('/account/v1/transfer-contract-list', { page: 1, limit: 10 });
const of = (path: string) => (client: SigningClient) => client.get(path);

test.each([
  ['bitmart-net/Spot__Trading__GetUserTrades', spotTrades],
  ['ccxt-comments/spot_v4_query_trades', spotTrades],
  ['bitmart-net/UsdFutures__Trading__GetUserTrades', futuresTrades],
  ['ccxt-comments/contract_private_trades', futuresTrades],
  ['ccxt-comments/contract_private_transaction-history', flows],
  [
    'ccxt-comments/account_v2_deposit-withdraw_history.deposit',
    (client) => client.movements({ operation_type: 'deposit' }),
  ],
  ['doc-samples/account_v1_deposit-withdraw_history.withdraw', (client) => client.movements({})],
  ['ccxt-comments/account_v1_transfer-contract-list', transfers],
  ['bitmart-net/Spot__Account__GetFundingBalances', of('/account/v1/wallet')],
  ['bitmart-net/Spot__Account__GetSpotBalances', of('/spot/v1/wallet')],
  ['ccxt-comments/spot_v1_margin_isolated_account', of('/spot/v1/margin/isolated/account')],
  ['bitmart-net/UsdFutures__Account__GetBalances', of('/contract/private/assets-detail')],
  ['bitmart-net/UsdFutures__ExchangeData__GetContracts', of('/contract/public/details')],
  ['bitmart-net/Spot__ExchangeData__GetServerStatus', of('/system/service')],
] as const satisfies readonly (readonly [string, (client: SigningClient) => Promise<Reply>])[])(
  'an answer has every field of the captured one, of the same kind: %s',
  async (name, ask) => {
    const { exchange, client } = await opened({}, { permissions: ['Future-Trade'] });
    exchange.add('anna', 'transfers', [{ timestamp: baseMs }]);
    exchange.add('anna', 'spot-trades', [{ createTime: baseMs }]);
    exchange.add('anna', 'futures-trades', [{ create_time: baseMs }]);
    exchange.add('anna', 'futures-flows', [{ time: baseMs }]);
    exchange.add('anna', 'withdrawals', [{ apply_time: baseMs }]);
    exchange.add('anna', 'deposits', [{ apply_time: baseMs }]);
    const captured = fixture(name);
    const { body } = await ask(client);
    expect(body.message).toBe(captured.message);
    expect(shapeOf(body)).toMatchObject({ trace: 'string', ...(shapeOf(captured) as object) });
  },
);

interface CapturedError {
  readonly body: { readonly code: number; readonly message?: string };
}

const error = (matches: (body: CapturedError['body']) => boolean) =>
  fixture('errors/error_bodies').find(({ body }: CapturedError) => matches(body)).body;

test('refusals have the fields of captured ones', async () => {
  const { exchange, client } = await opened();
  const sameFields = (reported: Reply, captured: object) =>
    expect(Object.keys(reported.body).sort()).toEqual(Object.keys(captured).sort());
  const withdrawn = error(({ code }) => code === 30031);
  sameFields(await client.get('/account/v9/wallet'), withdrawn);
  exchange.inject({ fault: 'error', code: 30031, httpStatus: 200, times: 1 });
  sameFields(await client.get('/account/v1/wallet'), withdrawn);
  const invalid = await client.futuresTrades({ account: 'spot' });
  expect(invalid.body).toMatchObject({ ...error(({ code }) => code === 49998), trace: expect.any(String) });
  exchange.inject({ fault: 'service-down', times: 1 });
  const down = error(({ message }) => message === 'This service is down');
  expect((await client.get('/account/v1/wallet')).body).toEqual(down);
});

test('contracts were listed at milliseconds, and have the fields that are documented since', async () => {
  const { client } = await opened();
  const [contract] = (await client.send('/contract/public/details', {})).body.data.symbols;
  expect(new Date(contract.open_timestamp).getUTCFullYear()).toBe(2020);
  expect(contract).toMatchObject({
    symbol: 'BTCUSDT',
    price_precision: '0.1',
    market_max_volume: '500000',
    funding_interval_hours: 8,
    status: 'Trading',
    delist_time: 0,
  });
});

test('a wallet has the fields of the funding account, and the value in USD where it is asked for', async () => {
  const { client } = await opened();
  const wallet = async (parameters: Readonly<Record<string, string>>) =>
    (await client.get('/account/v1/wallet', parameters)).body.data.wallet;
  const amount = expect.stringMatching(/^\d+\.\d+$/);
  const fields = { frozen: amount, unAvailable: amount, fundAvailable: amount, fundFroze: amount };
  expect(await wallet({ currency: 'USDT' })).toMatchObject([{ ...fields, available_usd_valuation: '' }]);
  for (const row of await wallet({ needUsdValuation: 'true' })) expect(row.available_usd_valuation).toEqual(amount);
});

test('what is said of a key has the fields and kinds that are documented, and never its memo', async () => {
  const { client, account } = await opened();
  const { body, text } = await client.get('/uapi-key/v1/account/info');
  expect(shapeOf(body.data)).toEqual({
    cid: 'string',
    account_type: 'string',
    parent_cid: null,
    account_status: 'string',
    kyc_level: 'string',
    register_time: 'number',
    broker_id: 'string',
    api_keys: [
      {
        access_key_masked: 'string',
        is_current: 'boolean',
        permissions: ['string'],
        ip_whitelist: ['undefined'],
        api_key_label: 'string',
        api_key_created_time: 'number',
        api_key_expire_time: 'number',
        api_key_status: 'string',
      },
    ],
  });
  expect(text).not.toContain(account.memo);
});

test('every limited answer says by what its calls are counted', async () => {
  const { client, exchange } = await opened({ switches: { limits: 'fixed' } });
  const mode = async (path: string) => (await client.get(path)).headers.get('x-bm-ratelimit-mode');
  expect(await mode('/system/time')).toBe('IP');
  expect(await mode('/account/v1/wallet')).toBe('KEY');
  exchange.inject({ fault: 'rate-limited' });
  expect(await mode('/account/v1/wallet')).toBe('KEY');
});

test('transfers are on numbered pages, of the whole time where no bound is given, and not for a key that only reads', async () => {
  const { exchange, client } = await opened({}, { permissions: ['Future-Trade'] });
  const added = exchange.add(
    'anna',
    'transfers',
    Array.from({ length: 25 }, (_, i) => ({ timestamp: baseMs - i * 9e9 })),
  );
  const page = async (body: object) =>
    (await client.post('/account/v1/transfer-contract-list', { page: 1, limit: 10, ...body })).body;
  const idsOf = (records: readonly { transfer_id: string }[]) => records.map((row) => row.transfer_id);
  const all = [1, 2, 3].map(async (number) => idsOf((await page({ page: number })).data.records));
  expect((await Promise.all(all)).flat()).toEqual(added.map(({ id }) => id));
  expect((await page({ page: 4 })).data.records).toEqual([]);
  const within = await page({ time_start: baseMs - 2 * 9e9, time_end: baseMs - 9e9 });
  expect(idsOf(within.data.records)).toEqual(added.slice(1, 3).map(({ id }) => id));
  expect((await page({ limit: 101 })).code).toBe(60000);
  expect((await page({ page: 0 })).code).toBe(60000);
  const readOnly = await opened();
  const refused = await readOnly.client.post('/account/v1/transfer-contract-list', { page: 1, limit: 10 });
  expect([refused.status, refused.body.code]).toEqual([403, 30012]);
});

test('a movement is served by its id, and only to a main account', async () => {
  const { exchange, client } = await opened();
  const [deposit] = exchange.add('anna', 'deposits', [{ apply_time: baseMs }]);
  const reported = await client.get('/account/v1/deposit-withdraw/detail', { id: String(deposit?.id) });
  const captured = fixture('bitmart-net/Spot__Account__GetDepositWithdrawal');
  expect(shapeOf(reported.body)).toMatchObject({ trace: 'string', ...(shapeOf(captured) as object) });
  expect(reported.body.data.record).toEqual(deposit?.row);
  expect((await client.get('/account/v1/deposit-withdraw/detail', { id: '1' })).body.code).toBe(60010);
  const sub = await opened({}, { accountType: 'sub' });
  expect((await sub.client.get('/account/v1/deposit-withdraw/detail', { id: '1' })).body.code).toBe(60026);
});

test('pairs and currencies are listed with the fields that clients make their markets of, without what is delisted', async () => {
  const { client } = await opened({ switches: { delistedSymbols: ['LTC_USDT', 'XRP'] } });
  const { symbols } = (await client.send('/spot/v1/symbols/details', {})).body.data;
  expect(symbols[0]).toEqual({
    symbol: 'BTC_USDT',
    symbol_id: 50,
    base_currency: 'BTC',
    quote_currency: 'USDT',
    quote_increment: '0.00001',
    base_min_size: '0.00001',
    base_max_size: expect.any(String),
    price_min_precision: -1,
    price_max_precision: 2,
    expiration: 'NA',
    min_buy_amount: expect.any(String),
    min_sell_amount: expect.any(String),
    trade_status: 'trading',
  });
  expect(symbols.map(({ symbol }: { symbol: string }) => symbol)).not.toContain('LTC_USDT');
  const { currencies } = (await client.send('/account/v1/currencies?currencies=USDT-TRC20,XRP', {})).body.data;
  expect(currencies).toMatchObject([{ currency: 'USDT-TRC20', network: 'TRC20', withdraw_enabled: true }]);
  const captured = fixture('bitmart-net/Spot__ExchangeData__GetAssetDepositWithdrawInfo').data.currencies[1];
  const shape = shapeOf({ ...captured, contract_address: null }) as object;
  expect(shapeOf(currencies[0])).toMatchObject(shape);
});
