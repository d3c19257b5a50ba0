import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { unknownContract } from '../../src/bitmart/contracts.ts';
import { agreedAnswer, countEqual } from '../../src/bitmart/occurrences.ts';
import { rowsAt } from '../../src/bitmart/rows.ts';
import { servedRow } from '../../src/bitmart/served-rows.ts';
import { futuresFlows } from '../../src/bitmart/streams/futures-flows.ts';
import type { MappedRow, Page, ServedRow } from '../../src/history/stream.ts';

const context = { part: 'futures', contract: () => unknownContract };
const { table } = futuresFlows.stream;

const funding = {
  time: '1734422402121',
  type: 'Funding Fee',
  amount: '-0.00008253',
  asset: 'USDT',
  symbol: 'LTCUSDT',
  tran_id: '1734422402121',
  flow_type: 3,
};

function served(rows: readonly object[]): readonly ServedRow[] {
  return read(JSON.stringify({ data: rows }));
}

function read(text: string): readonly ServedRow[] {
  const sources = rowsAt(text, futuresFlows.rowsPath) ?? [];
  const rows = sources.map((source) => servedRow(source, futuresFlows, context));
  return countEqual(rows, futuresFlows);
}

const columnsOf = (row: ServedRow | undefined) => {
  if (row?.kind !== 'row') throw new Error(`unreadable: ${row?.reason}`);
  return Object.fromEntries(table.columns.map((column, i) => [column.name, row.values[i]]));
};
const keys = (rows: readonly ServedRow[]) => rows.map((row) => (row as MappedRow).key);
const occurrences = (rows: readonly ServedRow[]) => rows.map((row) => columnsOf(row).occurrence);

function fixture(name: string): readonly ServedRow[] {
  return read(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));
}

test('a real futures flow is stored unchanged', () => {
  const [row] = fixture('ccxt-comments/contract_private_transaction-history.json');
  expect(columnsOf(row)).toEqual({
    flow_type: 3,
    type: 'Funding Fee',
    symbol: 'LTCUSDT',
    asset: 'USDT',
    amount: '-0.00008253',
    occurred_at: '2024-12-17T08:00:02.121Z',
    tran_id: '1734422402121',
    occurrence: 1,
  });
});

test('where the number is left out the word tells the kind; two that share a tran_id are two', () => {
  const rows = fixture('doc-samples/contract_private_transaction-history.hummingbot-mock.json');
  expect(rows.map((row) => columnsOf(row).flow_type)).toEqual([1, 3]);
  expect(rows.map((row) => columnsOf(row).symbol)).toEqual(['', 'BTCUSDT']);
  expect(new Set(keys(rows)).size).toBe(2);
});

test.each([
  ['an unknown kind', { flow_type: 6, type: 'Bonus' }, 'flow_type'],
  ['no kind at all', { flow_type: undefined, type: undefined }, 'flow_type'],
  ['no id', { tran_id: '' }, 'tran_id'],
  ['a time in seconds', { time: '1734422402' }, 'time'],
  ['an amount that is none', { amount: '1,5' }, 'amount'],
])('a row with %s is quarantined with the reason', (_, change, reason) => {
  expect(served([{ ...funding, ...change }])[0]).toMatchObject({
    kind: 'unreadable',
    reason: expect.stringContaining(reason),
  });
});

test('equal records of one answer are as many as are served, and the same again in every later answer', () => {
  const other = { ...funding, symbol: 'BTCUSDT' };
  const first = served([funding, other, funding]);
  expect(occurrences(first)).toEqual([1, 1, 2]);
  const later = served([other, { ...funding, time: '1734422402000' }, funding, funding]);
  expect(keys(later)).toEqual(expect.arrayContaining(keys(first)));
  expect(new Set(keys(later)).size).toBe(4);
});

test('the same amount written with other zeros is an equal record', () => {
  const rows = served([funding, { ...funding, amount: '-0.000082530' }]);
  expect(occurrences(rows)).toEqual([1, 2]);
  expect(keys(served([{ ...funding, amount: '-0.000082530' }]))).toEqual(keys(served([funding])));
});

test('equal records that differ in what has no column keep their numbers in any order', () => {
  const [a, b] = [
    { ...funding, note: 'a' },
    { ...funding, note: 'b' },
  ];
  const digests = (rows: readonly ServedRow[]) => rows.map((row) => (row as MappedRow).digest).sort();
  expect(digests(served([a, b]))).toEqual(digests(served([b, a])));
});

test('in an answer that is cut nothing is counted: complete answers say how many there are', () => {
  const cut = Array.from({ length: 50 }, () => funding);
  expect(new Set(occurrences(served(cut)))).toEqual(new Set([1]));
  expect(occurrences(served([...cut, funding])).at(-1)).toBe(51);
});

test('equal records of two parts are not counted together', () => {
  expect(occurrences(served([funding, { ...funding, account: 'copy_trading' }]))).toEqual([1, 1]);
});

function asking(...answers: readonly (readonly object[])[]) {
  let asked = 0;
  const ask = async () => ({ rows: served(answers[Math.min(asked++, answers.length - 1)] ?? []) }) as unknown as Page;
  return { ask, asked: () => asked };
}

test('records that repeat are believed when a second answer repeats them as well', async () => {
  const { ask, asked } = asking([funding, funding]);
  expect(occurrences((await agreedAnswer(futuresFlows, ask))?.rows ?? [])).toEqual([1, 2]);
  expect(asked()).toBe(2);
});

test('records that do not repeat are believed at once', async () => {
  const { ask, asked } = asking([funding, { ...funding, symbol: 'BTCUSDT' }]);
  await agreedAnswer(futuresFlows, ask);
  expect(asked()).toBe(1);
});

test('a record that one answer repeats by mistake is one', async () => {
  const { ask } = asking([funding, funding], [funding], [funding]);
  expect(occurrences((await agreedAnswer(futuresFlows, ask))?.rows ?? [])).toEqual([1]);
});

test('nor is one that can not be read yet believed to be two because one answer repeats it', async () => {
  const unknown = { ...funding, flow_type: 'twilight', type: 'Twilight' };
  const { ask, asked } = asking([unknown, unknown], [unknown], [unknown]);
  expect((await agreedAnswer(futuresFlows, ask))?.rows).toMatchObject([{ kind: 'unreadable' }]);
  expect(asked()).toBe(3);
});

test('an answer that may leave rows out is asked for once, whatever repeats in it', async () => {
  const unknown = { ...funding, flow_type: 'twilight', type: 'Twilight' };
  const { ask, asked } = asking(Array.from({ length: 50 }, () => unknown));
  expect((await agreedAnswer(futuresFlows, ask))?.rows).toHaveLength(50);
  expect(asked()).toBe(1);
});

test('answers of which no two agree are none', async () => {
  const { ask } = asking([funding, funding], [funding], [funding, funding], [funding]);
  expect(await agreedAnswer(futuresFlows, ask)).toBeNull();
});
