import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { BitmartStream } from '../../src/bitmart/bitmart-stream.ts';
import { contractOf, unknownContract } from '../../src/bitmart/contracts.ts';
import { currencyOf } from '../../src/bitmart/currencies.ts';
import { rowsAt } from '../../src/bitmart/rows.ts';
import { servedRow } from '../../src/bitmart/served-rows.ts';
import { futuresTrades } from '../../src/bitmart/streams/futures-trades.ts';
import { marginLoans } from '../../src/bitmart/streams/margin-loans.ts';
import { deposits, withdrawals } from '../../src/bitmart/streams/movements.ts';
import { spotTrades } from '../../src/bitmart/streams/spot-trades.ts';
import { transfers } from '../../src/bitmart/streams/transfers.ts';
import type { ServedRow } from '../../src/history/stream.ts';

const listed = { contract_size: '0.001', base_currency: 'BTC', quote_currency: 'USDT' };
const contracts = { contract: (symbol: string) => (symbol === 'BTCUSDT' ? contractOf(listed) : unknownContract) };

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
}

function firstRow(bitmart: BitmartStream, text: string, part = bitmart.stream.parts[0] as string): ServedRow {
  const rows = rowsAt(text, bitmart.rowsPath);
  if (!rows?.[0]) throw new Error('the fixture has no row');
  return servedRow(rows[0], bitmart, { part, ...contracts });
}

function columnsOf(bitmart: BitmartStream, row: ServedRow): Record<string, unknown> {
  if (row.kind !== 'row') throw new Error(`unreadable: ${row.reason}`);
  return Object.fromEntries(bitmart.stream.table.columns.map((column, i) => [column.name, row.values[i]]));
}

test('a real spot trade keeps its 18-digit ids, its digits and the fee in the quote coin', () => {
  const row = firstRow(spotTrades, fixture('ccxt-comments/spot_v4_query_trades.json'));
  expect(columnsOf(spotTrades, row)).toEqual({
    symbol: 'ADA_USDT',
    trade_id: '182342999769370687',
    order_id: '183270218784142990',
    client_order_id: '183270218784142990',
    order_mode: 'spot',
    order_type: 'market',
    side: 'buy',
    role: 'taker',
    price: '0.245948',
    size: '20.71',
    notional: '5.09358308',
    fee: '0.00509358',
    fee_currency: 'USDT',
    traded_at: '2023-09-25T16:14:17.836Z',
    updated_at: '2023-09-25T16:14:17.836Z',
  });
});

test('a real borrowing on margin, and a documented repayment with its time in seconds', () => {
  const borrowed = firstRow(
    marginLoans,
    fixture('ccxt-comments/spot_v1_margin_isolated_borrow_record.json'),
    'borrow-BTC_USDT',
  );
  expect(borrowed).toMatchObject({ kind: 'row', part: 'borrow-BTC_USDT' });
  expect(columnsOf(marginLoans, borrowed)).toEqual({
    record_id: '1659045283903rNvJnuRTJNL5J53n',
    kind: 'borrow',
    symbol: 'BTC_USDT',
    currency: 'USDT',
    amount: '100.00000000',
    principal: null,
    interest: '0.00229166',
    daily_interest: '0.00055000',
    hourly_interest: '0.00002291',
    occurred_at: '2022-07-28T21:54:44.000Z',
  });
  const documented = {
    repay_id: '118723',
    repay_time: 1655345808,
    symbol: 'BTC_USDT',
    currency: 'BTC',
    repaid_amount: '1.1',
    repaid_principal: '1',
    repaid_interest: '0.1',
  };
  const answer = JSON.stringify({ code: 1000, message: 'OK', data: { records: [documented] } });
  const repaid = firstRow(marginLoans, answer, 'repay-BTC_USDT');
  expect(repaid).toMatchObject({ kind: 'row', part: 'repay-BTC_USDT' });
  expect(columnsOf(marginLoans, repaid)).toEqual({
    record_id: '118723',
    kind: 'repay',
    symbol: 'BTC_USDT',
    currency: 'BTC',
    amount: '1.1',
    principal: '1',
    interest: '0.1',
    daily_interest: null,
    hourly_interest: null,
    occurred_at: '2022-06-16T02:16:48.000Z',
  });
  // A row of another pair is of another part, and so shows that an answer is not about what was asked.
  expect(firstRow(marginLoans, answer, 'repay-ETH_USDT')).toMatchObject({ part: 'repay-BTC_USDT' });
});

test('a real futures trade is in contracts, with the contract size of that day beside it', () => {
  const row = firstRow(futuresTrades, fixture('ccxt-comments/contract_private_trades.json'));
  expect(row.kind === 'row' && row.part).toBe('futures');
  expect(columnsOf(futuresTrades, row)).toMatchObject({
    symbol: 'BTCUSDT',
    side_code: 3,
    side: 'sell',
    role: 'taker',
    price: '26910.4',
    contracts: '1',
    contract_size: '0.001',
    contract_kind: 'linear',
    base_asset: 'BTC',
    quote_asset: 'USDT',
    settlement_asset: 'USDT',
    fee_currency: null,
    fee: '0.01614624',
    realised_profit: '-0.0003',
  });
});

test('a real deposit keeps the currency as served and tells asset and network apart', () => {
  const row = firstRow(deposits, fixture('ccxt-comments/account_v2_deposit-withdraw_history.deposit.json'));
  expect(columnsOf(deposits, row)).toMatchObject({
    deposit_id: '14233682',
    currency: 'USDT-TRC20',
    asset: 'USDT',
    network: 'TRC20',
    amount: '30',
    fee: '0',
    status: 'success',
    address_memo: null,
    requested_at: '2022-10-03T09:30:16.000Z',
  });
  expect(row.kind === 'row' && row.final).toBe(true);
});

test('a withdrawal that is not final stays open, and a coin without a network has none', () => {
  const row = firstRow(withdrawals, fixture('doc-samples/account_v1_deposit-withdraw_history.withdraw.json'));
  expect(columnsOf(withdrawals, row)).toMatchObject({
    currency: 'BMX',
    asset: 'BMX',
    network: null,
    status: 'create',
    amount: '59.000000000000',
  });
  expect(row.kind === 'row' && row.final).toBe(false);
});

test('a real transfer keeps its 18-digit id, and is final once it is finished', () => {
  const text = fixture('ccxt-comments/account_v1_transfer-contract-list.json');
  const row = firstRow(transfers, text);
  expect(columnsOf(transfers, row)).toEqual({
    transfer_id: '902463535961567232',
    currency: 'USDT',
    amount: '5',
    direction: 'contract_to_spot',
    status: 'finished',
    transferred_at: '2023-09-21T21:08:59.565Z',
  });
  expect(row.kind === 'row' && row.final).toBe(true);
  const underWay = firstRow(transfers, text.replace('FINISHED', 'PROCESSING'));
  expect(underWay.kind === 'row' && underWay.final).toBe(false);
  expect(firstRow(transfers, text.replace('contract_to_spot', 'spot_to_fund'))).toMatchObject({ kind: 'unreadable' });
});

const trade = JSON.parse(fixture('ccxt-comments/spot_v4_query_trades.json')).data[0] as Record<string, unknown>;

function tradeWith(change: Record<string, unknown>): ServedRow {
  return firstRow(spotTrades, JSON.stringify({ data: [{ ...trade, ...change }] }));
}

for (const [name, change, reason] of [
  ['an empty id', { tradeId: '' }, 'tradeId'],
  ['an unknown side', { side: 'long' }, 'side'],
  ['an unknown order mode', { orderMode: 'cross' }, 'orderMode'],
  ['an amount that is none', { price: '1,5' }, 'price'],
  ['an amount with an exponent', { size: '1e-7' }, 'size'],
] as const) {
  test(`a row with ${name} is quarantined with its bytes, its time and the reason`, () => {
    const row = tradeWith(change);
    expect(row).toMatchObject({ kind: 'unreadable', at: 1695658457836, reason: expect.stringContaining(reason) });
    expect(row.raw).toContain('ADA_USDT');
  });
}

test('a time in seconds is refused rather than guessed', () => {
  expect(tradeWith({ createTime: 1695658457 })).toMatchObject({ kind: 'unreadable', at: null });
});

test('an unknown extra field is not an error and changes the row only as its text', () => {
  const [plain, extra] = [tradeWith({}), tradeWith({ stpMode: 'none' })];
  if (plain.kind !== 'row' || extra.kind !== 'row') throw new Error('unreadable');
  expect(extra.key).toBe(plain.key);
  expect(extra.fixedDigest).toBe(plain.fixedDigest);
  expect(extra.digest).not.toBe(plain.digest);
});

test('the same price written with other zeros is not a conflict, another price is', () => {
  const of = (price: string) => {
    const row = tradeWith({ price });
    return row.kind === 'row' ? row.fixedDigest : null;
  };
  expect(of('1.50')).toBe(of('1.5'));
  expect(of('10')).not.toBe(of('1'));
  expect(of('1.51')).not.toBe(of('1.5'));
});

test('what is listed of a contract is no part of what makes a row changed', () => {
  const text = fixture('ccxt-comments/contract_private_trades.json');
  const [source] = rowsAt(text, ['data']) ?? [];
  if (!source) throw new Error('the fixture has no row');
  const known = servedRow(source, futuresTrades, { part: 'futures', ...contracts });
  const unknown = servedRow(source, futuresTrades, { part: 'futures', contract: () => unknownContract });
  expect(known.kind === 'row' && known.digest).toBe(unknown.kind === 'row' && unknown.digest);
});

test.each([
  ['USDT', { kind: 'linear', settlement: 'USDT' }],
  ['USDC', { kind: 'linear', settlement: 'USDC' }],
  ['USD', { kind: 'inverse', settlement: 'BTC' }],
  ['EUR', { kind: null, settlement: null }],
])('a contract on BTC that is quoted in %s is known by that', (quote, known) => {
  expect(contractOf({ ...listed, quote_currency: quote })).toEqual({ size: '0.001', base: 'BTC', quote, ...known });
});

test('the fee currency of a futures trade is what the row says, whatever the contract is settled in', () => {
  const text = fixture('ccxt-comments/contract_private_trades.json');
  const reported = text.replace('"paid_fees"', '"feeCoinName": "BMX", "paid_fees"');
  expect(columnsOf(futuresTrades, firstRow(futuresTrades, reported))).toMatchObject({
    fee_currency: 'BMX',
    settlement_asset: 'USDT',
  });
});

test('a column that a later release added makes no record of an earlier one a changed one while it is null', () => {
  const text = fixture('ccxt-comments/contract_private_trades.json');
  const columns = futuresTrades.stream.table.columns.filter(({ name }) => name !== 'fee_currency');
  const earlier = {
    ...futuresTrades,
    stream: { ...futuresTrades.stream, table: { ...futuresTrades.stream.table, columns } },
  };
  const [before, now] = [firstRow(earlier, text), firstRow(futuresTrades, text)];
  expect(now.kind === 'row' && now.digest).toBe(before.kind === 'row' && before.digest);
});

test.each([
  ['USDT-TRC20', 'USDT', 'TRC20'],
  ['USDT-BSC_BNB', 'USDT', 'BSC_BNB'],
  ['BTC', 'BTC', null],
  ['AVAX-C', 'AVAX', 'AVAX-C'],
  ['USDT-AVAX-C', 'USDT', 'AVAX-C'],
  ['LIGHTNING_BTC', 'BTC', 'LIGHTNING'],
  ['$MYRO', '$MYRO', null],
  ['APE-NFT', 'APE-NFT', null],
  ['X-9', 'X-9', null],
  ['-TRC20', '-TRC20', null],
])('the code %s is %s on %s', (code, asset, network) => {
  expect(currencyOf(code)).toEqual({ asset, network });
});
