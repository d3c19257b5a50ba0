import { expect, test } from 'vitest';
import { dayMs, opened } from './opened.ts';
import { type Reply, SigningClient } from './signing-client.ts';

const unreachable = { apiKey: '', apiSecret: 's', memo: 'm' };
const code = (reported: Reply) => [reported.status, reported.body?.code];

test('a key that is empty, unknown, removed, frozen, expired or used from elsewhere is refused, each with its code', async () => {
  const { exchange, account, client, url } = await opened();
  const wallet = (of: SigningClient) => of.get('/account/v1/wallet').then(code);
  expect(await wallet(new SigningClient(url, unreachable))).toEqual([401, 30001]);
  expect(await wallet(new SigningClient(url, { ...unreachable, apiKey: 'no-such-key' }))).toEqual([401, 30002]);
  expect(await wallet(client)).toEqual([200, 1000]);
  exchange.changeKey(account.apiKey, { status: 'frozen' });
  expect(await wallet(client)).toEqual([401, 30003]);
  exchange.changeKey(account.apiKey, { status: 'active', expiresAtMs: Date.now() - 1 });
  expect(await wallet(client)).toEqual([403, 30011]);
  exchange.changeKey(account.apiKey, { expiresAtMs: null, allowedAddresses: ['203.0.113.7'] });
  expect(await wallet(client)).toEqual([403, 30010]);
  exchange.changeKey(account.apiKey, { allowedAddresses: ['127.0.0.1'] });
  expect(await wallet(client)).toEqual([200, 1000]);
  exchange.removeKey(account.apiKey);
  expect(await wallet(client)).toEqual([401, 30002]);
});

test('a signature is refused when secret, memo or body is not the one signed; a KEYED read does not notice', async () => {
  const { account, client, url } = await opened();
  const path = '/spot/v4/query/trades';
  expect(code(await client.spotTrades({}))).toEqual([200, 1000]);
  for (const wrong of [{ apiSecret: 'wrong' }, { memo: '12345678' }]) {
    const other = new SigningClient(url, { ...account, ...wrong });
    expect((await other.spotTrades({})).body).toEqual({
      trace: 'N/A',
      code: 30005,
      data: {},
      message: 'Header X-BM-SIGN is wrong',
    });
    expect(code(await other.get('/account/v1/wallet'))).toEqual([200, 1000]);
  }
  expect(code(await client.post(path, { limit: 1 }, { body: '{ "limit": 1 }' }))).toEqual([401, 30005]);
  expect(code(await client.post(path, {}, { sign: '' }))).toEqual([401, 30004]);
  const headers = { 'X-BM-KEY': account.apiKey, 'X-BM-SIGN': 'x', 'Content-Type': 'application/json' };
  expect(code(await client.send(path, { method: 'POST', body: '{}', headers }))).toEqual([401, 30006]);
});

test('a clock one second ahead is refused at any recvWindow; one behind by more than it as well', async () => {
  const { client } = await opened();
  const at = (timestampMs: number, body: object = {}) => client.post('/spot/v4/query/trades', body, { timestampMs });
  expect(code(await at(Date.now() + 1_500, { recvWindow: 60_000 }))).toEqual([401, 30007]);
  expect(code(await at(Date.now() + 500))).toEqual([200, 1000]);
  expect(code(await at(Date.now() - 4_000))).toEqual([200, 1000]);
  expect(code(await at(Date.now() - 6_000))).toEqual([401, 30007]);
  expect(code(await at(Date.now() - 6_000, { recvWindow: 10_000 }))).toEqual([200, 1000]);
  expect(code(await at(Date.now(), { recvWindow: 60_001 }))).toEqual([401, 30007]);
});

test('a timestamp that is not a number is refused like a missing one', async () => {
  const { client, account } = await opened();
  const headers = { 'X-BM-KEY': account.apiKey, 'X-BM-SIGN': 'x', 'Content-Type': 'application/json' };
  const at = (timestamp: string) =>
    client.send('/spot/v4/query/trades', {
      method: 'POST',
      body: '{}',
      headers: { ...headers, 'X-BM-TIMESTAMP': timestamp },
    });
  for (const timestamp of ['', 'now', '1.5e12', `${Date.now()}ms`])
    expect(code(await at(timestamp))).toEqual([401, 30006]);
});

test('numbers as text in a signed body are refused as a clock that is wrong; in a query they are always text', async () => {
  const { client } = await opened();
  const now = Date.now();
  expect(code(await client.spotTrades({ recvWindow: '5000' }))).toEqual([401, 30007]);
  expect(code(await client.spotTrades({ recvWindow: '' }))).toEqual([401, 30007]);
  expect(code(await client.spotTrades({ startTime: String(now - 1_000), endTime: now }))).toEqual([401, 30007]);
  expect(code(await client.spotTrades({ limit: '200' }))).toEqual([401, 30007]);
  expect(code(await client.spotTrades({ recvWindow: 5_000, startTime: now - 1_000, endTime: now }))).toEqual([
    200, 1000,
  ]);
  expect(code(await client.movements({ startTime: String(now - 1_000), endTime: String(now) }))).toEqual([200, 1000]);
});

test('windows that are too wide or reversed are refused', async () => {
  const { client } = await opened();
  const now = Date.now();
  const seconds = Math.floor(now / 1_000);
  const spot = await client.spotTrades({ startTime: now, endTime: now - 1 });
  expect(code(spot)).toEqual([400, 52004]);
  const futures = await client.futuresTrades({ start_time: seconds - 90 * 86_400 - 1, end_time: seconds });
  expect(futures.status).toBe(400);
  expect(code(await client.futuresTrades({ start_time: seconds - 90 * 86_400, end_time: seconds }))).toEqual([
    200, 1000,
  ]);
  expect((await client.futuresTrades({ start_time: seconds, end_time: seconds })).body).toMatchObject({
    code: 49998,
    errno: 'OK',
    data: null,
  });
  expect(code(await client.movements({ startTime: now - 90 * dayMs, endTime: now }))).toEqual([400, 60067]);
  expect(code(await client.movements({ startTime: now - 90 * dayMs + 1, endTime: now }))).toEqual([200, 1000]);
  expect(code(await client.movements({ startTime: now - 91 * dayMs }))).toEqual([400, 60066]);
});

test('parameters that are missing or impossible are refused', async () => {
  const { client } = await opened();
  expect(code(await client.movements({ operation_type: 'both' }))).toEqual([400, 60000]);
  expect(code(await client.movements({ N: 1_001 }))).toEqual([400, 60000]);
  expect(code(await client.spotTrades({ limit: 201 }))).toEqual([400, 50000]);
  expect(code(await client.spotTrades({ orderMode: 'cross' }))).toEqual([400, 52000]);
  expect(code(await client.futuresTrades({ account: 'spot' }))).toEqual([400, 49998]);
});

test('what a key cannot have: sub-accounts have no movements, unopened futures no trades, keys no refused streams', async () => {
  const sub = await opened({}, { accountType: 'sub', futuresOpened: false });
  expect(code(await sub.client.movements({}))).toEqual([403, 60026]);
  expect(code(await sub.client.futuresTrades({}))).toEqual([403, 40046]);
  expect(code(await sub.client.get('/contract/private/assets-detail'))).toEqual([403, 40046]);
  const refused = await opened({}, { streamsRefused: ['futures-trades', 'deposits'] });
  expect(code(await refused.client.futuresTrades({}))).toEqual([403, 30012]);
  expect(code(await refused.client.movements({ operation_type: 'deposit' }))).toEqual([403, 30012]);
  expect(code(await refused.client.movements({}))).toEqual([200, 1000]);
});

test('wrong paths, methods and media types are refused', async () => {
  const { client, account } = await opened();
  const key = { 'X-BM-KEY': account.apiKey };
  const unknown = await client.get('/account/v9/wallet');
  expect(code(unknown)).toEqual([404, 30000]);
  expect(unknown.body).toEqual({ msg: 'Not found', code: 30000 });
  expect(code(await client.get('/spot/v4/query/trades'))).toEqual([405, 57001]);
  const asText = { method: 'POST', body: '{}', headers: { ...key, 'Content-Type': 'text/plain' } };
  expect(code(await client.send('/spot/v4/query/trades', asText))).toEqual([415, 58001]);
});

test('the account reports its keys in an envelope of its own', async () => {
  const expiresAtMs = Date.now() + dayMs;
  const { exchange, client, account } = await opened({}, { permissions: ['Withdraw'], expiresAtMs, cid: '4711' });
  exchange.addKey('anna', { permissions: ['Spot-Trade'] });
  const { body } = await client.get('/uapi-key/v1/account/info');
  expect(body).toMatchObject({ code: 1000, msg: 'success', success: true, errorData: null });
  expect(body.data).toMatchObject({ cid: '4711', account_type: 'main', parent_cid: null });
  expect(body.data.api_keys).toHaveLength(2);
  expect(body.data.api_keys[0]).toMatchObject({
    is_current: true,
    permissions: ['Read-Only', 'Withdraw'],
    api_key_expire_time: expiresAtMs,
    access_key_masked: `${account.apiKey.slice(0, 4)}****${account.apiKey.slice(-4)}`,
  });
  expect(body.data.api_keys[1].is_current).toBe(false);
});
