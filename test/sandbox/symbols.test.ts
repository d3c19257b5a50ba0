import { expect, test } from 'vitest';
import type { GivenRow, StreamName } from '../../sandbox/server.ts';
import { baseMs, opened } from './opened.ts';
import type { Reply, SigningClient } from './signing-client.ts';

type Ask = (client: SigningClient, symbol: string) => Promise<Reply>;

const spot: Ask = (client, symbol) => client.spotTrades({ symbol, startTime: baseMs - 1, endTime: baseMs + 1 });
const futures: Ask = (client, symbol) => client.futuresTrades({ symbol });
const flows: Ask = (client, symbol) => client.get('/contract/private/transaction-history', { symbol });
const withdrawals: Ask = (client, currency) => client.movements({ currency });
const deposits: Ask = (client, currency) => client.movements({ operation_type: 'deposit', currency });

const outcome = ({ status, body }: Reply) =>
  body.code === 1_000 ? (body.data.records ?? body.data).length : [status, body.code];

test.each([
  ['spot-trades', spot, 50001, { createTime: baseMs, symbol: 'OLD_USDT' }, 'SOL_USDC'],
  ['futures-trades', futures, 40034, { create_time: baseMs, symbol: 'OLDUSDT' }, 'SOLUSDT'],
  ['futures-flows', flows, 40034, { time: baseMs, symbol: 'OLDUSDT' }, 'SOLUSDT'],
  ['withdrawals', withdrawals, 60002, { apply_time: baseMs, currency: 'OLD-ERC20' }, 'XRP'],
  ['deposits', deposits, 60002, { apply_time: baseMs, currency: 'OLD-ERC20' }, 'XRP'],
] as const satisfies readonly (readonly [StreamName, Ask, number, GivenRow, string])[])(
  '%s: a symbol that does not exist is refused; one that is traded or that the account has records of is not',
  async (stream, ask, code, row, traded) => {
    const { exchange, client } = await opened();
    const old = String('symbol' in row ? row.symbol : row.currency);
    expect(outcome(await ask(client, traded))).toBe(0);
    expect(outcome(await ask(client, old))).toEqual([400, code]);
    exchange.add('anna', stream, [row]);
    expect(outcome(await ask(client, old))).toBe(1);
    exchange.setSwitches({ delistedSymbols: [old, traded] });
    expect(outcome(await ask(client, old))).toEqual([400, code]);
    expect(outcome(await ask(client, traded))).toEqual([400, code]);
  },
);

test('a symbol of another market does not exist; the plain code of a coin of many networks does, but finds nothing', async () => {
  const { exchange, client } = await opened();
  exchange.add('anna', 'spot-trades', [{ createTime: baseMs, symbol: 'OLD_USDT' }]);
  exchange.add('anna', 'withdrawals', [{ apply_time: baseMs, currency: 'USDT-TRC20' }]);
  expect(outcome(await futures(client, 'OLD_USDT'))).toEqual([400, 40034]);
  expect(outcome(await withdrawals(client, 'USDT'))).toBe(0);
  expect(outcome(await withdrawals(client, 'USD'))).toEqual([400, 60002]);
});

test('a delisted contract is refused with the code that is wished for, in the envelope of futures', async () => {
  const { client } = await opened({
    switches: { delistedSymbols: ['XRPUSDT', 'ADA_USDT'], delistedContractCode: 40012 },
  });
  expect((await futures(client, 'XRPUSDT')).body).toMatchObject({ code: 40012, errno: 'OK', data: null });
  expect(outcome(await flows(client, 'XRPUSDT'))).toEqual([400, 40012]);
  expect(outcome(await futures(client, 'NOSUCH'))).toEqual([400, 40034]);
  expect(outcome(await spot(client, 'ADA_USDT'))).toEqual([400, 50001]);
});

test('requests without a symbol hold the records of delisted ones', async () => {
  const { exchange, client } = await opened({ switches: { delistedSymbols: ['XRPUSDT'] } });
  exchange.add('anna', 'futures-trades', [{ create_time: baseMs, symbol: 'XRPUSDT' }]);
  expect((await client.futuresTrades({})).body.data).toHaveLength(1);
});

test('a delisted contract has vanished from the public list, or is still there as Delisted', async () => {
  const { exchange, client } = await opened();
  const listed = async () =>
    (await client.send('/contract/public/details', {})).body.data.symbols.map((one: { symbol: string }) => one.symbol);
  expect(await listed()).toContain('XRPUSDT');
  exchange.setSwitches({ delistedContracts: ['XRPUSDT'] });
  expect(await listed()).not.toContain('XRPUSDT');
  expect(outcome(await futures(client, 'XRPUSDT'))).toEqual([400, 40034]);
  exchange.setSwitches({ delistedContracts: [], delistedSymbols: ['BTCUSDT'] });
  const { symbols } = (await client.send('/contract/public/details', {})).body.data;
  const states = Object.fromEntries(symbols.map((one: { symbol: string; status: string }) => [one.symbol, one.status]));
  expect(states).toMatchObject({ BTCUSDT: 'Delisted', XRPUSDT: 'Trading' });
});
